"""Running jobs. Any number of runners may do so at once, be killed at any moment, and start twice.

A job is claimed by a conditional UPDATE that takes a lease; `attempts` numbers the claims, and only the holder of the
latest one can mark the job done. What an atomic handler wrote stands only together with that mark.
"""

import logging
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Q

from cxaccess.jobs.kinds import KINDS, Kind, tick
from cxaccess.jobs.models import Job
from cxaccess.lib import context

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
BACK_OFF_LIMIT = timedelta(hours=1)
LOOK_AHEAD = 20  # due rows read at a time, so that rivals who lose one claim try the next


class LeaseLost(Exception):
    """Another runner has taken the job over; what this one did must not stand."""


def make_ticks(at: datetime) -> None:
    """Make the row of the current tick of every periodic kind, unless it is there. Reads first: mostly it is."""
    wanted = {(name, tick(kind.every, at)) for name, kind in KINDS.items() if kind.every}
    there = set(
        Job.objects.filter(_any_of({(name, _slot(moment)) for name, moment in wanted})).values_list("kind", "slot")
    )
    missing = [(name, moment) for name, moment in sorted(wanted) if (name, _slot(moment)) not in there]
    if missing:
        rows = [Job(kind=name, slot=_slot(moment), run_at=moment) for name, moment in missing]
        Job.objects.bulk_create(rows, ignore_conflicts=True)


def run_one(at: datetime) -> bool:
    """Run one job that is due at `at`. Returns False when none is."""
    job = claim(at)
    if job is None:
        return False
    kind = KINDS[job.kind]
    token = context.origin.set(context.Origin(correlation_id=f"job-{job.pk}-{job.attempts}", door="task"))
    try:
        _run(job, kind, at)
    except LeaseLost:
        log.warning("job.lease_lost", extra={"kind": job.kind, "slot": job.slot})
    except Exception as error:
        log.exception("job.failed", extra={"kind": job.kind, "slot": job.slot, "attempt": job.attempts})
        _put_off(job, at, error)
    finally:
        context.origin.reset(token)
    return True


def claim(at: datetime) -> Job | None:
    """Take the lease of the job that has waited longest, or None."""
    due = Job.objects.filter(_free(at), done_at=None, run_at__lte=at, kind__in=KINDS, attempts__lt=MAX_ATTEMPTS)
    for job in due.order_by("run_at", "id")[:LOOK_AHEAD]:
        lease = at + KINDS[job.kind].lease
        held = Job.objects.filter(_free(at), pk=job.pk, done_at=None, attempts=job.attempts)
        if held.update(lease_until=lease, attempts=job.attempts + 1):
            job.lease_until, job.attempts = lease, job.attempts + 1
            return job
    return None


def extend(job: Job, at: datetime) -> None:
    """Renew the lease of a long job between its batches. Raises LeaseLost."""
    if not _held(job).update(lease_until=at + KINDS[job.kind].lease):
        raise LeaseLost


def _run(job: Job, kind: Kind, at: datetime) -> None:
    handler = kind.load()
    if not kind.atomic:
        handler(job, at)
        _finish(job, at)
        return
    with transaction.atomic():
        handler(job, at)
        _finish(job, at)


def _finish(job: Job, at: datetime) -> None:
    if not _held(job).update(done_at=at, lease_until=None, error=""):
        raise LeaseLost


def _put_off(job: Job, at: datetime, error: Exception) -> None:
    pause = min(timedelta(seconds=2**job.attempts), BACK_OFF_LIMIT)
    _held(job).update(lease_until=None, run_at=at + pause, error=f"{type(error).__name__}: {error}"[:2000])


def _held(job: Job) -> models.QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, attempts=job.attempts, done_at=None)


def _free(at: datetime) -> Q:
    return Q(lease_until=None) | Q(lease_until__lte=at)


def _slot(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _any_of(pairs: set[tuple[str, str]]) -> Q:
    found = Q(pk__in=[])
    for kind, slot in sorted(pairs):
        found |= Q(kind=kind, slot=slot)
    return found
