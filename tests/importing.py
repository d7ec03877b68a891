"""Bringing files in as tests do: brought, checked and applied without a worker, by the same use cases."""

from django.db import transaction

from accounts.models import Person
from cxaccess.jobs.imports import Run
from cxaccess.jobs.models import ImportBatch, ImportState
from cxaccess.lib import clock
from permissions.imports.services import applying, batches, checking


def received(actor: Person, kind: str, text: str | bytes, *, system: str = "", name: str = "file.csv") -> ImportBatch:
    content = text.encode() if isinstance(text, str) else text
    return batches.receive(actor, kind=kind, name=name, chunks=[content], system=system, at=clock.now())


def checked(actor: Person, kind: str, text: str | bytes, **more: str) -> ImportBatch:
    """Return the batch with its rows judged, or refused as a whole."""
    batch = received(actor, kind, text, **more)
    return check(batch)


def check(batch: ImportBatch) -> ImportBatch:
    with transaction.atomic():
        batches.require_columns(batch)
        batches.begin_check(batch)
    checking.check(Run(batch, "test"), at=clock.now(), tick=clock.now)
    batch.refresh_from_db()
    return batch


def apply(batch: ImportBatch, *, leave_out: bool = False) -> ImportBatch:
    batches.begin_apply(batch.actor, batch=batch, leave_out=leave_out, at=clock.now())
    batch.refresh_from_db()
    applying.apply(Run(batch, "test"), at=clock.now(), tick=clock.now)
    batch.refresh_from_db()
    return batch


def applied(actor: Person, kind: str, text: str | bytes, *, leave_out: bool = False, **more: str) -> ImportBatch:
    batch = apply(checked(actor, kind, text, **more), leave_out=leave_out)
    assert batch.state == ImportState.APPLIED
    return batch


def said(batch: ImportBatch, verdict: str = "refuse") -> dict[int, str]:
    """Return {line: message} of the rows of a verdict."""
    return dict(batch.rows.filter(verdict=verdict).order_by("line").values_list("line", "message"))
