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
from accounts.models import Group, Membership
from audits.models import Event
from cxaccess.lib import clock
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


def test_the_preview_names_only_whom_the_reader_sees(cast: Cast) -> None:
    world.give(cast.rosa, world.role("Maker", {"group.create"}))
    everybody = one_row(cast, **{"rule-0-value": [str(cast.world_.pk)], "rule-do": "look"})
    page = text(signed_in(cast.rosa).post(NEW, everybody))
    assert "Maya Okafor" in page
    assert "Otto Lang" not in page
    assert "of them you may not see" in page


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
