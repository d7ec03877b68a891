"""Reading imports: the list, one with how far it is, its rows by verdict, in words."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Node, Person, Team
from cxaccess.jobs import imports
from cxaccess.jobs.models import ImportBatch, ImportRow, ImportState, Verdict
from cxaccess.lib import csv_in
from cxaccess.lib.csv_in import NAMES, SEPARATOR_NAMES
from permissions import gate
from permissions.guards import require, require_somewhere
from permissions.imports.kinds import KINDS, Kind

STEPS = (gettext_lazy("File"), gettext_lazy("Columns"), gettext_lazy("Check"), gettext_lazy("Apply"))
TONES: dict[str, str] = {
    ImportState.CHECKING: "accent",
    ImportState.CHECKED: "warn",
    ImportState.APPLYING: "accent",
    ImportState.APPLIED: "ok",
    ImportState.REFUSED: "bad",
    ImportState.FAILED: "bad",
}
BUSY = (ImportState.CHECKING, ImportState.APPLYING)
PHASES = {
    "reading": gettext_lazy("Reading the file to its end"),
    "checking": gettext_lazy("Checking each row"),
    "applying": gettext_lazy("Checking once more, then writing everything at once"),
}
NODES = {"department_id", "region_id", "product_line_id", "segment_id"}
PEOPLE = {"manager_id", "owner_id"}
NO_VALUE = "—"


def seen(reader: Person, *, at: datetime) -> QuerySet[ImportBatch]:
    """Return the imports that the reader may see: their own, and everybody's with import.view everywhere."""
    rows = ImportBatch.objects.select_related("actor")
    if not gate.may_somewhere(reader, "import.run", at=at):
        return gate.visible(reader, "import.view", rows, at=at)
    others = gate.visible(reader, "import.view", ImportBatch.objects.all(), at=at)
    return rows.filter(Q(actor=reader) | Q(pk__in=others.values("pk")))


def opened(reader: Person, batch: ImportBatch, *, at: datetime) -> ImportBatch:
    """Return one import, whole, for its owner or who sees all. Raises NotVisible, NotAllowed."""
    if batch.actor_id == reader.pk:
        require_somewhere(reader, "import.run", at=at)
    else:
        require(reader, "import.view", batch, at=at)
    return batch


