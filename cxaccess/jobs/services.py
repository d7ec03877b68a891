"""Asking for work: a job is a row in the transaction of the change that needs it."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from cxaccess.jobs.kinds import KINDS
from cxaccess.jobs.models import Job

log = logging.getLogger(__name__)


def enqueue(kind: str, *, slot: str, at: datetime, payload: Mapping[str, Any] | None = None) -> bool:
    """Have a job of `kind` run at `at` or soon after, if the caller's transaction, which must be open, commits.

    `slot` is what the job is for (an id, a tick): the same kind and slot are asked for only once, ever, and
    the answer says whether this was that once. Raises KeyError for an unknown kind.
    """
    if kind not in KINDS:
        raise KeyError(f"No kind of job is called {kind!r}; cxaccess.jobs.kinds lists them.")
    if not connection.in_atomic_block:
        raise RuntimeError("A job is asked for in the transaction of the change that needs it.")
    if Job.objects.filter(kind=kind, slot=slot).exists():
        return False
    Job.objects.bulk_create([Job(kind=kind, slot=slot, payload=dict(payload or {}), run_at=at)], ignore_conflicts=True)
    # Once for the whole transaction, however many jobs it asks for.
    if not any(entry[1] is wake for entry in connection.run_on_commit):
        transaction.on_commit(wake)
    return True


def wake() -> None:
    """Tell a worker to look at the job rows now. A broker that is away costs only time: beat wakes them, too."""
    from cxaccess.jobs.tasks import run_due

    try:
        run_due.apply_async(expires=60, retry=False)
    except Exception:
        log.warning("jobs.wake_failed", exc_info=True)
