"""What policies want first holds for every part of a page, and what is told of them only for who may know."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Person
from cxaccess.lib import clock
from cxaccess.lib.conditions import InvalidCondition, read
from permissions import asking, gate
from permissions.authzen import answering, naming, questions
from permissions.engine.policies import REASON
from permissions.models import AttributeDefinition
from permissions.policies.schema import whole
from tests import world
from tests.cast import Cast
from tests.policies import enact
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db
FETCHED = {"HX-Request": "true"}


def why_first(action: str) -> None:
    enact("only", permissions=[action], condition=None, obligations=[{"kind": "reason"}])


def found(client: Client, text: str) -> str:
    return client.get(reverse("search"), {"q": text}).content.decode()


def test_a_list_that_wants_a_reason_first_wants_it_of_each_of_its_parts(cast: Cast) -> None:
    client = signed_in(cast.priya)
    assert "Maya Okafor" in found(client, "okafor")
    why_first("person.view")
    for name, args in (("list", ()), ("counts", ()), ("filters", ()), ("use", (cast.maya.pk,))):
        assert client.get(reverse(f"people:{name}", args=args), headers=FETCHED).status_code == 403, name
    assert "Maya Okafor" not in found(client, "okafor")


def test_the_trail_that_wants_a_reason_first_is_left_out_of_other_pages(cast: Cast) -> None:
    client, grant = signed_in(cast.priya), world.give(cast.maya, cast.agent)
    page = reverse("grants:detail", args=[grant.pk])
    assert client.get(page).context["events"] is not None
    why_first("trail.view")
    assert client.get(reverse("trail:days"), headers=FETCHED).status_code == 403
    assert client.get(page).context["events"] is None
    assert not client.get(reverse("overview")).context["page"].reads_trail


def test_use_that_wants_a_reason_first_is_left_out_of_other_pages(cast: Cast) -> None:
    client, page = signed_in(cast.priya), reverse("people:access", args=[cast.maya.pk])
    assert "Last used" in client.get(page).content.decode()
    why_first("usage.view")
    assert "Last used" not in client.get(page).content.decode()
    assert client.get(reverse("people:use", args=[cast.maya.pk])).status_code == 404


def test_a_reason_counts_for_the_action_that_it_was_stated_for(cast: Cast) -> None:
    for action in ("person.view", "person.edit"):
        why_first(action)
    at = clock.now()
    with asking.by(lambda: (cast.priya.pk, {REASON: {"person.edit": "A move"}})):
        owed = [bool(gate.owed(cast.priya, action, cast.maya, at=at)) for action in ("person.view", "person.edit")]
    assert owed == [True, False]


def test_only_who_sees_policies_learns_of_one_that_is_tried(cast: Cast) -> None:
    enact("block", permissions=["feedback.view"], stage="recording")
    url = f"{reverse('my-access-why')}?action=feedback.view"
    assert "only being recorded" not in signed_in(cast.maya).get(url).content.decode()
    asked = f"{reverse('check:index')}?person={cast.maya.pk}&action=feedback.view"
    assert "only being recorded" in signed_in(cast.priya).get(asked).content.decode()


def test_whoever_archives_a_team_learns_no_name_of_a_policy_that_is_not_theirs_to_see(cast: Cast) -> None:
    enact("block", permissions=["ticket.reply"], condition=None, teams=[cast.care_dach.pk], name="Only by day")
    page = reverse("teams:archive", args=[cast.care_dach.pk])
    for reader, name in ((cast.priya, "Only by day"), (cast.rosa, "one that you may not see")):
        text = signed_in(reader).get(page).content.decode()
        assert f"1 policy that names it ({name})" in text


def test_what_an_attribute_says_of_itself_is_text(cast: Cast) -> None:
    AttributeDefinition.objects.create(
        entity="subject", name="badge", label="Badge", type="text", help='<i hx-post="/x/">', created_at=world.LONG_AGO
    )
    text = signed_in(cast.priya).get(reverse("people:edit", args=[cast.maya.pk])).content.decode()
    assert "&lt;i hx-post=&quot;/x/&quot;&gt;" in text
    assert '<i hx-post="/x/">' not in text


def test_a_condition_names_a_bounded_number_of_values_in_all() -> None:
    networks = [f"10.{n // 250}.{n % 250}.0/24" for n in range(500)]
    part = {"attribute": "context.address", "operator": "network", "value": networks}
    assert read({"any": [part] * 4}, whole())
    with pytest.raises(InvalidCondition, match="2000 values in all"):
        read({"any": [part] * 5}, whole())


def ask(person: Person, **context: object) -> answering.Answer:
    raw = {
        "subject": {"type": "person", "id": person.email}, "action": {"name": "view"},
        "resource": {"type": "feedback", "id": naming.WHOLE}, "context": context,
    }  # fmt: skip
    return answering.evaluated(questions.ask(raw), at=clock.now())


def test_a_connected_system_gets_no_yes_while_something_is_to_be_met_first(cast: Cast) -> None:
    world.give(cast.maya, cast.analyst)
    assert ask(cast.maya).allowed
    why_first("feedback.view")
    waiting, met = ask(cast.maya), ask(cast.maya, reason="Case 12")
    assert (waiting.allowed, answering.reasons(waiting)[0]["code"]) == (False, "no_reason")
    assert answering.obligations(waiting) == [{"kind": "reason"}]
    assert met.allowed
