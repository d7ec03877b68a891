"""Ends are written once, whoever runs the job and however often; holders hear of it before and after."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from audits.models import Event
from audits.trail.stories import describe
from audits.trail.tags import Tag
from cxaccess.jobs.models import Job, Notice
from cxaccess.jobs.notices import message
from cxaccess.lib import clock
from permissions.grants import expiry
from permissions.grants.services import end_grant
from tests import world
from tests.cast import Cast

pytestmark = pytest.mark.realdb
YESTERDAY = world.soon(days=-1)
NEXT_WEEK = world.soon(days=6)


@pytest.fixture
def job(db: None) -> Job:
    """The lease that a handler renews between its batches."""
    return Job.objects.create(kind="grant.ends", slot="test", run_at=clock.now())


def ends() -> list[Event]:
    return list(Event.objects.filter(tag__in=[Tag.GRANT_EXPIRED, Tag.MEMBERSHIP_EXPIRED]).order_by("pk"))


def test_an_end_is_written_once_at_the_moment_it_was(cast: Cast, job: Job) -> None:
    world.give(cast.chiara, cast.feedback_reader, until=YESTERDAY, region=cast.mena)
    for _ in range(3):
        expiry.record_ends(job, clock.now())
    (event,) = ends()
    assert (event.timestamp, event.about_person_id, event.system) == (YESTERDAY, cast.chiara.pk, "grant-end")
    assert str(describe([event])[0].sentence) == "The role Feedback reader of Chiara Bellini in MENA ran out"


def test_memberships_run_out_too(cast: Cast, job: Job) -> None:
    world.join(cast.chiara, cast.care_dach, until=YESTERDAY)
    expiry.record_ends(job, clock.now())
    (event,) = ends()
    assert str(describe([event])[0].sentence) == "The place of Chiara Bellini in Care DACH ran out"


def test_what_was_ended_by_hand_does_not_run_out(cast: Cast, job: Job) -> None:
    grant = world.give(cast.ali, cast.feedback_reader, until=NEXT_WEEK)
    end_grant(cast.priya, grant=grant, reason="Project is over", at=clock.now())
    expiry.record_ends(job, clock.now() + timedelta(seconds=1))
    assert ends() == []


def test_what_has_not_ended_is_not_written_and_days_without_a_worker_are_caught_up(cast: Cast, job: Job) -> None:
    for days in range(1, 30):
        world.give(cast.chiara, cast.feedback_reader, starts=world.LONG_AGO, until=world.soon(days=days))
    expiry.record_ends(job, clock.now())
    assert ends() == []
    expiry.record_ends(job, world.soon(days=20, hours=1))
    assert len(ends()) == 20
    moments = [event.timestamp for event in ends()]
    assert moments == sorted(moments)


def test_a_run_that_is_rolled_back_leaves_nothing_and_the_next_writes_all(cast: Cast, job: Job) -> None:
    world.give(cast.chiara, cast.feedback_reader, until=YESTERDAY)
    with transaction.atomic():
        expiry.record_ends(job, clock.now())
        transaction.set_rollback(True)
    assert ends() == []
    expiry.record_ends(job, clock.now())
    assert len(ends()) == 1


def notices(kind: str) -> list[Notice]:
    return list(Notice.objects.filter(kind=kind).order_by("pk"))


def test_holders_are_told_a_week_before_and_at_the_end(cast: Cast, job: Job) -> None:
    world.give(cast.chiara, cast.feedback_reader, until=NEXT_WEEK, region=cast.mena)
    world.give(cast.chiara, cast.agent, until=world.soon(days=30))
    for _ in range(2):
        expiry.warn_holders(job, clock.now())
    (notice,) = notices("grant_ending")
    text = message(notice)
    assert "Feedback reader" in text.subject
    assert "(MENA)" in text.body
    assert "/grants/" in text.body
    expiry.record_ends(job, NEXT_WEEK + timedelta(minutes=1))
    assert "ended" in message(notices("grant_ended")[0]).subject


def test_an_end_that_is_moved_is_told_anew(cast: Cast, job: Job) -> None:
    grant = world.give(cast.chiara, cast.feedback_reader, until=NEXT_WEEK)
    expiry.warn_holders(job, clock.now())
    type(grant).objects.filter(pk=grant.pk).update(until=world.soon(days=5))
    expiry.warn_holders(job, clock.now())
    assert len(notices("grant_ending")) == 2


@pytest.mark.parametrize("who", ["sofia", "ivy", "care_dach"])
def test_only_people_who_can_read_it_are_told(cast: Cast, job: Job, who: str) -> None:
    world.give(getattr(cast, who), cast.feedback_reader, until=NEXT_WEEK)
    expiry.warn_holders(job, clock.now())
    expiry.record_ends(job, datetime.max.replace(tzinfo=NEXT_WEEK.tzinfo, year=2199))
    assert Notice.objects.count() == 0
    assert len(ends()) == 1
