"""Batches of imports as rows: their states, their staged rows, their sealed file. Knows nothing of what they hold.

A state moves by a conditional UPDATE; whoever comes second changes nothing and hears it. A worker writes only while
the batch still carries its own `run`, so one that lost its lease in between writes nothing more.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from cxaccess.jobs.models import ImportBatch, ImportRow, ImportState, Job, Verdict
from cxaccess.jobs.runner import LeaseLost
from cxaccess.lib import sealed_files
from cxaccess.lib.inserts import insert_rows

OPEN = (ImportState.RECEIVED, ImportState.CHECKING, ImportState.CHECKED, ImportState.APPLYING)
KEEP_ROWS = timedelta(days=30)  # how long the rows of an import that is over can be looked at
FORGET = timedelta(days=3)  # how long one that nobody goes on with stays open
BATCH = 2000


class Stopped(Exception):
    """Somebody cancelled it meanwhile; what is not committed must not stand."""


def folder() -> Path:
    """Return where files of imports lie, sealed."""
    path: Path = settings.DATA_DIR / "imports"
    return path


def keep_file(chunks: Iterable[bytes]) -> tuple[str, int, str]:
    """Seal a file as it comes; return its name here, its size and its SHA-256."""
    name, digest = uuid4().hex, hashlib.sha256()

    def passing() -> Iterator[bytes]:
        for chunk in chunks:
            digest.update(chunk)
            yield chunk

    size = sealed_files.seal_to(folder() / name, passing(), settings.ENCRYPTION_KEYS)
    return name, size, digest.hexdigest()


def read_file(name: str) -> Iterator[bytes]:
    """Yield the file. Raises FileNotFoundError, CannotUnseal."""
    return sealed_files.unseal_from(folder() / name, settings.ENCRYPTION_KEYS)


def drop_file(name: str) -> None:
    """Delete a file and what says how far it is."""
    if name:
        for path in (folder() / name, _signal(name, "stop"), _signal(name, "far")):
            path.unlink(missing_ok=True)


def _signal(name: str, what: str) -> Path:
    return folder() / f"{name}.{what}"


def ask_to_stop(batch: ImportBatch) -> None:
    """Ask the worker to stop: by a file, for it may hold SQLite's only write lock."""
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    _signal(batch.file, "stop").touch(mode=0o600)


def tell_how_far(batch: ImportBatch, done: int, total: int) -> None:
    """Say how far a worker is whose transaction is open: by a file, for the same reason.

    Each writes a half of its own: one that has lost its lease may still be at work, and must not take the other's away.
    """
    half = _signal(batch.file, f"{uuid4().hex}.half")
    half.write_text(f"{done} {total}")
    half.replace(_signal(batch.file, "far"))


def how_far(batch: ImportBatch) -> tuple[int, int]:
    """Return how much is done, of how much."""
    if batch.state == ImportState.APPLYING and batch.file:
        try:
            done, total = _signal(batch.file, "far").read_text().split()
            return int(done), int(total)
        except (FileNotFoundError, ValueError):
            pass
    return batch.done, batch.total


def move(batch: ImportBatch, *states: str, to: str, **columns: Any) -> bool:
    """Bring the batch from one of `states` to `to`; False where it stands elsewhere by now."""
    moved = ImportBatch.objects.filter(pk=batch.pk, state__in=states).update(state=to, **columns)
    if moved:
        batch.state = to
        for name, value in columns.items():
            setattr(batch, name, value)
    return bool(moved)


def is_stuck(batch: ImportBatch) -> bool:
    """Return whether no job will ever go on with it: the command that worked on it was killed."""
    waiting = Job.objects.filter(kind__startswith="import.", payload__batch=batch.pk, done_at=None, attempts__lt=12)
    return batch.run.startswith("command") and not waiting.exists()


class Staged(NamedTuple):
    """A staged row without its batch; see ImportRow."""

    line: int
    key: str
    payload: dict[str, str]
    verdict: str
    message: str
    column: str
    plan: dict[str, Any]


