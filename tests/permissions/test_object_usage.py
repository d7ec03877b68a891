"""Use of grants on one resource: which of them a use goes back to, who is shown it, and what counts as unused."""

import csv
from datetime import datetime, timedelta
from functools import partial
from io import StringIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person
from audits.overview.selectors import desk_of
from audits.trail.record import System
from cxaccess.lib import clock
from cxaccess.lib.models import Source
from permissions.models import GroupObjectGrant, PersonObjectGrant, Resource, UsageGroupGrant
from permissions.objects import rows, uses
from permissions.usage.catching_up import catch_up
from permissions.usage.reading import Row
from permissions.usage.services import ingest
from tests import world
from tests.cast import Cast
from tests.rivals import together
from tests.sessions import signed_in

NOW = clock.now()
ago = lambda days: NOW - timedelta(days=days)  # noqa: E731 - reads as a word


def did(person: Person, action: str, resource: Resource, days: float = 3) -> None:
    row = Row(2, person.email, action, resource.external_id, ago(days).isoformat())
    key = f"{person.pk} {action} {resource.pk} {days}"
    ingest(System("usage-import"), system="voice", batch_key=key, rows=[row], at=NOW)


def used(grant: rows.AnyGrant) -> datetime | None:
    grant.refresh_from_db()
    return grant.last_used_at


def by(grant: GroupObjectGrant) -> dict[int, datetime]:
    return dict(UsageGroupGrant.objects.filter(grant=grant).values_list("person", "last_at"))


