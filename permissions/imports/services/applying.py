"""Applying a checked file: judged again and written in one transaction, or not at all."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.groups import doors
from accounts.models import Person
from audits.models import Event
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import imports
from cxaccess.jobs.imports import Run, Staged
from cxaccess.jobs.models import ImportRow, ImportState, Verdict
from cxaccess.lib.errors import Refused
from permissions import facts
from permissions.giving import hold_collectives, lock_administration
from permissions.guards import NotAllowed, use_case
from permissions.imports.kinds import KINDS
from permissions.imports.kinds.base import Desk, Kind, Line, Outdated, chunked

CHUNK = 1000
Affairs = tuple[int | None, bool, tuple[tuple[int, int], ...], frozenset[str]]
WRITTEN = (Verdict.CREATE, Verdict.CHANGE)


def apply(run: Run, *, at: datetime, tick: Callable[[], datetime]) -> bool:
    """Apply the batch of `run`. False where it is not there to be applied.

    Raises Outdated, Stopped, LeaseLost, Refused. Whatever it raises, nothing of the file was written.
    """
    if not run.begin(ImportState.APPLYING, "applying"):
        return False
    try:
        carry_out(run.batch.actor, run=run, looked=_look(run, at, tick), at=at, tick=tick)
    except (IntegrityError, NotAllowed) as error:
        raise Outdated from error
    except Refused as refused:
        imports.move(run.batch, ImportState.APPLYING, to=ImportState.CHECKED, run="", message=refused.message)
        raise
    imports.end(run.batch)
    return True


@dataclass(frozen=True, slots=True)
class Looked:
    """A look at all rows before the transaction, and how things stood then."""

    desk: Desk
    affairs: Affairs


def _look(run: Run, at: datetime, tick: Callable[[], datetime]) -> Looked | None:
    """Judge the rows before the transaction where it would hold the only write lock there is. Raises Outdated.

    What was seen counts only if nothing at all has happened when the lock is had; SQLite commits one change after the
    other, so no event can appear behind the last one. Elsewhere rows are judged in the transaction alone.
    """
    if connection.vendor != "sqlite":
        return None
    affairs = affairs_of(run.batch.actor, tick())
    desk = Desk(run.batch.actor, run.batch, at, tick, lambda keys: _in_file(run, keys))
    with facts.pinned():
        _judge_again(run, KINDS[run.batch.kind], desk)
    return Looked(desk, affairs)


def affairs_of(actor: Person, at: datetime) -> Affairs:
    """Return how things stand: the last event, and what the actor's authority consists of at this moment."""
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first()
    found = facts.snapshot(actor.pk, at)
    subject = found.subject
    granted = {grant.key for grant in subject.grants if grant.window.covers(at)}
    granted |= {grant.key for grants in subject.objects.values() for grant in grants if grant.window.covers(at)}
    member = {f"m{row.id}" for row in subject.memberships if row.window.covers(at)}
    return last, subject.is_active(at), tuple(sorted(found.stamps.items())), frozenset(granted | member)


@use_case
def carry_out(
    actor: Person, *, run: Run, looked: Looked | None, at: datetime, tick: Callable[[], datetime]
) -> None:  # fmt: skip
    """Write what was checked, if it still is what would be written. Raises Outdated with the lines that differ."""
    batch, kind = run.batch, KINDS[run.batch.kind]
    run.report(phase="applying")  # holds the batch's row: no second worker comes this far
    lock_administration()
    if kind.gives:
        hold_collectives()
    watch = doors.watch(actor, kind.reads, at=at)
    with facts.pinned():
        if looked is not None and affairs_of(actor, tick()) == looked.affairs:
            desk = replace(looked.desk, at=at)  # what is written begins when it is written
        else:
            desk = Desk(actor, batch, at, tick, lambda keys: _in_file(run, keys), locking=True)
            _judge_again(run, kind, desk)
        written = _write(run, kind, desk)
    _follow(watch)
    counts = {verdict: batch.counts.get(verdict, 0) for verdict in Verdict.values}
    record(
        Tag.IMPORT_APPLIED,
        actor=actor,
        at=at,
        obj=batch,
        details={"kind": batch.kind, "sha256": batch.sha256, "rows": written, **counts},
    )
    columns = {"over_at": tick(), "phase": "", "done": written, "total": written, "run": ""}
    imports.move(batch, ImportState.APPLYING, to=ImportState.APPLIED, **columns)


def _follow(watch: doors.Watch) -> None:
    """Let groups that go by a rule follow what was written, and policies look at it. Raises Refused."""
    try:
        watch.settle(None)
    except NotAllowed as refusal:
        raise Refused(
            _("By a birthright rule, the rule of a group or a policy, somebody would come by what you may not give. "
              "Nothing was changed; ask somebody who may give it.")
        ) from refusal  # fmt: skip


def _chunks(run: Run, verdicts: Iterable[str]) -> Iterator[list[Staged]]:
    """Yield the staged rows in the order of the file, telling how far it is; there is room to stop between them."""
    for chunk in imports.staged(run.batch, verdicts, CHUNK):
        run.watch()
        yield chunk


def _total(run: Run) -> int:
    counts = run.batch.counts
    written = sum(counts.get(verdict, 0) for verdict in WRITTEN)
    return int(2 * written + counts.get(Verdict.SKIP, 0))


def _judge_again(run: Run, kind: Kind, desk: Desk) -> None:
    """Pass rows of which the same becomes as when the file was checked. Raises Outdated."""
    different: list[int] = []
    done = 0
    for chunk in _chunks(run, (*WRITTEN, Verdict.SKIP)):
        rows = [row for row in chunk if row.verdict != Verdict.SKIP or not row.message]
        fresh = kind.judge(desk, [Line(row.line, row.payload) for row in rows])
        different += [
            row.line
            for row, judged in zip(rows, fresh, strict=True)
            if (row.verdict, row.plan) != (judged.verdict, judged.plan)
        ]
        done += len(chunk)
        imports.tell_how_far(run.batch, done, _total(run))
    different += kind.settle(desk)
    if different:
        raise Outdated(different)


def _write(run: Run, kind: Kind, desk: Desk) -> int:
    written = 0
    judged = _total(run) - sum(run.batch.counts.get(verdict, 0) for verdict in WRITTEN)
    if kind.whole:
        written = sum(run.batch.counts.get(verdict, 0) for verdict in WRITTEN)
    for chunk in _chunks(run, WRITTEN) if not kind.whole else ():
        kind.write(desk, chunk)
        written += len(chunk)
        imports.tell_how_far(run.batch, judged + written, _total(run))
    kind.finish(desk)
    return written


def _in_file(run: Run, keys: Iterable[str]) -> set[str]:
    """Return those of `keys` that rows of the file have which are not refused."""
    found: set[str] = set()
    for part in chunked(sorted(set(keys))):
        rows = ImportRow.objects.filter(batch=run.batch, key__in=part).exclude(verdict=Verdict.REFUSE)
        found |= set(rows.values_list("key", flat=True))
    return found


def words(outdated: Outdated) -> str:
    """Return why a checked file is looked at again."""
    n = len(outdated.lines) or 1
    return ngettext(
        "Something changed since the file was checked: %(n)d row would do something else. Nothing was changed; "
        "look at it again.",
        "Something changed since the file was checked: %(n)d rows would do something else. Nothing was changed; "
        "look at it again.",
        n,
    ) % {"n": n}
