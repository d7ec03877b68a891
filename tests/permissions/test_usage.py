"""Use taken in: what rows say, what is refused, what adds up, and which grants it goes back to."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from accounts.models import Identity
from audits.models import Event
from audits.trail.record import System
from audits.trail.tags import Tag
from cxaccess.jobs.models import Job
from cxaccess.jobs.runner import claim
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions import guards
from permissions.models import (
    Resource,
    RoleGrant,
    UsageAction,
    UsageActionDay,
    UsageBatch,
    UsageDay,
    UsageGrant,
    UsageLast,
)
from permissions.usage import reads
from permissions.usage.reading import Row
from permissions.usage.services import Unread, ingest, tidy
from tests import world
from tests.cast import Cast
from tests.rivals import together
from tests.sessions import signed_in

FEED = System("usage-import")
NOW = clock.now()
YESTERDAY = NOW - timedelta(days=1)


def row(
    person: object, action: str, resource: Resource, at: datetime | str = YESTERDAY, count: object = 1, line: int = 2
):
    name = getattr(person, "email", person)
    time = at if isinstance(at, str) else at.isoformat()
    return Row(line, str(name), action, resource.external_id, time, str(count))


def take(*rows: Row, key: str = "night", **more):
    return ingest(FEED, system="voice", batch_key=key, rows=rows, at=more.pop("at", NOW), **more)


def test_uses_are_counted_by_person_action_resource_and_day(cast: Cast) -> None:
    reviews = cast.german_reviews
    morning = YESTERDAY.replace(hour=7)
    take(
        row(cast.maya, "feedback.view", reviews, morning, 3),
        row(cast.maya, "feedback.view", reviews, morning.replace(hour=9), 2),
        row(cast.maya, "feedback.view", reviews, morning - timedelta(days=1)),
    )
    days = UsageDay.objects.order_by("day").values_list("count", flat=True)
    assert list(days) == [1, 5]
    assert UsageLast.objects.get().last_at == morning.replace(hour=9)
    assert UsageAction.objects.get().last_at == morning.replace(hour=9)
    assert sorted(UsageActionDay.objects.values_list("count", flat=True)) == [1, 5]


def test_a_later_batch_adds_up_and_an_older_one_never_turns_the_last_use_back(cast: Cast) -> None:
    take(row(cast.maya, "feedback.view", cast.german_reviews, YESTERDAY, 3), key="b")
    earlier = YESTERDAY - timedelta(minutes=1)
    take(row(cast.maya, "feedback.view", cast.german_reviews, earlier, 4), key="a")
    assert sum(UsageDay.objects.values_list("count", flat=True)) == 7
    assert UsageLast.objects.get().last_at == YESTERDAY


def test_people_are_found_by_the_id_their_system_gives_them(cast: Cast) -> None:
    Identity.objects.create(person=cast.maya, system="voice", external_id="u-77")
    Identity.objects.create(person=cast.ali, system="other", external_id="u-78")
    take(
        row("u-77", "feedback.view", cast.german_reviews),
        row("MAYA.OKAFOR@kestrelhome.example", "feedback.view", cast.mena_reviews),
    )
    assert set(UsageDay.objects.values_list("person", flat=True)) == {cast.maya.pk}
    with pytest.raises(Unread) as refused:
        take(row("u-78", "feedback.view", cast.german_reviews, line=9), key="more")
    (fault,) = refused.value.faults
    assert (fault.line, fault.column, fault.value) == (9, "person", "u-78")
    assert "Import people" in fault.message


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("person", {"person": "nobody@kestrelhome.example"}),
        ("action", {"action": "feedback.fly"}),
        ("action", {"action": "ticket.reply"}),  # of another type than the resource
        ("resource", {"resource": "feedback-none"}),
        ("time", {"time": (NOW + timedelta(days=1)).isoformat()}),
        ("time", {"time": (NOW - timedelta(days=401)).isoformat()}),
        ("time", {"time": "yesterday"}),
        ("time", {"time": "0001-01-01T00:00:00+23:00"}),
        ("count", {"count": "0"}),
        ("count", {"count": "-3"}),
        ("count", {"count": "²"}),
        ("count", {"count": "9" * 30}),
    ],
)
def test_a_row_that_says_nothing_known_refuses_the_batch_and_names_the_cell(
    cast: Cast, column: str, change: dict
) -> None:
    good = row(cast.maya, "feedback.view", cast.german_reviews)
    with pytest.raises(Unread) as refused:
        take(good, replace(good, line=3, **change))
    (fault,) = refused.value.faults
    assert (fault.line, fault.column, fault.value) == (3, column, change[column])
    assert fault.message
    assert not UsageDay.objects.exists()
    assert not UsageBatch.objects.exists()


def test_one_may_go_on_without_the_rows_that_cannot_be_taken_in(cast: Cast) -> None:
    taken = take(
        row(cast.maya, "feedback.view", cast.german_reviews),
        row("nobody", "feedback.view", cast.german_reviews, line=3),
        leave_out=True,
    )
    assert (taken.batch.rows, len(taken.faults)) == (1, 1)
    assert Event.objects.get(tag=Tag.USAGE_TAKEN_IN).additional_data["left_out"] == 1


def test_the_same_batch_again_changes_nothing_by_its_key_and_by_its_content(cast: Cast) -> None:
    first, second = (
        row(cast.maya, "feedback.view", cast.german_reviews, YESTERDAY - timedelta(hours=n)) for n in (1, 2)
    )
    assert take(first, second).new
    assert not take(first, second).new
    assert not take(second, first, key="another name").new
    with pytest.raises(Refused, match="with other rows"):
        take(first)
    assert sum(UsageDay.objects.values_list("count", flat=True)) == 2
    assert Event.objects.filter(tag=Tag.USAGE_TAKEN_IN).count() == 1


def test_one_event_tells_of_a_batch_and_names_nobody(cast: Cast) -> None:
    take(row(cast.maya, "feedback.view", cast.german_reviews, YESTERDAY, 4))
    event = Event.objects.get(tag=Tag.USAGE_TAKEN_IN)
    assert event.additional_data == {"system": "voice", "key": "night", "rows": 1, "uses": 4}


def test_only_who_may_import_use_takes_it_in(cast: Cast) -> None:
    rows = [row(cast.maya, "feedback.view", cast.german_reviews)]
    with pytest.raises(guards.NotAllowed):
        ingest(cast.jonas, system="voice", batch_key="x", rows=rows, at=NOW)
    assert ingest(cast.priya, system="voice", batch_key="x", rows=rows, at=NOW).batch.taken_by == cast.priya


def used(grant: RoleGrant) -> dict[int, datetime]:
    return dict(UsageGrant.objects.filter(grant=grant).values_list("person", "last_at"))


def test_use_goes_back_to_every_grant_that_allowed_it_and_to_no_other(cast: Cast) -> None:
    through_team = RoleGrant.objects.get(principal=cast.insights_dach.principal)  # analyst within DACH
    own = world.give(cast.maya, cast.feedback_reader, region=cast.emea)
    elsewhere = world.give(cast.maya, cast.feedback_reader, region=cast.mena)
    other_role = world.give(cast.maya, cast.agent, region=cast.dach)
    over = world.give(cast.maya, cast.feedback_reader, until=YESTERDAY - timedelta(days=1))
    later = world.give(cast.maya, cast.feedback_reader, starts=NOW - timedelta(hours=1))
    take(row(cast.maya, "feedback.view", cast.german_reviews))
    assert used(through_team) == used(own) == {cast.maya.pk: YESTERDAY}
    assert [used(grant) for grant in (elsewhere, other_role, over, later)] == [{}] * 4
    own.refresh_from_db()
    elsewhere.refresh_from_db()
    assert (own.last_used_at, elsewhere.last_used_at) == (YESTERDAY, None)


def test_an_implied_action_is_a_use_of_the_role_that_implies_it(cast: Cast) -> None:
    queue = world.resource("Returns MENA", "ticket", region=cast.mena)
    grant = RoleGrant.objects.get(principal=cast.ali.principal)  # agent: ticket.reply implies ticket.view
    take(row(cast.ali, "ticket.view", queue))
    assert used(grant) == {cast.ali.pk: YESTERDAY}


def test_what_somebody_did_before_they_joined_the_team_is_no_use_of_its_grant(cast: Cast) -> None:
    grant = RoleGrant.objects.get(principal=cast.insights_dach.principal)
    world.join(cast.chiara, cast.insights_dach, starts=YESTERDAY - timedelta(hours=1))
    take(row(cast.chiara, "feedback.view", cast.german_reviews, YESTERDAY - timedelta(hours=2)), key="before")
    assert used(grant) == {}
    take(row(cast.chiara, "feedback.view", cast.german_reviews), key="after")
    assert used(grant) == {cast.chiara.pk: YESTERDAY}


def test_the_mark_of_a_grant_moves_by_the_hour_and_only_forward(cast: Cast) -> None:
    grant = RoleGrant.objects.get(principal=cast.insights_dach.principal)

    def mark_after(at: datetime) -> datetime:
        take(row(cast.maya, "feedback.view", cast.german_reviews, at), key=at.isoformat())
        grant.refresh_from_db()
        return grant.last_used_at

    noon = YESTERDAY.replace(hour=12)
    assert mark_after(noon) == noon
    assert mark_after(noon + timedelta(minutes=59)) == noon
    assert used(grant) == {cast.maya.pk: noon + timedelta(minutes=59)}
    assert mark_after(noon + timedelta(hours=1)) == noon + timedelta(hours=1)
    assert mark_after(noon - timedelta(days=3)) == noon + timedelta(hours=1)


def test_days_are_thrown_away_and_the_last_use_stays(cast: Cast) -> None:
    old = NOW - timedelta(days=399)
    take(row(cast.maya, "feedback.view", cast.german_reviews, old), row(cast.ali, "feedback.view", cast.mena_reviews))
    later = NOW + timedelta(days=30)
    Job.objects.create(kind="usage.tidy", slot="now", run_at=later)
    job = claim(later)
    assert job is not None
    tidy(job, later)
    assert list(UsageDay.objects.values_list("person", flat=True)) == [cast.ali.pk]
    assert UsageActionDay.objects.count() == 1
    assert UsageLast.objects.count() == 2


def test_a_batch_asks_the_same_number_of_questions_however_long(cast: Cast, django_assert_max_num_queries) -> None:
    people = [world.person(f"Person {n}", region=cast.dach) for n in range(30)]
    things = [world.resource(f"Stream {n}", "feedback", region=cast.dach) for n in range(20)]
    rows = [row(person, "feedback.view", thing) for person in people for thing in things]
    with django_assert_max_num_queries(40):
        take(*rows[:400])
    assert UsageDay.objects.count() == 400


# What this console counts itself


def test_every_yes_of_a_page_is_counted_once_for_each_request(cast: Cast) -> None:
    client = signed_in(cast.priya)
    client.get(f"/teams/{cast.care_dach.pk}/")
    client.get(f"/teams/{cast.care_dach.pk}/")
    client.get("/people/")
    reads.flush()
    found = {
        (day.action.key, day.resource.name): day.count for day in UsageDay.objects.select_related("action", "resource")
    }
    assert found == {("team.view", "Care DACH"): 2, ("person.view", "People"): 1}


def test_a_refusal_is_no_use(cast: Cast) -> None:
    assert signed_in(cast.chiara).get("/people/").status_code == 404
    assert reads.flush() == 0


def test_opening_a_part_of_the_console_is_a_use_of_the_grant_that_opens_it(cast: Cast) -> None:
    signed_in(cast.rosa).get("/people/")
    reads.flush()
    grant = RoleGrant.objects.get(principal=cast.rosa.principal)
    assert set(used(grant)) == {cast.rosa.pk}
    reads.flush()
    assert Resource.objects.filter(object_kind="console").count() == 1


def test_counting_asks_the_database_nothing(cast: Cast, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        reads.count_read(cast.maya, "feedback.view", cast.german_reviews, NOW)
    reads.flush()
    assert set(used(RoleGrant.objects.get(principal=cast.insights_dach.principal))) == {cast.maya.pk}


def test_what_cannot_be_written_now_is_written_later(cast: Cast, monkeypatch) -> None:
    from django.db import OperationalError

    from permissions.usage import services

    reads.count_read(cast.maya, "feedback.view", cast.german_reviews, NOW)

    def locked(*_args: object, **_more: object) -> int:
        raise OperationalError("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(services, "take_reads", locked)
        assert reads.flush() == 0
    reads.count_read(cast.maya, "feedback.view", cast.german_reviews, NOW + timedelta(microseconds=1))
    reads.flush()
    assert UsageDay.objects.get().count == 2


def test_a_full_tally_loses_new_keys_and_says_how_many() -> None:
    from cxaccess.lib.tally import Tally

    tally = Tally[int](most=2)
    for key in (1, 2, 3, 1):
        tally.add(key, NOW + timedelta(seconds=key))
    assert (len(tally), tally.lost) == (2, 1)


@pytest.mark.slow
@pytest.mark.realdb
@pytest.mark.django_db(transaction=True)
def test_two_batches_at_once_lose_nothing(cast: Cast) -> None:
    things = [world.resource(f"Stream {n}", "feedback", region=cast.dach) for n in range(40)]
    rows = [row(cast.maya, "feedback.view", thing, YESTERDAY.replace(hour=8)) for thing in things]
    deeds = [
        partial(
            take,
            *(rows if n % 2 else rows[::-1]),
            row(cast.maya, "feedback.view", things[0], YESTERDAY.replace(hour=9, minute=n)),
            key=f"b{n}",
        )
        for n in range(6)
    ]
    done = together(*deeds)
    assert [one for one in done if isinstance(one, Exception)] == []
    assert sum(UsageDay.objects.values_list("count", flat=True)) == 6 * 41
    assert UsageActionDay.objects.get().count == 6 * 41
    same = together(*[partial(take, rows[0], key="same")] * 4)
    assert sorted(one.new for one in same) == [False, False, False, True]
    assert sum(UsageDay.objects.values_list("count", flat=True)) == 6 * 41 + 1


def test_the_day_of_a_use_is_that_of_utc(cast: Cast) -> None:
    before = (YESTERDAY - timedelta(days=1)).date()
    take(row(cast.maya, "feedback.view", cast.german_reviews, f"{before}T23:30:00-05:00"))
    assert UsageDay.objects.get().day == YESTERDAY.date()
    take(row(cast.maya, "feedback.view", cast.german_reviews, f"{before}T23:30:00"), key="no zone")
    assert UsageDay.objects.filter(day=before).exists()
