"""The jobs of imports: checking and applying in the background. A killed worker's job is taken over by the next one."""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from cxaccess.jobs import imports
from cxaccess.jobs.imports import Run, Stopped
from cxaccess.jobs.models import ImportBatch, ImportState, Job
from cxaccess.jobs.runner import LeaseLost, extend
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions.imports.kinds.base import Outdated
from permissions.imports.services import applying, batches, checking

log = logging.getLogger(__name__)
GIVE_UP = 3  # attempts after which something is broken that another attempt does not mend

Step = Callable[[Run, datetime], object]


def check(job: Job, at: datetime) -> None:
    """Check the file of `job`."""
    _work(job, at, lambda run, now: checking.check(run, at=now, tick=clock.now))


def apply(job: Job, at: datetime) -> None:
    """Apply the file of `job`; one that changed its meaning since is checked again."""
    _work(job, at, lambda run, now: applying.apply(run, at=now, tick=clock.now))


def _work(job: Job, at: datetime, step: Step) -> None:
    batch = ImportBatch.objects.select_related("actor").filter(pk=job.payload["batch"]).first()
    if batch is None or batch.state not in (ImportState.CHECKING, ImportState.APPLYING):
        return
    run = Run(batch, f"job-{job.pk}-{job.attempts}", lambda: extend(job, clock.now()))
    with translation.override(batch.actor.language):
        _guarded(run, job, at, step)


def _guarded(run: Run, job: Job, at: datetime, step: Step) -> None:
    try:
        step(run, at)
    except Outdated as outdated:
        with transaction.atomic():
            batches.queue_check(run.batch, at=clock.now(), message=applying.words(outdated))
    except Stopped:
        stopped(run.batch)
    except Refused:
        log.info("import.refused", extra={"batch": run.batch.pk})
    except LeaseLost:
        raise
    except Exception:
        if job.attempts < GIVE_UP:
            raise
        log.exception("import.failed", extra={"batch": run.batch.pk})
        give_up(run.batch, clock.now())


def stopped(batch: ImportBatch) -> None:
    """Bring a batch whose worker let go of it to where it was before: nothing was written."""
    if not imports.move(
        batch, ImportState.APPLYING, to=ImportState.CHECKED, run="", message=_("Stopped. Nothing was changed.")
    ):
        imports.clear_rows(batch)
        imports.end(batch)


def give_up(batch: ImportBatch, at: datetime) -> None:
    """Say that something broke which is not the file's fault."""
    message = _("Something broke here, and nothing was changed. Whoever runs this console finds it in the logs.")
    if imports.move(batch, *imports.OPEN, to=ImportState.FAILED, over_at=at, run="", message=message):
        imports.end(batch)
