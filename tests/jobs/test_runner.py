"""Jobs as rows: asked for with the change, run exactly once, whatever happens in between."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from cxaccess.jobs import runner
from cxaccess.jobs.kinds import KINDS, Kind
from cxaccess.jobs.models import Job, Watermark
from cxaccess.jobs.services import enqueue
from cxaccess.jobs.tidy import KEEP, tidy

T = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
pytestmark = [pytest.mark.django_db, pytest.mark.realdb]


def ask(kind="test.write", slot="1", at=T, **payload):
    with transaction.atomic():
        return enqueue(kind, slot=slot, at=at, payload={"n": slot, **payload})


def test_a_job_runs_when_it_is_due_and_not_again():
    ask(at=T + SECOND)
    assert not runner.run_one(T)
    assert runner.run_one(T + SECOND)
    assert not runner.run_one(T + 100 * SECOND)
    assert Watermark.objects.filter(name="wrote 1").count() == 1


def test_the_same_slot_is_asked_for_once_ever():
    assert ask() is True
    assert ask() is False
    runner.run_one(T)
    assert ask() is False
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_job_disappears_with_the_change_that_asked_for_it():
    with transaction.atomic():
        enqueue("test.write", slot="1", at=T)
        transaction.set_rollback(True)
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_job_cannot_be_asked_for_outside_of_a_transaction():
    with pytest.raises(RuntimeError):
        enqueue("test.write", slot="1", at=T)


def test_an_unknown_kind_is_refused():
    with pytest.raises(KeyError), transaction.atomic():
        enqueue("test.unheard_of", slot="1", at=T)


def test_one_wake_up_for_a_transaction_and_a_broker_that_is_away_undoes_nothing(
    monkeypatch, django_capture_on_commit_callbacks
):
    from cxaccess.jobs import tasks

    def away(**kwargs):
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.run_due, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        ask(slot="1")
        ask(slot="2")
    assert len(callbacks) == 1
    assert Job.objects.count() == 2


def test_a_failed_job_keeps_its_error_and_waits_longer_each_time():
    ask("test.fail")
    pauses = []
    at = T
    for _ in range(3):
        assert runner.run_one(at)
        job = Job.objects.get()
        assert job.error == "ValueError: no such luck"
        pauses.append((job.run_at - at).total_seconds())
        at = job.run_at
    assert pauses == [2, 4, 8]


def test_a_job_that_keeps_failing_is_left_for_somebody_to_look_at():
    ask("test.fail")
    at = T
    while runner.run_one(at):
        at += timedelta(hours=2)
    job = Job.objects.get()
    assert (job.attempts, job.done_at) == (runner.MAX_ATTEMPTS, None)


def test_a_leased_job_is_left_alone_until_its_lease_is_over():
    ask()
    assert runner.claim(T)
    assert runner.claim(T + SECOND) is None
    assert runner.claim(T + 2 * SECOND).attempts == 2


def test_what_an_overtaken_runner_wrote_does_not_stand():
    ask("test.overtaken")
    assert runner.run_one(T)
    assert not Watermark.objects.filter(name="overtaken").exists()
    assert Job.objects.get().done_at is None


def test_an_overtaken_runner_cannot_extend_its_lease():
    ask()
    mine = runner.claim(T)
    runner.extend(mine, T + SECOND)
    assert runner.claim(T + 2 * SECOND) is None
    runner.claim(T + 3 * SECOND)
    with pytest.raises(runner.LeaseLost):
        runner.extend(mine, T + 3 * SECOND)


def test_a_doubled_beat_makes_each_tick_once(monkeypatch):
    monkeypatch.setitem(KINDS, "test.minutely", Kind("tests.jobs.kinds.fail", every=timedelta(minutes=1)))
    for seconds in (0, 5, 5, 30, 59, 60, 61):
        runner.make_ticks(T + seconds * SECOND)
    assert sorted(Job.objects.filter(kind="test.minutely").values_list("slot", flat=True)) == [
        "2026-03-03T10:00:00Z",
        "2026-03-03T10:01:00Z",
    ]


def test_tidying_keeps_what_is_recent_or_not_done():
    for slot, done in (("old", T - KEEP - SECOND), ("recent", T - KEEP), ("open", None)):
        Job.objects.create(kind="test.write", slot=slot, run_at=T - KEEP - SECOND, done_at=done)
    tidy(Job(), T)
    assert set(Job.objects.values_list("slot", flat=True)) == {"recent", "open"}


def test_every_kind_has_a_handler():
    for name, kind in KINDS.items():
        assert callable(kind.load()), name
