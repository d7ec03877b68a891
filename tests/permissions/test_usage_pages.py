"""Use where access shows: what each reader sees of it, which figures, and what that costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person
from audits.trail.record import System
from cxaccess.lib import clock
from permissions.models import Action, RoleGrant
from permissions.usage import selectors as usage
from permissions.usage.reading import Row
from permissions.usage.services import ingest
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

NOW = clock.now()
ago = lambda days: NOW - timedelta(days=days)  # noqa: E731 - reads as a word


def did(person: Person, action: str, resource: object, days: float = 3, times: int = 1) -> None:
    row = Row(2, person.email, action, resource.external_id, ago(days).isoformat(), str(times))  # type: ignore[attr-defined]
    key = f"{person.pk} {action} {resource.pk} {days}"  # type: ignore[attr-defined]
    ingest(System("usage-import"), system="voice", batch_key=key, rows=[row], at=NOW)


def page(reader: Person, name: str, *args: int, query: str = "") -> str:
    answer = signed_in(reader).get(reverse(name, args=args) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def listed(reader: Person, query: str) -> set[str]:
    answer = signed_in(reader).get(reverse("grants:list") + query)
    return {f"{grant.role.name} of {grant.principal.label}" for grant in answer.context["page"]}


def team_grant(cast: Cast) -> RoleGrant:
    return RoleGrant.objects.get(principal=cast.insights_dach.principal)


def test_how_many_of_the_holders_used_a_grant_is_said_of_those_who_hold_it_now(cast: Cast) -> None:
    grants = RoleGrant.objects.filter(pk=team_grant(cast).pk)
    assert str(usage.of_holders(grants, at=NOW)) == "used by 0 of 2 holders"
    did(cast.maya, "feedback.view", cast.german_reviews)
    did(cast.jonas, "feedback.view", cast.german_reviews, days=120)
    found = usage.of_holders(grants, at=NOW)
    assert str(found) == "used by 1 of 2 holders"
    assert found.last_at == ago(3)
    Person.objects.filter(pk=cast.maya.pk).update(state="suspended")
    assert str(usage.of_holders(grants, at=NOW)) == "used by 0 of 1 holder"


def test_unused_is_what_was_in_force_for_ninety_days_and_nobody_used_in_them(cast: Cast) -> None:
    used = world.give(cast.chiara, cast.feedback_reader, starts=ago(200), region=cast.emea)
    world.give(cast.ali, cast.analyst, starts=ago(89))
    world.give(cast.ali, cast.feedback_reader, starts=ago(200), until=ago(1))
    long_ago = world.give(cast.ali, cast.feedback_reader, starts=ago(200))
    did(cast.chiara, "feedback.view", cast.german_reviews, days=89)
    did(cast.ali, "feedback.view", cast.mena_reviews, days=91)
    assert long_ago.uses.exists()
    found = set(usage.unused(RoleGrant.objects.all(), at=NOW).values_list("pk", flat=True))
    assert used.pk not in found
    assert long_ago.pk in found
    assert listed(cast.priya, "?view=unused") == {
        f"{grant.role.name} of {grant.principal.label}"
        for grant in RoleGrant.objects.filter(pk__in=found).select_related("role", "principal")
    }
    assert "Analyst of Ali Haddad" not in listed(cast.priya, "?view=unused")


def test_who_may_not_see_use_is_offered_none_of_it(cast: Cast) -> None:
    reader = world.role("Reader", {"person.view", "role.view", "grant.view", "team.view", "catalogue.view"})
    world.give(cast.chiara, reader)
    grant, action = team_grant(cast), Action.objects.get(key="feedback.view")
    for name, arg in (
        ("grants:list", None), ("grants:detail", grant.pk), ("roles:list", None), ("roles:holders", cast.analyst.pk),
        ("people:access", cast.maya.pk), ("teams:members", cast.insights_dach.pk),
        ("teams:roles", cast.insights_dach.pk), ("catalogue:detail", action.pk),
    ):  # fmt: skip
        seen = page(cast.chiara, name, *([] if arg is None else [arg]))
        for words in ("Last used", "Unused for 90 days", "in the last 90 days", "never used", "Last active"):
            assert words not in seen, (name, words)
    assert signed_in(cast.chiara).get(reverse("roles:use", args=[cast.analyst.pk])).status_code == 404
    assert listed(cast.chiara, "?view=unused") == listed(cast.chiara, "")


def test_a_regional_reader_sees_the_use_of_the_region_alone(cast: Cast) -> None:
    world.give(cast.rosa, world.role("Grant reader", {"grant.view"}))
    world.give(cast.otto, cast.feedback_reader)
    assert "Feedback reader of Otto Lang" in listed(cast.rosa, "")
    assert "Feedback reader of Otto Lang" not in listed(cast.rosa, "?view=unused")
    assert "Agent of Ali Haddad" in listed(cast.rosa, "?view=unused")


def test_everybody_sees_when_they_last_used_what_they_hold(cast: Cast) -> None:
    assert "Never" in page(cast.maya, "my-access")
    did(cast.maya, "feedback.view", cast.german_reviews, times=4)
    seen = page(cast.maya, "my-access")
    assert "3 days ago" in seen
    assert "4 uses in the last 90 days" in page(cast.maya, "my-use")


def test_the_access_tab_tells_use_by_this_person_not_by_the_team(cast: Cast) -> None:
    did(cast.jonas, "feedback.view", cast.german_reviews)
    assert "Never" in page(cast.priya, "people:access", cast.maya.pk)
    assert "3 days ago" in page(cast.priya, "people:access", cast.jonas.pk)


def test_a_team_shows_who_of_it_used_what_it_has(cast: Cast) -> None:
    did(cast.maya, "feedback.view", cast.german_reviews)
    assert "by 1 member" in page(cast.jonas, "teams:roles", cast.insights_dach.pk)
    assert "3 days ago" in page(cast.jonas, "teams:members", cast.insights_dach.pk)


def test_a_role_shows_which_of_its_permissions_nobody_uses(cast: Cast) -> None:
    did(cast.maya, "feedback.view", cast.german_reviews)
    answer = signed_in(cast.priya).get(reverse("roles:use", args=[cast.analyst.pk]))
    lines = {line.action.key: line.users for line in answer.context["lines"]}
    assert lines == {
        "feedback.view": 1, "feedback.export": 0, "report.edit": 0, "report.view": 0
    }  # fmt: skip
    assert answer.context["lines"][0].action.key == "feedback.export", "the riskiest of the least used comes first"
    assert "1 of 2" in answer.content.decode()
    assert "used by 1 of 2 holders" in page(cast.priya, "roles:holders", cast.analyst.pk)


@pytest.fixture
def regional(cast: Cast) -> Person:
    """Rosa sees the use of EMEA; outside it Otto is an analyst who does a lot, and a member of a team there."""
    world.give(cast.rosa, world.role("Role and catalogue reader", {"role.view", "catalogue.view"}))
    world.give(cast.otto, cast.analyst)
    did(cast.otto, "feedback.view", cast.german_reviews, days=1, times=40)
    did(cast.maya, "feedback.view", cast.german_reviews, days=5, times=7)
    return cast.rosa


def test_the_use_of_a_role_counts_nobody_outside_its_readers_reach(cast: Cast, regional: Person) -> None:
    url = reverse("roles:use", args=[cast.analyst.pk])
    for reader, users, holders, last in ((cast.priya, 2, 3, ago(1)), (regional, 1, 2, ago(5))):
        answer = signed_in(reader).get(url)
        line = next(line for line in answer.context["lines"] if line.action.key == "feedback.view")
        assert (line.users, line.last_at) == (users, last)
        used = answer.context["used"]
        assert (used.users, used.holders, used.last_at) == (users, holders, last)
        assert f"{users} of {holders}" in answer.content.decode()
        holding = page(reader, "roles:holders", cast.analyst.pk)
        assert f"used by {users} of {holders} holders" in holding
        assert ("among those whose use you may see" in holding) is (reader == regional)


def test_the_use_of_a_permission_counts_nobody_outside_its_readers_reach(cast: Cast, regional: Person) -> None:
    action = Action.objects.get(key="feedback.view")
    everybody, own = page(cast.priya, "catalogue:detail", action.pk), page(regional, "catalogue:detail", action.pk)
    assert "Use: 2 of 3 holders in 90 days" in everybody
    assert "47 uses in the last 90 days" in everybody
    assert "Use where you may see it: 1 of 2 holders in 90 days" in own
    assert "7 uses in the last 90 days" in own
    assert "47 uses" not in own


def test_the_list_of_roles_tells_use_only_to_who_sees_everybodys(cast: Cast, regional: Person) -> None:
    """A role has no place: what its list says of use is everybody's."""
    for reader, seen in ((cast.priya, True), (regional, False)):
        listed_ = page(reader, "roles:list")
        assert ("used <time" in listed_, "Unused for 90 days" in listed_) == (seen, seen)
    idle = signed_in(regional).get(reverse("roles:list") + "?view=idle").context["lines"]
    assert "Analyst" in {line[0].name for line in idle}, "the view is not theirs, so it narrows nothing"


