"""Use that a connected system counted, as a file: who did what, on what, when, how often."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cxaccess.jobs.imports import Staged
from cxaccess.jobs.models import Verdict
from permissions.imports.kinds import base
from permissions.imports.kinds.base import Column, Desk, Judged, Kind, Line
from permissions.usage import services
from permissions.usage.reading import Fault, Reader, Row
from permissions.usage.rows import Use

COLUMNS = (
    Column("person", gettext_lazy("Person"), gettext_lazy("The id that the system gives them, or their work mail."),
           "maya.okafor@kestrelhome.example", ("user", "user id", "mail", "email", "actor", "who"), required=True),
    Column("action", gettext_lazy("Permission"), gettext_lazy("What was done, as the catalogue calls it."),
           "ticket.reply", ("permission", "event", "what"), required=True),
    Column("resource", gettext_lazy("Resource"), gettext_lazy("The id that the system gives the resource."),
           "ticket/0006", ("resource id", "object", "on", "thing"), required=True),
    Column("time", gettext_lazy("Time"), gettext_lazy("When, with its zone; without one it is UTC."),
           "2026-03-03T14:05:00Z", ("at", "when", "timestamp", "date", "last"), required=True),
    Column("count", gettext_lazy("Count"), gettext_lazy("How often since the row before; empty is once."), "12",
           ("times", "number", "n")),
)  # fmt: skip


class Usage(Kind):
    """Files of use. They add up, so the same file twice would count twice: it is known by what it says."""

    key = "usage"
    label = gettext_lazy("Use")
    icon = "download"
    summary = gettext_lazy("What people really did on a connected system, so that unused access shows.")
    needs = (services.IMPORT,)
    titles = ("person",)

    def columns(self) -> tuple[Column, ...]:
        """Return its columns."""
        return COLUMNS

    def keys(self, line: Line, system: str) -> tuple[str, ...]:
        """Return nothing: the same may be done twice at the same moment."""
        return ()

    def judge(self, desk: Desk, lines: Sequence[Line]) -> list[Judged]:
        """Return what each line says; all are passed over where the file was taken in before."""
        why = desk.once("refusal", lambda: _refusal(desk))
        if why:
            return [Judged(Verdict.REFUSE, why) for _line in lines]
        if desk.once("before", lambda: services.taken_before(desk.batch.system, self._name(desk))):
            return [Judged(Verdict.SKIP) for _line in lines]
        reader: Reader = desk.once("reader", lambda: Reader(desk.batch.system, desk.at))
        return [_judged(said) for said in reader.each([row_of(line.number, line.cells) for line in lines])]

    def write(self, desk: Desk, rows: Sequence[Staged]) -> None:
        """Add the uses of the rows."""
        uses = [_use(row.plan) for row in rows]
        services.add_uses(uses, at=desk.at)
        desk.kept.setdefault("sum", services.Sum()).add(uses)

    def finish(self, desk: Desk) -> None:
        """Write which batch that was; the database lets neither its name nor what it says in twice."""
        services.note_batch(desk.actor, desk.batch.system, self._name(desk), desk.kept["sum"], at=desk.at)

    def _name(self, desk: Desk) -> str:
        return services.name_of_file(desk.batch.sha256)


def _refusal(desk: Desk) -> str:
    """Return why the actor may not take use in; nothing where they may."""
    try:
        able = desk.may(services.IMPORT)
    except base.Fault as fault:
        return fault.message
    return "" if able else _("You may not take in use. It takes usage.import everywhere.")


def row_of(number: int, cells: dict[str, str]) -> Row:
    """Return a line of a file as the reader of use takes it."""
    named = {name: cells.get(name, "") for name in ("person", "action", "resource", "time")}
    return Row(number, **named, count=cells.get("count") or "1")


def _judged(said: Use | Fault) -> Judged:
    if isinstance(said, Fault):
        return Judged(Verdict.REFUSE, said.message, said.column)
    plan: dict[str, Any] = {**said._asdict(), "at": said.at.isoformat()}
    return Judged(Verdict.CREATE, plan=plan)


def _use(plan: dict[str, Any]) -> Use:
    return Use(**{**plan, "at": datetime.fromisoformat(plan["at"])})
