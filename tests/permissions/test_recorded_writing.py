"""What recorded policies would have changed is written a little later: added up, in whatever order, and thrown away."""

from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import DatabaseError, transaction

from cxaccess.jobs.models import Job
from cxaccess.jobs.runner import claim
from cxaccess.lib import clock
from cxaccess.lib.tally import Seen
from permissions import recorded
from permissions.guards import require
from permissions.models import PolicyDay, PolicyTouch
from permissions.policies import traffic
from permissions.recorded import Noted
from tests import world
from tests.cast import Cast
from tests.permissions.test_recorded_traffic import counted, watch
from tests.rivals import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def at() -> datetime:
    return clock.now()


def test_what_cannot_be_written_now_is_written_later(cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    watch("block", permissions=["feedback.view"])
    require(cast.maya, "feedback.view", cast.german_reviews, at=at)

    def locked(*_args: object, **_more: object) -> int:
        raise DatabaseError("database is locked")

    with monkeypatch.context() as patched:
        patched.setattr(traffic, "take", locked)
        assert traffic.flush() == 0
    require(cast.maya, "feedback.view", cast.german_reviews, at=at + timedelta(seconds=1))
    assert counted()["feedback.view", "block"] == 2
    assert PolicyTouch.objects.get().last_at == at + timedelta(seconds=1)


@pytest.mark.realdb
@pytest.mark.django_db(transaction=True)
def test_a_thing_that_was_never_committed_keeps_nothing_else_from_being_counted(cast: Cast, at: datetime) -> None:
    watch("block", permissions=["feedback.view"])
    with transaction.atomic():
        draft = world.resource("Draft", "feedback", region=cast.germany)
        require(cast.maya, "feedback.view", draft, at=at)
        transaction.set_rollback(True)
    require(cast.maya, "feedback.view", cast.german_reviews, at=at - timedelta(seconds=1))
    assert counted()["feedback.view", "block"] == 2
    assert PolicyTouch.objects.get().resource is None
    assert len(recorded.counted) == 0


@pytest.mark.realdb
@pytest.mark.django_db(transaction=True)
def test_what_several_processes_counted_adds_up(cast: Cast, at: datetime) -> None:
    """Each writes the same days and people, in an order of its own; the latest example stays."""
    version = watch("block", permissions=["feedback.view"])
    people = [world.person(f"Person {n}", region=cast.dach) for n in range(40)]

    def deed(number: int) -> int:
        noted = [
            Noted(version.pk, "feedback.view", person.pk, cast.german_reviews.pk, (), ("block",)) for person in people
        ]
        when = at.replace(hour=1, minute=number)
        return traffic.take({one: Seen(2, when) for one in (noted if number % 2 else noted[::-1])})

    assert together(*[partial(deed, number) for number in range(6)]) == [40] * 6
    assert set(PolicyDay.objects.values_list("kind", "count")) == {
        (kind, 6 * 80) for kind in ("seen", "changed", "block")
    }
    assert set(PolicyTouch.objects.values_list("count", "last_at")) == {(12, at.replace(hour=1, minute=5))}


def test_the_latest_thing_is_the_example_whichever_is_written_last(cast: Cast, at: datetime) -> None:
    version = watch("block", permissions=["feedback.view"])
    morning = at.replace(hour=1)
    for resource, when in ((cast.mena_reviews, morning + timedelta(minutes=2)), (cast.german_reviews, morning)):
        noted = Noted(version.pk, "feedback.view", cast.maya.pk, resource.pk, (resource.pk,), ("block",))
        traffic.take({noted: Seen(1, when)})
    assert PolicyTouch.objects.get().resource == cast.mena_reviews


@pytest.mark.realdb
def test_days_that_are_older_than_the_settings_say_are_thrown_away(cast: Cast, at: datetime) -> None:
    watch("block", permissions=["feedback.view"])
    require(cast.maya, "feedback.view", cast.german_reviews, at=at)
    traffic.flush()
    later = at + timedelta(days=91)
    Job.objects.create(kind="policy.tidy", slot="now", run_at=later)
    job = claim(later)
    traffic.tidy(job, later - timedelta(days=2))
    assert PolicyTouch.objects.count() == 1
    traffic.tidy(job, later)
    assert not PolicyTouch.objects.exists()
    assert not PolicyDay.objects.exists()