def test_roles_that_nobody_used_are_a_list_of_their_own(cast: Cast) -> None:
    did(cast.maya, "feedback.view", cast.german_reviews)
    answer = signed_in(cast.priya).get(reverse("roles:list") + "?view=idle")
    names = {line[0].name for line in answer.context["lines"]}
    assert "Analyst" not in names
    assert "Agent" in names
    assert "Feedback reader" not in names, "nobody holds it by itself"


def test_the_catalogue_shows_how_many_of_those_who_may_do(cast: Cast) -> None:
    did(cast.maya, "feedback.view", cast.german_reviews, times=7)
    seen = page(cast.priya, "catalogue:detail", Action.objects.get(key="feedback.view").pk)
    assert "Use: 1 of 2 holders in 90 days" in seen
    assert "7 uses in the last 90 days" in seen


def test_a_line_says_what_it_shows_and_has_the_numbers_as_a_table(cast: Cast) -> None:
    did(cast.maya, "feedback.view", cast.german_reviews, days=1, times=2)
    did(cast.maya, "feedback.view", cast.german_reviews, days=89, times=30)
    did(cast.maya, "feedback.view", cast.german_reviews, days=90, times=500)
    line = usage.line_of_person(cast.maya, at=NOW)
    assert len(line.days) == 90
    assert line.total == 32
    assert line.finding.startswith("32 uses in the last 90 days, most on ")
    assert line.weeks[0][1] == 2
    assert sum(line.values) == 2
    assert usage.line_of_resource(cast.german_reviews, at=NOW).total == 32
    assert usage.top_people(cast.german_reviews, cast.priya, at=NOW)[0].of == cast.maya
    assert [(share.of.key, share.count) for share in usage.by_action(cast.german_reviews, at=NOW)] == [
        ("feedback.view", 32)
    ]


PAGES = ("grants:list", "roles:list", "my-access")


@pytest.mark.parametrize("name", PAGES)
def test_use_costs_the_same_on_a_long_page(cast: Cast, name: str) -> None:
    client = signed_in(cast.priya)

    def queries() -> int:
        client.get(reverse(name))
        with CaptureQueriesContext(connection) as found:
            client.get(reverse(name))
        return len(found)

    few = queries()
    for number in range(12):
        one = world.person(f"Person {number}", region=cast.dach)
        role = world.role(f"Role {number}", {"feedback.view"})
        world.give(one, role, region=cast.dach)
        world.give(cast.priya, role)
        did(one, "feedback.view", cast.german_reviews)
        did(cast.priya, "feedback.view", cast.german_reviews, days=number)
    assert queries() <= few