def staged(batch: ImportBatch, verdicts: Iterable[str], size: int) -> Iterator[list[Staged]]:
    """Yield the staged rows in the order of the file, `size` at a time."""
    rows = ImportRow.objects.filter(batch=batch, verdict__in=list(verdicts)).order_by("line")
    last = 0
    while chunk := [Staged(*row) for row in rows.filter(line__gt=last).values_list(*Staged._fields)[:size]]:
        last = chunk[-1].line
        yield chunk


@dataclass
class Run:
    """One attempt to work on a batch. `renew` keeps the lease of its job; `name` is its fence."""

    batch: ImportBatch
    name: str
    renew: Callable[[], None] = lambda: None

    def begin(self, state: str, phase: str) -> bool:
        """Take the batch over, if it is in `state`."""
        mine = {"run": self.name, "phase": phase, "done": 0}
        if not move(self.batch, state, to=state, **mine):
            return False
        _signal(self.batch.file, "stop").unlink(missing_ok=True)
        _signal(self.batch.file, "far").unlink(missing_ok=True)
        return True

    def report(self, **columns: Any) -> None:
        """Write how far it is, if the batch is still this run's. Raises Stopped, LeaseLost."""
        held = ImportBatch.objects.filter(pk=self.batch.pk, run=self.name, state=self.batch.state)
        if not held.update(**columns):
            state = ImportBatch.objects.values_list("state", flat=True).get(pk=self.batch.pk)
            raise Stopped if state == ImportState.CANCELLED else LeaseLost
        for name, value in columns.items():
            setattr(self.batch, name, value)

    def watch(self) -> None:
        """Pass while nobody asked to stop. Raises Stopped."""
        if _signal(self.batch.file, "stop").exists():
            raise Stopped

    def stage(self, rows: Iterable[Staged], *, done: int) -> None:
        """Write staged rows, whole or not at all."""
        with transaction.atomic():
            self.report(done=done)
            insert_rows(ImportRow, ["batch_id", *Staged._fields], ((self.batch.pk, *row) for row in rows))
        self.renew()
        self.watch()

    def refuse(self, lines: dict[int, tuple[str, str]]) -> None:
        """Refuse staged rows by their line; `lines` maps it to the message and the column."""
        for part in _parts(sorted(lines)):
            with transaction.atomic():
                self.report(phase=self.batch.phase)
                rows = list(ImportRow.objects.filter(batch=self.batch, line__in=part))
                for row in rows:
                    row.verdict, (row.message, row.column), row.plan = Verdict.REFUSE, lines[row.line], {}
                ImportRow.objects.bulk_update(rows, ["verdict", "message", "column", "plan"], batch_size=200)


def _parts(lines: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(lines), 500):
        yield lines[start : start + 500]


def clear_rows(batch: ImportBatch) -> None:
    """Delete the staged rows, a few at a time, so that the write lock is held shortly."""
    rows = ImportRow.objects.filter(batch=batch)
    while ids := list(rows.values_list("pk", flat=True)[:BATCH]):
        ImportRow.objects.filter(pk__in=ids).delete()


def tidy(job: Job, at: datetime) -> None:
    """Delete rows of imports long over, end those nobody goes on with, drop files that belong to none."""
    for batch in ImportBatch.objects.filter(state__in=OPEN, created_at__lt=at - FORGET):
        if move(batch, *OPEN, to=ImportState.CANCELLED, over_at=at, run=""):
            end(batch)
    for batch in ImportBatch.objects.exclude(state__in=OPEN).exclude(file=""):
        end(batch)
    old = ImportBatch.objects.filter(over_at__lt=at - KEEP_ROWS)
    for batch in old.filter(pk__in=ImportRow.objects.filter(batch__in=old).values("batch").distinct()):
        clear_rows(batch)
    known = set(ImportBatch.objects.exclude(file="").values_list("file", flat=True))
    for path in folder().glob("*"):
        aged = datetime.fromtimestamp(path.stat().st_mtime, at.tzinfo) < at - timedelta(days=1)
        if path.name.partition(".")[0] not in known and aged:
            path.unlink(missing_ok=True)


def end(batch: ImportBatch) -> None:
    """Delete the file of a batch that is over."""
    drop_file(batch.file)
    ImportBatch.objects.filter(pk=batch.pk).update(file="")
    batch.file = ""