def kinds_for(reader: Person, *, at: datetime) -> list[Kind]:
    """Return the kinds of file that the reader may bring in somewhere."""
    if not gate.may_somewhere(reader, "import.run", at=at):
        return []
    return [kind for kind in KINDS.values() if gate.may_somewhere(reader, kind.needs[0], at=at)]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the background is with an import."""

    label: str
    done: int
    total: int
    unit: str

    @property
    def percent(self) -> int:
        """Return how much of it is done, in whole percent."""
        return min(100, self.done * 100 // self.total) if self.total else 0


def progress(batch: ImportBatch) -> Progress:
    """Return how far it is, as its page shows it."""
    done, total = imports.how_far(batch)
    waiting = _("Waiting for a worker")
    label = str(PHASES.get(batch.phase, waiting)) if batch.run else waiting
    unit = _("bytes") if batch.phase == "reading" else _("rows")
    return Progress(label, done, total, unit if batch.phase != "applying" else "")


@dataclass(frozen=True, slots=True)
class Tab:
    """The rows of one verdict."""

    key: str
    label: str
    count: int
    current: bool


def tabs(batch: ImportBatch, verdict: str) -> list[Tab]:
    """Return the verdicts with how many rows each has."""
    return [Tab(one, str(one.label), batch.counts.get(one, 0), one == verdict) for one in Verdict]


def verdict_of(batch: ImportBatch, asked: str) -> str:
    """Return the verdict that the address asks for, else the first that has rows: refusals first until it is over."""
    if asked in Verdict.values:
        return asked
    order = [Verdict.CREATE, Verdict.CHANGE, Verdict.SKIP, Verdict.REFUSE]
    if batch.over_at is None:
        order = [Verdict.REFUSE, *order]
    return next((one for one in order if batch.counts.get(one)), Verdict.CREATE)


def rows_of(batch: ImportBatch, verdict: str, q: str = "") -> QuerySet[ImportRow]:
    """Return the staged rows of a verdict that hold `q` in a cell or in what is said about them."""
    rows = ImportRow.objects.filter(batch=batch, verdict=verdict)
    if not q:
        return rows
    escaped = json.dumps(q)[1:-1]  # as one of the databases keeps what is not ASCII
    text = rows.annotate(cells=Cast("payload", TextField()))
    return text.filter(Q(cells__icontains=q) | Q(cells__icontains=escaped) | Q(message__icontains=q))


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that would change."""

    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One row as its page shows it."""

    line: int
    title: str
    cells: str
    message: str
    column: str
    value: str
    differences: tuple[Difference, ...]


def shown(batch: ImportBatch, rows: Sequence[ImportRow]) -> list[Shown]:
    """Return the rows of a page in words, in a fixed number of queries."""
    kind = KINDS[batch.kind]
    labels = {column.key: str(column.label) for column in kind.columns()}
    names = _names(rows)
    return [_shown(kind, labels, names, row) for row in rows]


def _shown(kind: Kind, labels: dict[str, str], names: dict[tuple[str, Any], str], row: ImportRow) -> Shown:
    cells = [cell for key, cell in row.payload.items() if key in labels]
    title = next((row.payload[name] for name in kind.titles if row.payload.get(name)), cells[0] if cells else "")
    rest = " · ".join(cell for cell in cells if cell != title)
    column = labels.get(row.column, row.column)
    value = row.payload.get(row.column, "") if row.column else ""
    differences = tuple(_differences(kind, labels, names, row)) if row.verdict == Verdict.CHANGE else ()
    return Shown(row.line, title, rest[:200], row.message, column, value[:80], differences)


def _differences(
    kind: Kind, labels: dict[str, str], names: dict[tuple[str, Any], str], row: ImportRow
) -> Iterator[Difference]:
    was, now = row.plan.get("was", {}), row.plan.get("set", {})
    for name in was:
        if name in now:
            yield Difference(_label(labels, name), _value(names, name, was[name]), _value(names, name, now[name]))
    in_file = [column for column in ("manager", "parent") if isinstance(row.plan.get(column), str)]
    listed = [column for column in kind.lists if row.payload.get(column)]
    for column in in_file + listed:
        yield Difference(labels.get(column, column), "", row.payload.get(column, ""))


def _label(labels: dict[str, str], name: str) -> str:
    plain = name.removesuffix("_id")
    return labels.get(plain, labels.get(f"custom.{plain}", plain.replace("_", " ").capitalize()))


def _names(rows: Sequence[ImportRow]) -> dict[tuple[str, Any], str]:
    """Return the names of the places, people and teams that the differences name by their ids."""
    wanted: dict[str, set[int]] = {"node": set(), "person": set(), "team": set()}
    for row in rows:
        for values in (row.plan.get("was", {}), row.plan.get("set", {})):
            for name, value in values.items():
                if value is not None and _of(name):
                    wanted[_of(name)].add(value)
    found: dict[tuple[str, Any], str] = {}
    for kind, model, label in (("node", Node, "name"), ("person", Person, "name"), ("team", Team, "principal__label")):
        if wanted[kind]:
            told = model._default_manager.filter(pk__in=wanted[kind]).values_list("pk", label)
            found |= {(kind, pk): name for pk, name in told}
    return found


def _of(name: str) -> str:
    if name in NODES:
        return "node"
    if name in PEOPLE:
        return "person"
    return "team" if name in ("owner_team_id", "parent_id") else ""


def _value(names: dict[tuple[str, Any], str], name: str, value: Any) -> str:
    if value in (None, ""):
        return NO_VALUE
    if isinstance(value, dict):
        return "; ".join(f"{key}: {one}" for key, one in value.items()) or NO_VALUE
    return names.get((_of(name), value), str(value))


def facts(batch: ImportBatch) -> list[tuple[str, str]]:
    """Return what is known of the file."""
    return [
        (_("What it holds"), str(KINDS[batch.kind].label)),
        (_("System"), batch.system),
        (_("Encoding"), NAMES.get(batch.encoding, batch.encoding)),
        (_("Separator"), _(SEPARATOR_NAMES.get(batch.separator, batch.separator))),
        (_("Columns"), ", ".join(batch.header)[:300]),
        ("SHA-256", batch.sha256[:16] + "…"),
    ]


def sample(batch: ImportBatch, rows: int = 3) -> list[tuple[str, list[str]]]:
    """Return how the file begins: each of its columns with its first values."""
    encoding = csv_in.WESTERN if batch.encoding == csv_in.WESTERN else csv_in.AUTO
    table = csv_in.open_table(imports.read_file(batch.file), encoding=encoding)
    try:
        first = [row.cells for row in islice(table.rows, rows)]
    except csv_in.Unreadable:
        first = []
    return [(name, [cells[place] for cells in first if place < len(cells)]) for place, name in enumerate(table.header)]


def twin(batch: ImportBatch) -> ImportBatch | None:
    """Return the last time that the very same file was applied."""
    same = ImportBatch.objects.filter(kind=batch.kind, sha256=batch.sha256, state=ImportState.APPLIED)
    return same.select_related("actor").exclude(pk=batch.pk).order_by("-pk").first()


REFUSAL_HEAD = (gettext_lazy("Line"), gettext_lazy("Column"), gettext_lazy("Value"), gettext_lazy("What is wrong"))


def refusal_lines(batch: ImportBatch) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    """Return head and lines of the file of refusals: where, what, why, then the row as it came."""
    columns = [column for column in KINDS[batch.kind].columns() if column.key in batch.mapping]
    head = [*map(str, REFUSAL_HEAD), *(batch.header[batch.mapping[column.key]] for column in columns)]
    labels = {column.key: str(column.label) for column in columns}
    rows = ImportRow.objects.filter(batch=batch, verdict=Verdict.REFUSE).order_by("line")

    def lines() -> Iterator[tuple[Any, ...]]:
        for row in rows.iterator(chunk_size=1000):
            value = row.payload.get(row.column, "")
            cells = [row.payload.get(column.key, "") for column in columns]
            yield (row.line, labels.get(row.column, row.column), value, row.message, *cells)

    return head, lines()
