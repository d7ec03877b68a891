"""Periodic jobs that follow the clock take everything once, in short batches."""

from datetime import UTC, datetime, timedelta

import pytest

from cxaccess.jobs import watermarks
from cxaccess.jobs.models import Job, Watermark

T = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
pytestmark = [pytest.mark.django_db, pytest.mark.realdb]


class Ends:
    """A source of moments, and a take that writes a job row for each, whose slot is the once key."""

    def __init__(self, moments):
        self.moments = sorted(moments)
        self.limits, self.looked = [], []

    def take(self, since, upto, limit, after):
        self.limits.append(limit)
        written = set(Job.objects.filter(kind="end").values_list("slot", flat=True))
        places = [watermarks.Place(at, n) for n, at in enumerate(self.moments) if since < at <= upto]
        places = [place for place in places if after is None or place > after]
        self.looked.append(len(places))
        due = [place for place in places if str(place.key) not in written][:limit]
        Job.objects.bulk_create([Job(kind="end", slot=str(n), run_at=at) for at, n in due])
        return watermarks.Taken(len(due), due[-1] if due else after)


def count():
    return Job.objects.filter(kind="end").count()


def test_each_end_is_written_once_however_often_it_is_swept():
    ends = Ends([T - 3 * MINUTE, T - MINUTE, T, T + MINUTE])
    assert watermarks.sweep("ends", T, ends.take) == 3
    assert watermarks.sweep("ends", T, ends.take) == 0
    assert watermarks.sweep("ends", T + MINUTE, ends.take) == 1
    assert Watermark.objects.get(name="ends").at == T + MINUTE


def test_a_late_commit_within_the_hour_is_still_taken():
    ends = Ends([T])
    watermarks.sweep("ends", T, ends.take)
    ends.moments.append(T - 50 * MINUTE)
    assert watermarks.sweep("ends", T + MINUTE, ends.take) == 1


def test_days_without_a_worker_are_caught_up():
    ends = Ends([T + timedelta(hours=hours) for hours in range(100)])
    watermarks.sweep("ends", T, ends.take)
    assert watermarks.sweep("ends", T + timedelta(days=10), ends.take) == 99


def test_the_watermark_never_moves_back():
    ends = Ends([])
    watermarks.sweep("ends", T, ends.take)
    watermarks.sweep("ends", T - timedelta(days=1), ends.take)
    assert Watermark.objects.get(name="ends").at == T


def test_a_batch_that_fails_leaves_no_row_and_no_mark(monkeypatch):
    ends = Ends([T - n * MINUTE for n in range(250)])

    def take(since, upto, limit, after):
        taken = ends.take(since, upto, limit, after)
        if count() > watermarks.FIRST_LIMIT:
            raise ZeroDivisionError
        return taken

    with pytest.raises(ZeroDivisionError):
        watermarks.sweep("ends", T, take)
    assert count() == watermarks.FIRST_LIMIT
    assert watermarks.sweep("ends", T, ends.take) == 250 - watermarks.FIRST_LIMIT


def test_many_at_one_moment_do_not_stop_the_sweep():
    ends = Ends([T] * 350)
    between = []
    assert watermarks.sweep("ends", T, ends.take, between=lambda: between.append(count())) == 350
    assert ends.looked == [350, *(350 - written for written in between)], "each batch looks only beyond the last one"
    assert between[0] == watermarks.FIRST_LIMIT


@pytest.mark.parametrize(
    ("limit", "seconds", "following"),
    [
        (100, 0.01, 200),
        (100, 0.1, 100),
        (100, 0.2, 50),
        (100, 0.4, 25),
        (60, 3.0, watermarks.SMALLEST),
        (4000, 0.01, watermarks.MOST),
    ],
)
def test_batches_follow_what_the_machine_can_do(limit, seconds, following):
    assert watermarks.next_limit(limit, seconds) == following
