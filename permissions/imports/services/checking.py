"""Checking a file: read to its end first, then judged row by row and staged. Nothing of it changes anything."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from cxaccess.jobs import imports
from cxaccess.jobs.imports import Run, Staged
from cxaccess.jobs.models import ImportBatch, ImportRow, ImportState, Verdict
from cxaccess.lib import csv_in
from permissions import facts
from permissions.imports.kinds import KINDS
from permissions.imports.kinds.base import Desk, Judged, Kind, Line

CHUNK = 1000
REPORT_EVERY = 25_000  # rows read between two words about how far it is


@dataclass
class Seen:
    """What one reading of the file learnt: how many rows, and in which line each key stands first.

    Keys are kept as hashes: a million of them must not fill the memory.
    """

    rows: int = 0
    lines: dict[int, int] = field(default_factory=dict)
    names: set[int] = field(default_factory=set)

    def stands(self, names: Iterable[str]) -> set[str]:
        """Return those of `names` that some row has."""
        return {name for name in names if hash(name) in self.names or hash(name) in self.lines}

    def note(self, keys: Iterable[str], names: Iterable[str], line: int) -> None:
        """Remember what a row is called; a name that is a key is kept once."""
        self.rows += 1
        for key in keys:
            self.lines.setdefault(hash(key), line)
        self.names.update(number for number in map(hash, names) if number not in self.lines)


def check(run: Run, *, at: datetime, tick: Callable[[], datetime]) -> bool:
    """Check the batch of `run`. False where it is not there to be checked. Raises Stopped, LeaseLost.

    A file that cannot be read to its end is refused, and nothing of it stays.
    """
    batch = run.batch
    if not run.begin(ImportState.CHECKING, "reading"):
        return False
    imports.clear_rows(batch)
    try:
        seen = _read(run)
        _judge(run, seen, at=at, tick=tick)
    except csv_in.Unreadable as fault:
        with transaction.atomic():
            imports.move(batch, ImportState.CHECKING, to=ImportState.REFUSED, message=fault.message, over_at=tick())
        imports.clear_rows(batch)
        imports.end(batch)
    return True


def _table(batch: ImportBatch) -> csv_in.Table:
    encoding = csv_in.WESTERN if batch.encoding == csv_in.WESTERN else csv_in.AUTO
    return csv_in.open_table(imports.read_file(batch.file), encoding=encoding)


def _lines(batch: ImportBatch, table: csv_in.Table) -> Iterator[tuple[csv_in.Row, Line]]:
    mapping = {key: place for key, place in batch.mapping.items() if place < len(table.header)}
    for row in table.rows:
        width = len(row.cells)
        yield row, Line(row.line, {key: row.cells[place] for key, place in mapping.items() if place < width})


def _read(run: Run) -> Seen:
    """Read the file once, to its end: a fault in its last line must not leave half of it behind."""
    kind, table, seen = KINDS[run.batch.kind], _table(run.batch), Seen()
    run.report(total=run.batch.size)
    for row, line in _lines(run.batch, table):
        system = run.batch.system
        known = row.fault == ""
        seen.note(kind.keys(line, system) if known else (), kind.names(line, system) if known else (), line.number)
        if seen.rows % REPORT_EVERY == 0:
            run.report(done=table.read)
            run.renew()
            run.watch()
    if not seen.rows:
        raise csv_in.Unreadable(_("The file has a header and no rows."))
    return seen


class Links:
    """Rows that wait for others of their file: if those are refused, so are they."""

    def __init__(self) -> None:
        self.waiting: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self.refused: set[int] = set()

    def note(self, key: str, judged: Judged, line: int) -> None:
        """Remember what a row is called, what it waits for, and whether it is refused."""
        own = hash(key) if key else 0
        if judged.verdict == Verdict.REFUSE and key:
            self.refused.add(own)
        for needed in judged.needs:
            self.waiting[hash(needed)].append((line, own))

    def broken(self) -> dict[int, tuple[str, str]]:
        """Return {line: (message, column)} of the rows that wait in vain."""
        found: dict[int, tuple[str, str]] = {}
        todo = list(self.refused)
        while todo:
            for line, own in self.waiting.pop(todo.pop(), ()):
                if line not in found:
                    found[line] = (_("Another row that this one refers to is refused. Mend that one first."), "")
                    todo.append(own)
        return found


def _judge(run: Run, seen: Seen, *, at: datetime, tick: Callable[[], datetime]) -> None:
    batch, kind, links = run.batch, KINDS[run.batch.kind], Links()
    run.report(phase="checking", done=0, total=seen.rows)
    desk = Desk(batch.actor, batch, at, tick, seen.stands)
    done = 0
    for chunk in _chunks(_lines(batch, _table(batch))):
        with facts.pinned():
            rows = _staged(desk, kind, seen, links, chunk)
        done += len(chunk)
        run.stage(rows, done=done)
    with facts.pinned():
        late = {line: (judged.message, judged.column) for line, judged in kind.settle(desk).items()}
    links.refused |= {hash(row.key) for row in ImportRow.objects.filter(batch=batch, line__in=list(late))}
    late |= links.broken()
    run.refuse(late)
    counts = dict(ImportRow.objects.filter(batch=batch).values_list("verdict").annotate(n=Count("pk")))
    with facts.pinned():
        counts |= kind.told(desk)
    with transaction.atomic():
        run.report(counts=counts, phase="", done=seen.rows, checked_at=tick())
        imports.move(batch, ImportState.CHECKING, to=ImportState.CHECKED)


def _chunks(lines: Iterator[tuple[csv_in.Row, Line]]) -> Iterator[list[tuple[csv_in.Row, Line]]]:
    chunk: list[tuple[csv_in.Row, Line]] = []
    for one in lines:
        chunk.append(one)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _staged(
    desk: Desk, kind: Kind, seen: Seen, links: Links, chunk: list[tuple[csv_in.Row, Line]]
) -> list[Staged]:  # fmt: skip
    keys = {line.number: kind.keys(line, desk.batch.system) for _row, line in chunk}
    early = {line.number: _shape(kind, seen, row, keys[line.number]) for row, line in chunk}
    sound = [line for _row, line in chunk if early[line.number] is None]
    judged = dict(zip((line.number for line in sound), kind.judge(desk, sound), strict=True))
    rows = []
    for _row, line in chunk:
        verdict = early[line.number] or judged[line.number]
        key = _key(kind, line, desk.batch.system, verdict)
        links.note(key if early[line.number] is None else "", verdict, line.number)
        rows.append(
            Staged(
                line=line.number,
                key=key,
                payload={name: cell for name, cell in line.cells.items() if cell},
                verdict=verdict.verdict,
                message=verdict.message[:600],
                column=verdict.column,
                plan=verdict.plan,
            )
        )
    return rows


def _key(kind: Kind, line: Line, system: str, judged: Judged) -> str:
    """Return what others refer to the row by."""
    return judged.key if judged.key is not None else next(iter(kind.names(line, system)), "")


def _shape(kind: Kind, seen: Seen, row: csv_in.Row, keys: tuple[str, ...]) -> Judged | None:
    """Return the judgement of a row that does not fit the header, or that stands in the file already."""
    if row.fault:
        return Judged(Verdict.REFUSE, row.fault)
    first = min((seen.lines[hash(key)] for key in keys), default=row.line)
    if first == row.line:
        return None
    if kind.repeats:
        return Judged(Verdict.SKIP, _("It stands in line %(line)d already.") % {"line": first})
    return Judged(Verdict.REFUSE, _("Line %(line)d is about the same. Keep one of them.") % {"line": first})
