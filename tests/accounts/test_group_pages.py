"""Pages of groups: the builder by round trips alone, the preview before saving, lists and files, constant queries."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.groups import rules, services
from accounts.models import Group, Membership, Person
from audits.models import Event
from cxaccess.lib import clock
from permissions import gate
from permissions.guards import NotAllowed
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

NEW = "/groups/new/rule/"


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def one_row(cast: Cast, **more: Any) -> dict[str, Any]:
    """Return the post of a builder with one complete row: Region is within EMEA."""
    row = {
        "rule": ["root", "row:0"], "rule-kind": "all", "rule-0-attribute": "subject.region",
        "rule-0-operator": "within", "rule-0-value": [str(cast.emea.pk)], "name": "People of EMEA",
    }  # fmt: skip
    return row | more


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def digest_of(page: str) -> str:
    return page.partition('name="previewed" value="')[2].partition('"')[0]


def test_a_row_is_added_and_removed_by_buttons_alone_and_nothing_is_saved(cast: Cast, priya: Client) -> None:
    page = text(priya.post(NEW, one_row(cast) | {"rule-do": "add:"}))
    assert page.count('value="row:') == 2
    assert "Choose an attribute" in page
    page = text(priya.post(NEW, one_row(cast) | {"rule-do": "group:"}))
    assert 'value="group:1"' in page
    assert 'value="row:1.0"' in page
    page = text(priya.post(NEW, one_row(cast) | {"rule-do": "remove:0"}))
    assert 'value="row:0"' in page, "an empty row takes the place of the last one"
    assert "EMEA</b>" not in page
    assert not Group.objects.exists()


def test_operators_and_values_follow_the_attribute(cast: Cast, priya: Client) -> None:
    page = text(priya.post(NEW, one_row(cast, **{"rule-0-attribute": "subject.title", "rule-do": "look"})))
    assert "starts with" in page
    assert "is within</option>" not in page
    page = text(priya.post(NEW, one_row(cast, **{"rule-0-attribute": "subject.employed_from", "rule-do": "look"})))
    assert "days from today" in page


def test_what_is_wrong_stands_at_its_row_and_what_was_typed_stays(cast: Cast, priya: Client) -> None:
    bad = {"rule-0-attribute": "subject.title", "rule-0-operator": "equals", "rule-0-value": "", "rule-do": "look"}
    answer = priya.post(NEW, one_row(cast) | bad)
    page = text(answer)
    assert (answer.status_code, "Write some text." in page) == (200, True)
    assert 'aria-describedby="rule-0-error"' in page
    assert 'value="People of EMEA"' in page


def test_a_rule_is_saved_only_once_its_preview_was_seen(cast: Cast, priya: Client) -> None:
    answer = priya.post(NEW, one_row(cast))
    page = text(answer)
    assert answer.status_code == 422
    assert "Look at what it changes, then save." in page
    assert "Region</mark> is within <mark>EMEA" in page
    assert not Group.objects.exists()
    answer = priya.post(NEW, one_row(cast, previewed=digest_of(page)))
    group = Group.objects.get()
    assert answer.headers["Location"] == reverse("groups:detail", args=[group.pk])
    assert "Ali Haddad" in group.principal.memberships.values_list("person__name", flat=True)


def test_another_rule_than_the_one_previewed_is_not_saved(cast: Cast, priya: Client) -> None:
    page = text(priya.post(NEW, one_row(cast)))
    other = one_row(cast, previewed=digest_of(page), **{"rule-0-value": [str(cast.mena.pk)]})
    assert priya.post(NEW, other).status_code == 422
    assert not Group.objects.exists()


def test_hostile_posts_of_the_builder_are_read_as_far_as_they_fit(cast: Cast, priya: Client) -> None:
    odd = {
        "rule": ["root", "row:99999", "group:-1", "row:0.0.0.0.0.0.0.0.0", "row:x", "", "row:0"] * 50,
        "rule-kind": "<b>", "rule-0-attribute": "subject.\x00", "rule-0-operator": "not:not:x", "rule-do": "remove:9.9",
    }  # fmt: skip
    assert priya.post(NEW, odd).status_code == 200


OTHERS = "Others may be affected, too."


def told(page: str) -> tuple[int, bool]:
    """Return how many the preview says would be in the group, and whether it says that there may be others."""
    return int(page.partition("would be in it")[0].rpartition('<p class="small">')[2].split()[0]), OTHERS in page


def titled(title: str) -> dict[str, str]:
    return {"rule-0-attribute": "subject.title", "rule-0-operator": "equals", "rule-0-value": title, "rule-do": "look"}


def test_the_preview_names_and_counts_only_whom_the_reader_sees(cast: Cast) -> None:
    world.give(cast.rosa, world.role("Maker", {"group.create"}))
    everybody = one_row(cast, **{"rule-0-value": [str(cast.world_.pk)], "rule-do": "look"})
    page = text(signed_in(cast.rosa).post(NEW, everybody))
    assert "Maya Okafor" in page
    assert "Otto Lang" not in page
    seen = gate.visible(cast.rosa, "person.view", Person.objects.exclude(state="left"), at=clock.now()).count()
    assert told(page) == (seen, True)


def test_what_somebody_unseen_is_cannot_be_asked_by_one_rule_after_another(cast: Cast, priya: Client) -> None:
    """Rosa does not see Otto; whichever title she tries, the answer is the same. Priya sees him."""
    world.give(cast.rosa, world.role("Maker", {"group.create"}))
    rosa = signed_in(cast.rosa)
    right, wrong = (one_row(cast) | titled(title) for title in ("Internal auditor", "Chief clown"))
    assert told(text(rosa.post(NEW, right))) == told(text(rosa.post(NEW, wrong))) == (0, True)
    assert told(text(priya.post(NEW, right))) == (1, False)


def test_nor_by_the_size_of_the_group_that_the_rule_makes(cast: Cast, priya: Client) -> None:
    world.give(cast.rosa, world.role("Maker", {"group.create", "group.view", "group.export"}))
    raw = {"attribute": "subject.title", "operator": "equals", "value": "Internal auditor"}
    group = services.create_group(cast.rosa, name="Auditors", rule=rules.parsed(raw), at=clock.now())
    assert group.principal.memberships.get().person == cast.otto  # the rule itself looks at everybody
    for client, size in ((priya, 1), (signed_in(cast.rosa), 0)):
        detail, members = (
            text(client.get(reverse(f"groups:{page}", args=[group.pk]))) for page in ("detail", "members")
        )
        assert f'Members <span class="count">{size}</span>' in detail
        assert ("Otto Lang" in members, "Others may be in it" in members) == (size == 1, size == 0)
        row = next(one for one in text(client.get("/groups/")).split("<tr>") if "Auditors" in one)
        assert f'data-label="Members">{size}</td>' in row
        file = b"".join(client.post(reverse("groups:export")).streaming_content).decode()
        assert next(line for line in file.splitlines() if "Auditors" in line).split(",")[4] == str(size)


def test_whoever_changes_a_rule_must_be_able_to_give_to_whom_they_do_not_see(cast: Cast) -> None:
    """Nobody whom Rosa sees would come; still the rule would let Otto in, and she could not give what he gets."""
    nobody = rules.parsed({"attribute": "subject.title", "operator": "equals", "value": "Nobody"})
    group = services.create_group(cast.priya, name="Office", region=cast.emea, rule=nobody, at=clock.now())
    world.give(group, cast.administrator)
    otto = rules.parsed({"attribute": "subject.title", "operator": "equals", "value": "Internal auditor"})
    with pytest.raises(NotAllowed):
        services.change_rule(cast.rosa, group=group, row_version=1, rule=otto, at=clock.now())


def test_changing_a_rule_shows_who_comes_who_goes_and_what_they_hold(cast: Cast, priya: Client) -> None:
    raw = {"attribute": "subject.region", "operator": "within", "value": [cast.dach.pk]}
    group = services.create_group(cast.priya, name="DACH", rule=rules.parsed(raw), at=clock.now())
    world.give(group, cast.feedback_reader, region=cast.dach)
    url = reverse("groups:rule-edit", args=[group.pk])
    mena = one_row(cast, **{"rule-0-value": [str(cast.mena.pk)], "rule-do": "look", "row_version": 1})
    page = text(priya.post(url, mena))
    assert "Save rule: 2 join, 3 leave" in page
    assert "Feedback reader" in page
    saved = {name: value for name, value in mena.items() if name != "rule-do"} | {"previewed": digest_of(page)}
    assert priya.post(url, saved).status_code == 302
    members = set(
        Membership.objects.in_force(clock.now()).filter(principal=group.principal).values_list("person", flat=True)
    )
    assert members == {cast.ali.pk, cast.ivy.pk}


def test_the_list_is_narrowed_and_sent_as_a_file(cast: Cast, priya: Client) -> None:
    world.group("Pilot", region=cast.emea)
    raw = {"attribute": "subject.region", "operator": "within", "value": [cast.dach.pk]}
    services.create_group(cast.priya, name="=Analysts", rule=rules.parsed(raw), at=clock.now())
    assert "Pilot" in text(priya.get("/groups/?view=hand"))
    assert "=Analysts" not in text(priya.get("/groups/?view=hand"))
    answer = priya.post("/groups/export/?view=rule")
    rows = list(csv.reader(StringIO(b"".join(answer.streaming_content).decode().removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == ["'=Analysts"]
    assert rows[1][3] == "Region is within DACH"
    assert Event.objects.get(tag="access.exported").additional_data["filters"] == {"view": "rule"}


@pytest.mark.parametrize("page", ["/groups/", "detail", "members", "rule", "rule-edit"])
def test_queries_do_not_grow_with_what_is_shown(cast: Cast, priya: Client, page: str) -> None:
    raw = {"attribute": "subject.region", "operator": "within", "value": [cast.emea.pk]}
    group = services.create_group(cast.priya, name="EMEA", rule=rules.parsed(raw), at=clock.now())
    url = page if page.startswith("/") else reverse(f"groups:{page}", args=[group.pk])
    counts = []
    for _ in range(2):
        priya.get(url)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            priya.get(url)
        counts.append(len(seen))
        for number in range(10):
            other = world.group(f"Group {number} {len(counts)}", region=cast.emea)
            world.join(cast.maya, other)
            world.join(world.person(f"New {number} {len(counts)}", region=cast.emea), group)
    assert counts[0] == counts[1]
    assert counts[0] <= 40, "17 of them read the model and the reader's facts, which a running console keeps"


def test_a_person_s_teams_tab_tells_of_groups_and_why(cast: Cast, priya: Client) -> None:
    raw = {"attribute": "subject.region", "operator": "within", "value": [cast.mena.pk]}
    services.create_group(cast.priya, name="People of MENA", rule=rules.parsed(raw), at=clock.now())
    world.join(cast.ali, world.group("Pilot"))
    page = text(priya.get(reverse("people:teams", args=[cast.ali.pk])))
    assert "People of MENA" in page
    assert "Group by rule" in page
    assert "Group by hand" in page


def test_mine_and_check_tell_the_way_through_a_group(cast: Cast, priya: Client) -> None:
    raw = {"attribute": "subject.region", "operator": "within", "value": [cast.mena.pk]}
    group = services.create_group(cast.priya, name="People of MENA", rule=rules.parsed(raw), at=clock.now())
    world.give(group, cast.feedback_reader, region=cast.mena)
    mine = text(signed_in(cast.ali).get("/me/access/"))
    assert "People of MENA" in mine
    checked = text(priya.get(f"/check/?person={cast.ali.pk}&action=feedback.view"))
    assert "People of MENA" in checked
    assert "Group by rule, since" in checked
    given = text(priya.get("/grants/give/?q=MENA"))
    assert "People of MENA" in given
