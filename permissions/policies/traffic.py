"""What recorded policies would have made of real decisions, as it is kept: by day, and by whom it would have touched.

`permissions.recorded` counts in the process; `permissions.counting` has this written every few seconds.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import partial

from django.db import DatabaseError, transaction

from cxaccess.jobs import settings as instance
from cxaccess.jobs.models import Job
from cxaccess.jobs.runner import extend
from cxaccess.lib import clock
from cxaccess.lib.inserts import upsert
from cxaccess.lib.tally import Seen
from permissions import recorded
from permissions.models import Action, Difference, PolicyDay, PolicyTouch, Resource
from permissions.models.policy import CHANGED, SEEN
from permissions.recorded import Noted

log = logging.getLogger(__name__)
BATCH = 2_000  # rows that one statement of the tidy job deletes
Touch = tuple[int, str, int, int, date]  # (version, kind, person, action, day)


def flush() -> int:
    """Write what was counted so far; return how many rows of people that made. What cannot be written now waits on."""
    lost, recorded.counted.lost = recorded.counted.lost, 0
    if lost:
        log.warning("policies.traffic_lost", extra={"count": lost})
    taken = recorded.counted.take()
    if not taken:
        return 0
    try:
        return take(taken)
    except DatabaseError:
        recorded.counted.put_back(taken)
        log.warning("policies.traffic_waiting", extra={"count": len(taken)}, exc_info=True)
        return 0


@transaction.atomic
def take(noted: Mapping[Noted, Seen]) -> int:
    """Add what was noted to the days and to the people it would touch. No event: it only counts."""
    known = dict(Action.objects.filter(key__in={one.action for one in noted}).values_list("key", "pk"))
    things = _committed({one.resource for one in noted if one.kinds and one.resource is not None})
    days: Counter[tuple[int, date, int, str]] = Counter()
    touches: dict[Touch, tuple[int, datetime, int | None]] = {}
    for one, (times, at) in noted.items():
        action, day = known.get(one.action), at.date()
        if action is None:
            continue
        for kind in _counts(one.kinds):
            days[one.version, day, action, kind] += times
        for kind in one.kinds:
            key = (one.version, kind, one.person, action, day)
            thing = one.resource if one.resource in things else None
            count, last, resource = touches.get(key, (0, at, thing))
            touches[key] = (count + times, max(last, at), thing if at >= last else resource)
    upsert(PolicyDay, ("version", "day", "action", "kind"), ("count",), {key: (n,) for key, n in days.items()})
    columns = ("count", "last_at", "resource")
    upsert(PolicyTouch, ("version", "kind", "person", "action", "day"), columns, touches)
    return len(touches)


def _committed(resources: set[int]) -> set[int]:
    """Return those that there are: what was decided on may be rolled back since, and must not keep the rest waiting."""
    return set(Resource.objects.only("pk").in_bulk(resources))


def _counts(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Return what one question counts as. A row of a list is no decision of its own: the list was one."""
    if Difference.HIDE in kinds:
        return kinds
    changed = (CHANGED,) if kinds and Difference.FAULT not in kinds else ()
    return (SEEN, *changed, *kinds)


def tidy(job: Job, at: datetime) -> None:
    """Throw away days that are older than the settings keep them, in short batches."""
    oldest = (at - timedelta(days=instance.get(instance.RECORDING_DAYS))).date()
    for table in (PolicyDay, PolicyTouch):
        old = partial(table.objects.filter, day__lt=oldest)
        while batch := list(old().values_list("pk", flat=True)[:BATCH]):
            table.objects.filter(pk__in=batch).delete()
            extend(job, clock.now())
