"""Periodic jobs that follow the clock: each run takes what lies between an hour before its watermark and now.

The hour lets late commits and skewed clocks in; the `once` key of each event keeps it exactly-once. So a run that is
repeated, doubled or killed changes nothing but the moment of the next one.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import transaction

from cxaccess.jobs.models import Watermark

OVERLAP = timedelta(hours=1)
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
HOLD = 0.5  # seconds that a batch may hold SQLite's write lock
FIRST_LIMIT = 100
SMALLEST, MOST = 20, 5000  # below that a batch takes as long as its transaction, whatever is in it


class Place(NamedTuple):
    """Where a row stands in the order of a sweep: its moment, then its key."""

    moment: datetime
    key: int


class Taken(NamedTuple):
    """What one batch did: how many rows it wrote, and where the last of them stands."""

    written: int
    last: Place | None


Take = Callable[[datetime, datetime, int, Place | None], Taken]


def sweep(name: str, at: datetime, take: Take, between: Callable[[], None] = lambda: None) -> int:
    """Bring the watermark `name` to `at`; returns how many rows were written.

    ``take(since, upto, limit, after)`` runs in an open transaction. It writes, in the order of their places, at most
    `limit` of the rows in ``(since, upto]`` that it has not written before and that stand after the place `after`. Up
    to there this sweep has looked: so it looks at each row once, however many there are. `between` runs after each
    batch, outside of its transaction (a long job renews its lease there).
    """
    total, limit, after = 0, FIRST_LIMIT, None
    while True:
        began = time.monotonic()
        taken = _batch(name, at, take, limit, after)
        total, after = total + taken.written, taken.last
        if taken.written < limit:
            return total
        limit = next_limit(limit, time.monotonic() - began)
        between()


def reached(name: str) -> datetime:
    """Return how far the job `name` has come; the beginning of time for one that never ran."""
    found = Watermark.objects.filter(name=name).values_list("at", flat=True).first()
    return found or BEGINNING


def mark(name: str, at: datetime) -> None:
    """Keep that the job `name` has come to `at`."""
    Watermark.objects.update_or_create(name=name, defaults={"at": at})


def next_limit(limit: int, seconds: float) -> int:
    """Return the size of the next batch, after one of `limit` rows took `seconds`; it aims at a third of the hold."""
    if seconds > HOLD / 2:
        return max(SMALLEST, limit // 4)
    if seconds > HOLD / 3:
        return max(SMALLEST, limit // 2)
    return min(MOST, limit * 2) if seconds < HOLD / 6 else limit


def _batch(name: str, at: datetime, take: Take, limit: int, after: Place | None) -> Taken:
    with transaction.atomic():
        Watermark.objects.bulk_create([Watermark(name=name, at=BEGINNING)], ignore_conflicts=True)
        mark = Watermark.objects.select_for_update().get(name=name)
        taken = take(mark.at - OVERLAP, at, limit, after)
        reached = taken.last.moment if taken.last and taken.written == limit else at
        if reached > mark.at:
            mark.at = reached
            mark.save(update_fields=["at"])
    return taken
