"""Comparing: two roles, or a role with a person; what differs is what one holds and the other does not."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions import gate
from permissions.guards import NotVisible
from permissions.models import Action
from permissions.roles.comparing import Comparison, Mark, compare
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def compared(cast: Cast, left, right, *, everything: bool = False) -> Comparison:
    return compare(cast.priya, left=left, right=right, everything=everything, at=clock.now())


def marks(found: Comparison) -> dict[str, tuple[str, str]]:
    return {line.action.key: (line.left.state, line.right.state) for part in found.sections for line in part.lines}


def test_only_what_one_role_gives_and_the_other_does_not_is_shown(cast: Cast) -> None:
    world.reversion(cast.agent, {"ticket.reply", "feedback.view"})
    found = compared(cast, cast.analyst, cast.agent)
    assert marks(found) == {
        "feedback.export": ("granted", "none"),
        "report.edit": ("granted", "none"),
        "report.view": ("implied", "none"),
        "ticket.reply": ("none", "granted"),
        "ticket.view": ("none", "implied"),
    }
    assert (found.only_left, found.both, found.only_right) == (3, 1, 2)


def test_all_shows_how_each_holds_it_and_calls_that_no_difference(cast: Cast) -> None:
    found = compared(cast, cast.analyst, cast.feedback_reader, everything=True)
    line = next(line for part in found.sections for line in part.lines if line.action.key == "feedback.view")
    assert (line.left, line.right) == (Mark("inherited", "Feedback reader"), Mark("granted"))
    assert not line.differs
    assert len(marks(found)) == Action.objects.count()


def test_a_person_is_compared_by_what_they_may_do_anywhere(cast: Cast) -> None:
    found = compared(cast, cast.agent, cast.maya, everything=True)
    held = {key for key, (_left, right) in marks(found).items() if right != "none"}
    assert held == gate.held(cast.maya, at=clock.now())
    sources = {line.action.key: line.right for part in found.sections for line in part.lines}
    assert sources["feedback.view"] == Mark("inherited", "Analyst, DACH")
    assert sources["report.edit"] == Mark("granted", "Analyst, DACH")


def test_what_somebody_holds_in_many_ways_is_told_shortly(cast: Cast) -> None:
    for place in (cast.emea, cast.mena, cast.germany):
        world.give(cast.maya, cast.feedback_reader, region=place)
    found = compared(cast, cast.agent, cast.maya)
    mark = next(line.right for part in found.sections for line in part.lines if line.action.key == "feedback.view")
    assert mark == Mark("granted", "Feedback reader, EMEA; Feedback reader, Germany and 2 more")


def test_what_is_given_on_a_single_thing_counts_as_held_somewhere(cast: Cast) -> None:
    world.give_on(cast.ali, "report.view", world.resource("Churn by quarter", "report"))
    found = compared(cast, cast.agent, cast.ali)
    assert marks(found) == {"report.view": ("none", "granted")}
    assert found.sections[0].lines[0].right.source == "On single things"


@pytest.mark.parametrize("name", ["sofia", "nils"])
def test_who_is_not_active_may_do_nothing(cast: Cast, name: str) -> None:
    assert compared(cast, cast.agent, getattr(cast, name)).both == 0


def test_looking_at_somebody_elses_access_is_recorded_and_ones_own_is_not(cast: Cast, priya: Client) -> None:
    url = reverse("roles:compare")
    priya.get(url, {"a": f"role-{cast.agent.pk}", "b": f"person-{cast.priya.pk}"})
    assert not Event.objects.filter(tag=Tag.ACCESS_CHECKED).exists()
    priya.get(url, {"a": f"role-{cast.agent.pk}", "b": f"person-{cast.maya.pk}"})
    event = Event.objects.get(tag=Tag.ACCESS_CHECKED)
    assert (event.actor, event.about_person_id) == (cast.priya, cast.maya.pk)


def test_whom_one_may_not_ask_about_reads_like_nobody(cast: Cast) -> None:
    world.give(cast.chiara, world.role("Role reader", {"role.view", "person.view"}))
    client, url = signed_in(cast.chiara), reverse("roles:compare")
    for odd in (f"person-{cast.maya.pk}", "person-999999", "team-1", "²", "person-", f"role-{'9' * 40}"):
        page = client.get(url, {"a": f"role-{cast.agent.pk}", "b": odd})
        assert "not yours to see" in page.content.decode()
        assert "Maya" not in page.content.decode()
    own = client.get(url, {"a": f"role-{cast.agent.pk}", "b": f"person-{cast.chiara.pk}"})
    assert own.context["found"].right.name == "Chiara Bellini"
    with pytest.raises(NotVisible):
        compare(cast.chiara, left=cast.agent, right=cast.maya, everything=False, at=clock.now())


def test_the_address_says_all_and_can_be_turned_round(cast: Cast, priya: Client) -> None:
    page = priya.get(reverse("roles:compare"), {"a": f"role-{cast.agent.pk}", "b": f"role-{cast.analyst.pk}"})
    text = page.content.decode()
    assert f"?a=role-{cast.analyst.pk}&amp;b=role-{cast.agent.pk}" in text
    overlap = page.context["overlap"]
    assert (overlap.only_left, overlap.both, overlap.only_right) == (1, 0, 2)


def test_the_same_twice_is_told(cast: Cast, priya: Client) -> None:
    page = priya.get(reverse("roles:compare"), {"a": f"role-{cast.agent.pk}", "b": f"role-{cast.agent.pk}"})
    assert "Choose another one" in page.content.decode()


def test_a_page_says_whether_the_person_holds_the_role(cast: Cast, priya: Client) -> None:
    url = reverse("roles:compare")
    for person, expected in ((cast.maya, True), (cast.ali, False)):
        page = priya.get(url, {"a": f"role-{cast.analyst.pk}", "b": f"person-{person.pk}"})
        assert page.context["holds"] is expected


def test_comparing_costs_the_same_however_much_is_held(cast: Cast, priya: Client) -> None:
    address = {"a": f"role-{cast.agent.pk}", "b": f"person-{cast.maya.pk}"}
    costs = []
    for number in range(2):
        priya.get(reverse("roles:compare"), address)
        with CaptureQueriesContext(connection) as queries:
            priya.get(reverse("roles:compare"), address)
        costs.append(len(queries))
        for more in range(12):
            held = world.role(f"Role {number} {more}", {"survey.edit"})
            world.give(cast.maya, held, region=cast.germany)
            world.give(world.person(f"Person {number} {more}"), cast.agent)
    assert costs[1] <= costs[0] + 1


def test_the_ways_to_the_page(cast: Cast, priya: Client) -> None:
    for address in (
        reverse("roles:list"),
        reverse("roles:detail", args=[cast.agent.pk]),
        reverse("people:access", args=[cast.maya.pk]),
    ):
        assert reverse("roles:compare") in priya.get(address).content.decode()