def page(reader: Person, name: str, *args: object, query: str = "") -> str:
    answer = signed_in(reader).get(reverse(name, args=args) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def listed(reader: Person, query: str) -> set[str]:
    answer = signed_in(reader).get(reverse("objects:list") + query)
    return {rows.key(grant) for grant in answer.context["page"]}


# What a use goes back to


def test_use_goes_back_to_the_grant_that_allowed_it_and_to_no_other(cast: Cast) -> None:
    mine = world.give_on(cast.chiara, "feedback.view", cast.mena_reviews)
    others = [
        world.give_on(cast.chiara, "feedback.view", cast.german_reviews),
        world.give_on(cast.chiara, "resource.edit", cast.mena_reviews),
        world.give_on(cast.otto, "feedback.view", cast.mena_reviews),
        world.give_on(cast.chiara, "feedback.view", cast.mena_reviews, starts=ago(2)),
        world.give_on(cast.chiara, "feedback.view", cast.mena_reviews, until=ago(4)),
        world.give_on(cast.insights_dach, "feedback.view", cast.mena_reviews),
    ]
    did(cast.chiara, "feedback.view", cast.mena_reviews)
    assert used(mine) == ago(3)
    assert [used(grant) for grant in others] == [None, None, None, None, None, None]


def test_doing_what_a_permission_implies_is_a_use_of_it(cast: Cast) -> None:
    queue = world.resource("Returns", "ticket", region=cast.mena)
    replying = world.give_on(cast.chiara, "ticket.reply", queue)
    viewing = world.give_on(cast.chiara, "ticket.view", queue)
    did(cast.chiara, "ticket.view", queue, days=5)
    assert (used(replying), used(viewing)) == (ago(5), ago(5))
    did(cast.chiara, "ticket.reply", queue, days=2)
    assert (used(replying), used(viewing)) == (ago(2), ago(5))


def test_what_a_team_has_is_used_by_who_is_in_it_or_below_it_at_that_time(cast: Cast) -> None:
    grant = world.give_on(cast.care_emea, "feedback.view", cast.mena_reviews)
    world.join(cast.ali, cast.care_dach, starts=ago(4))
    did(cast.ali, "feedback.view", cast.mena_reviews, days=5)
    assert by(grant) == {}
    did(cast.ali, "feedback.view", cast.mena_reviews, days=3)
    did(cast.maya, "feedback.view", cast.mena_reviews, days=1)
    assert by(grant) == {cast.ali.pk: ago(3)}
    assert used(grant) == ago(3)


def test_a_persons_own_mark_is_exact_and_a_teams_moves_by_the_hour_and_neither_goes_back(cast: Cast) -> None:
    own = world.give_on(cast.maya, "feedback.view", cast.mena_reviews)
    shared = world.give_on(cast.insights_dach, "feedback.view", cast.mena_reviews)
    noon, soon = ago(3), ago(3) + timedelta(minutes=59)
    for at in (noon, soon, noon - timedelta(days=9)):
        did(cast.maya, "feedback.view", cast.mena_reviews, days=(NOW - at) / timedelta(days=1))
    assert used(own) == pytest.approx(soon, abs=timedelta(seconds=1))
    assert used(shared) == noon
    assert by(shared)[cast.maya.pk] == used(own)


def test_a_batch_asks_as_much_however_many_grants_it_marks(cast: Cast) -> None:
    people = [world.person(f"Person {n}") for n in range(10)]
    things = [(people[n % 10], world.resource(f"Stream {n}", "feedback")) for n in range(40)]
    for person, thing in things:
        world.give_on(person, "feedback.view", thing)

    def asked(some: list[tuple[Person, Resource]], key: str) -> int:
        batch = [
            Row(2, person.email, "feedback.view", thing.external_id, ago(1 + n / 50).isoformat())
            for n, (person, thing) in enumerate(some)
        ]
        with CaptureQueriesContext(connection) as found:
            ingest(System("usage-import"), system="voice", batch_key=key, rows=batch, at=NOW)
        return len(found)

    asked(things[:1], "warm")
    few = asked(things[1:4], "few")
    assert asked(things[4:], "many") <= few
    assert not PersonObjectGrant.objects.filter(last_used_at=None).exists()


def test_use_of_before_is_credited_once_where_the_last_use_says_it(cast: Cast) -> None:
    queue = cast.mena_reviews
    own = world.give_on(cast.chiara, "feedback.view", queue)
    later = world.give_on(cast.otto, "feedback.view", queue, starts=ago(5))
    shared = world.give_on(cast.insights_dach, "feedback.view", queue)
    for person, days in ((cast.chiara, 3), (cast.otto, 9), (cast.maya, 2)):
        did(person, "feedback.view", queue, days=days)
    UsageGroupGrant.objects.all().delete()
    PersonObjectGrant.objects.update(last_used_at=None)
    GroupObjectGrant.objects.update(last_used_at=None)
    assert catch_up(at=NOW) == 3
    assert (used(own), used(later), used(shared), by(shared)) == (ago(3), None, ago(2), {cast.maya.pk: ago(2)})
    assert catch_up(at=NOW) == 0


# What counts as unused


def test_unused_is_what_was_in_force_for_ninety_days_and_nobody_used_in_them(cast: Cast) -> None:
    idle = world.give_on(cast.chiara, "feedback.view", cast.mena_reviews, starts=ago(200))
    busy = world.give_on(cast.ali, "feedback.view", cast.mena_reviews, starts=ago(200))
    fresh = world.give_on(cast.chiara, "feedback.export", cast.mena_reviews, starts=ago(89))
    over = world.give_on(cast.chiara, "feedback.edit", cast.mena_reviews, starts=ago(200), until=ago(1))
    stale = world.give_on(cast.otto, "feedback.view", cast.mena_reviews, starts=ago(200))
    did(cast.ali, "feedback.view", cast.mena_reviews, days=89)
    did(cast.otto, "feedback.view", cast.mena_reviews, days=91)
    assert listed(cast.priya, "?view=unused") == {rows.key(idle), rows.key(stale)}
    assert {rows.key(row) for row in (busy, fresh)} <= listed(cast.priya, "")
    assert rows.key(over) not in listed(cast.priya, "")


def test_what_comes_with_owning_is_never_called_unused_for_nobody_can_end_it_alone(cast: Cast) -> None:
    owning = world.give_on(cast.chiara, "resource.edit", cast.mena_reviews, starts=ago(200))
    assert listed(cast.priya, "?view=unused") == {rows.key(owning)}
    PersonObjectGrant.objects.update(source=Source.OWNER)
    assert listed(cast.priya, "?view=unused") == set()
    assert "Never" not in page(cast.priya, "people:access", cast.chiara.pk)
    assert "Not yet" in page(cast.priya, "people:access", cast.chiara.pk)


def test_the_overview_counts_unused_exceptions_apart_and_exactly_as_their_lists(cast: Cast) -> None:
    world.give_on(cast.chiara, "feedback.view", cast.mena_reviews)
    world.give_on(cast.otto, "feedback.view", cast.mena_reviews)
    world.give_on(cast.insights_dach, "feedback.view", cast.mena_reviews)
    did(cast.ali, "ticket.view", world.resource("Queue", "ticket", region=cast.mena), days=100)
    for reader, people, teams in ((cast.priya, 2, 1), (cast.rosa, 1, 1)):
        found = {concern.text: concern for concern in desk_of(reader, at=clock.now())[0].concerns}
        words = "grant of a person" if people == 1 else "grants of people"
        for text, count in (
            (f"{people} {words} on one resource {'was' if people == 1 else 'were'} not used for 90 days", people),
            ("1 grant of a team or group on one resource was not used for 90 days", teams),
        ):
            assert str(found[text].count) == str(count)
            answer = signed_in(reader).get(found[text].url)
            assert len(answer.context["page"].rows) == count
    assert not any("one resource" in one.text for one in desk_of(cast.maya, at=clock.now())[0].concerns)


# Who is shown it


def test_everybody_sees_when_they_last_used_what_they_have_on_single_resources(cast: Cast) -> None:
    world.give_on(cast.chiara, "feedback.view", cast.mena_reviews)
    assert "Never" in page(cast.chiara, "my-access")
    did(cast.chiara, "feedback.view", cast.mena_reviews)
    assert "3 days ago" in page(cast.chiara, "my-access")


def test_the_access_tab_tells_use_by_this_person_not_by_the_team(cast: Cast) -> None:
    world.give_on(cast.insights_dach, "survey.view", (survey := world.resource("Delivery", "survey")))
    did(cast.jonas, "survey.view", survey, days=7)
    assert "7 days ago" not in page(cast.priya, "people:access", cast.maya.pk)
    assert "7 days ago" in page(cast.priya, "people:access", cast.jonas.pk)
    assert "7 days ago" not in page(cast.maya, "my-access")


def test_a_team_and_a_group_show_how_many_used_what_they_have(cast: Cast) -> None:
    circle = world.group("Study circle")
    world.join(cast.maya, circle)  # type: ignore[arg-type]  # a group has a principal, too
    for holder, name in ((cast.insights_dach, "teams"), (circle, "groups")):
        world.give_on(holder, "feedback.view", cast.mena_reviews)  # type: ignore[arg-type]  # the same
        did(cast.maya, "feedback.view", cast.mena_reviews, days=6 if name == "teams" else 5)
        for tab in ("roles", "abilities"):
            seen = page(cast.priya, f"{name}:{tab}", holder.pk)
            assert "by 1 member" in seen, (name, tab)
            assert "days ago" in seen


def test_a_resource_shows_its_sharer_only_the_use_that_is_theirs_to_see(cast: Cast) -> None:
    world.give_on(cast.otto, "resource.give", cast.mena_reviews)
    world.give_on(cast.chiara, "feedback.view", cast.mena_reviews)
    world.give_on(cast.insights_dach, "feedback.view", cast.mena_reviews)
    did(cast.chiara, "feedback.view", cast.mena_reviews, days=8)
    did(cast.maya, "feedback.view", cast.mena_reviews, days=9)
    url = ("resources:grants", cast.mena_reviews.pk)
    everything, regional = page(cast.priya, *url), page(cast.rosa, "people:access", cast.chiara.pk)
    assert "8 days ago" in everything
    assert "9 days ago" in everything
    assert "by 1 member" in everything
    assert "8 days ago" in regional
    world.give_on(cast.ali, "resource.give", cast.mena_reviews)
    own = page(cast.ali, *url)
    assert "Chiara Bellini" in own, "whoever shares it sees who has it"
    assert "8 days ago" not in own
    assert "9 days ago" not in own
    assert "by 1 member" not in own


def test_who_can_says_when_each_last_did_it_to_who_may_see_that(cast: Cast) -> None:
    world.give_on(cast.otto, "feedback.view", cast.german_reviews)
    did(cast.maya, "feedback.view", cast.german_reviews, days=9)
    did(cast.otto, "feedback.view", cast.german_reviews, days=8)
    url, query = ("resources:who", cast.german_reviews.pk), "?action=feedback.view"
    everything = page(cast.priya, *url, query=query)
    assert "9 days ago" in everything
    assert "8 days ago" in everything
    world.give(cast.ali, world.role("Asker", {"access.check", "person.view", "resource.view"}))
    nothing = page(cast.ali, *url, query=query)
    assert "Maya Okafor" in nothing
    assert "Last did it" not in nothing
    world.give(cast.ali, world.role("Reader of use", {"usage.view"}), region=cast.dach)
    regional = page(cast.ali, *url, query=query)
    assert "9 days ago" in regional
    assert "8 days ago" not in regional


def test_one_grant_shows_who_used_it_to_who_may_see_that(cast: Cast) -> None:
    grant = world.give_on(cast.insights_dach, "feedback.view", cast.mena_reviews)
    mine = world.give_on(cast.chiara, "feedback.view", cast.mena_reviews)
    did(cast.maya, "feedback.view", cast.mena_reviews)
    did(cast.chiara, "feedback.view", cast.mena_reviews, days=8)
    seen = page(cast.priya, "objects:detail", rows.key(grant))
    assert "used by 1 of 2 holders" in seen
    assert "Maya Okafor" in seen
    assert "used by 1 of 1 holder" in page(cast.priya, "objects:detail", rows.key(mine))
    assert "used by 1 of 1 holder" in page(cast.chiara, "objects:detail", rows.key(mine)), "one's own, always"
    world.give(cast.ali, world.role("Reader", {"grant.view"}))
    assert "used by" not in page(cast.ali, "objects:detail", rows.key(grant))


def test_one_grant_of_a_team_tells_a_region_of_its_own_people_alone(cast: Cast) -> None:
    grant = world.give_on(cast.insights_dach, "feedback.view", cast.mena_reviews)
    world.join(cast.otto, cast.insights_dach)
    world.give(cast.rosa, world.role("Grant reader", {"grant.view"}))
    did(cast.otto, "feedback.view", cast.mena_reviews, days=1)
    did(cast.maya, "feedback.view", cast.mena_reviews, days=8)
    tabs = [page(one, "teams:roles", cast.insights_dach.pk) for one in (cast.priya, cast.rosa)]
    assert ["by 2 members" in text for text in tabs] == [True, False]
    assert "by 1 member" in tabs[1]
    everything, regional = (page(one, "objects:detail", rows.key(grant)) for one in (cast.priya, cast.rosa))
    assert "used by 2 of 3 holders" in everything
    assert "used by 1 of 2 holders" in regional
    assert "Otto" not in regional
    assert "8 days ago" in regional


def test_who_may_not_see_use_is_offered_none_of_it(cast: Cast) -> None:
    world.give(cast.ali, world.role("Reader", {"person.view", "grant.view", "team.view", "resource.view"}))
    world.give_on(cast.insights_dach, "feedback.view", cast.mena_reviews)
    grant = world.give_on(cast.chiara, "feedback.view", cast.mena_reviews)
    for name, arg in (
        ("objects:list", None), ("objects:detail", rows.key(grant)), ("people:access", cast.chiara.pk),
        ("teams:roles", cast.insights_dach.pk), ("resources:grants", cast.mena_reviews.pk),
    ):  # fmt: skip
        seen = page(cast.ali, name, *([] if arg is None else [arg]))
        for words in ("Last used", "Unused for 90 days", "in the last 90 days", "Never", "by 1 member"):
            assert words not in seen, (name, words)
    assert listed(cast.ali, "?view=unused") == listed(cast.ali, "")


def test_a_regional_reader_sees_and_narrows_by_the_use_of_the_region_alone(cast: Cast) -> None:
    world.give(cast.rosa, world.role("Grant reader", {"grant.view"}))
    here = world.give_on(cast.chiara, "feedback.view", cast.mena_reviews)
    beyond = world.give_on(cast.otto, "feedback.view", cast.mena_reviews)
    did(cast.otto, "feedback.view", cast.mena_reviews, days=8)
    assert listed(cast.rosa, "") == {rows.key(here), rows.key(beyond)}
    assert listed(cast.rosa, "?view=unused") == {rows.key(here)}
    assert "8 days ago" not in page(cast.rosa, "objects:list")
    assert "8 days ago" in page(cast.priya, "objects:list")


def test_the_file_tells_last_use_of_what_its_taker_may_see(cast: Cast) -> None:
    world.give(cast.rosa, world.role("Exporter", {"grant.view", "grant.export"}))
    for person in (cast.chiara, cast.otto, cast.maya):
        world.give_on(person, "feedback.view", cast.mena_reviews)
    did(cast.chiara, "feedback.view", cast.mena_reviews)
    did(cast.otto, "feedback.view", cast.mena_reviews)

    def file(reader: Person, query: str = "") -> dict[str, str]:
        answer = signed_in(reader).post(reverse("objects:export") + query)
        text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        return {line["Holder"]: line["Last used (UTC)"] for line in csv.DictReader(StringIO(text))}

    told = ago(3).isoformat(timespec="milliseconds")
    assert file(cast.priya) == {"Chiara Bellini": told, "Otto Lang": told, "Maya Okafor": "never"}
    assert file(cast.rosa) == {"Chiara Bellini": told, "Otto Lang": "", "Maya Okafor": "never"}
    assert file(cast.priya, "?view=unused") == {"Maya Okafor": "never"}


@pytest.mark.parametrize(
    "name", ["objects:list", "my-access", "resources:grants", "people:access", "teams:roles", "of teams"]
)
def test_use_costs_the_same_on_a_long_page(cast: Cast, name: str) -> None:
    arg = {
        "resources:grants": cast.mena_reviews.pk, "people:access": cast.maya.pk, "teams:roles": cast.insights_dach.pk
    }.get(name)  # fmt: skip
    of_teams = reverse("objects:list") + "?of=c"
    client, url = signed_in(cast.priya), of_teams if name == "of teams" else reverse(name, args=[arg] if arg else [])

    def add(number: int) -> None:
        thing = world.resource(f"Stream {number}", "feedback")
        world.give_on(world.person(f"Person {number}"), "feedback.view", cast.mena_reviews)
        world.give_on(world.team(f"Team {number}"), "feedback.view", cast.mena_reviews)
        for holder in (cast.priya, cast.maya, cast.insights_dach):
            world.give_on(holder, "feedback.view", thing)
        did(cast.maya, "feedback.view", thing)

    def queries() -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as found:
            assert client.get(url).status_code == 200
        return len(found)

    world.give_on(cast.insights_dach, "feedback.view", cast.mena_reviews)
    add(0)
    few = queries()
    for number in range(1, 12):
        add(number)
    assert queries() <= few


@pytest.mark.slow
@pytest.mark.realdb
@pytest.mark.django_db(transaction=True)
def test_uses_of_the_same_grants_at_once_lose_nothing(cast: Cast) -> None:
    own = world.give_on(cast.maya, "feedback.view", cast.mena_reviews)
    shared = world.give_on(cast.insights_dach, "feedback.view", cast.mena_reviews)
    done = together(*[partial(did, cast.maya, "feedback.view", cast.mena_reviews, days) for days in (4, 2, 9, 3)])
    assert [one for one in done if isinstance(one, Exception)] == []
    assert (used(own), used(shared), by(shared)) == (ago(2), ago(2), {cast.maya.pk: ago(2)})
    assert not uses.unused(PersonObjectGrant.objects.all(), at=NOW).exists()
