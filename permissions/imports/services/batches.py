"""What people do with an import: bring a file, say what its columns are, apply it, cancel it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import imports
from cxaccess.jobs.models import ImportBatch, ImportState, Verdict
from cxaccess.jobs.services import enqueue
from cxaccess.lib import csv_in
from cxaccess.lib.errors import Refused, Stale
from permissions.giving import lock_administration
from permissions.guards import locked, require_somewhere, use_case
from permissions.imports.kinds import KINDS
from permissions.imports.mapping import matched, missing

SYSTEM = "import"


def receive(
    actor: Person,
    *,
    kind: str,
    name: str,
    chunks: Iterable[bytes],
    at: datetime,
    encoding: str = csv_in.AUTO,
    system: str = "",
) -> ImportBatch:
    """Keep a file sealed and read its header. Raises Unreadable and other Refused; then nothing is kept."""
    require_run(actor, kind, at=at)
    file, size, digest = imports.keep_file(_bounded(chunks))
    try:
        table = csv_in.open_table(imports.read_file(file), encoding=encoding)
        return _received(
            actor,
            at=at,
            kind=kind,
            name=name.strip()[-200:] or _("file"),
            file=file,
            size=size,
            sha256=digest,
            encoding=table.encoding,
            separator=table.separator,
            header=list(table.header),
            system=system.strip() or SYSTEM,
        )
    except BaseException:
        imports.drop_file(file)
        raise


@use_case
def require_run(actor: Person, kind: str, *, at: datetime) -> None:
    """Pass somebody who may bring in files of `kind` somewhere. Raises NotAllowed, NotVisible."""
    require_somewhere(actor, "import.run", at=at)
    require_somewhere(actor, KINDS[kind].needs[0], at=at)


def _bounded(chunks: Iterable[bytes]) -> Iterable[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > csv_in.STANDARD.size:
            most = csv_in.STANDARD.size // csv_in.MEGABYTE
            raise csv_in.Unreadable(_("The file is larger than %(size)d MB. Split it.") % {"size": most})
        yield chunk


@use_case
def _received(actor: Person, *, kind: str, at: datetime, **columns: object) -> ImportBatch:
    require_somewhere(actor, "import.run", at=at)
    batch = ImportBatch(kind=kind, actor=actor, created_at=at, **columns)
    if len(batch.system) > 40:
        raise Refused(_("The name of a system has at most 40 characters."), field="system")
    batch.mapping = matched(KINDS[kind], batch.header, remembered(kind, actor))
    batch.save()
    record(Tag.IMPORT_RECEIVED, actor=actor, at=at, obj=batch, details={"kind": kind, "sha256": batch.sha256})
    return batch


def remembered(kind: str, actor: Person) -> dict[str, str]:
    """Return {name in a header: column} as `actor` chose it for their last files of `kind`, newest first.

    Of their own files only: the command takes the columns as they were found, so nobody else's choice may count.
    """
    rows = ImportBatch.objects.filter(kind=kind, actor=actor).exclude(state=ImportState.RECEIVED).order_by("-pk")
    found: dict[str, str] = {}
    for header, mapping in rows.values_list("header", "mapping")[:5]:
        for column, place in mapping.items():
            if place < len(header):
                found.setdefault(header[place].casefold(), column)
    return found


@use_case
def set_columns(actor: Person, *, batch: ImportBatch, mapping: Mapping[str, int], at: datetime) -> ImportBatch:
    """Say what the columns are and have the file checked. Raises Refused with the column that is missing."""
    row = own(actor, batch, at=at)
    require_columns(row, mapping)
    queue_check(row, mapping=dict(mapping), at=at)
    return row


def queue_check(row: ImportBatch, *, at: datetime, mapping: Mapping[str, int] | None = None, message: str = "") -> None:
    """Have a file checked, or checked again, by a job. Raises Stale where it stands elsewhere by now."""
    begin_check(row, mapping=mapping, message=message)
    enqueue("import.check", slot=f"{row.pk}.{row.round}", at=at, payload={"batch": row.pk})


def begin_check(row: ImportBatch, *, mapping: Mapping[str, int] | None = None, message: str = "") -> None:
    """Bring a batch to where it is checked."""
    fresh = {
        "round": row.round + 1, "run": "", "phase": "", "done": 0, "total": 0, "message": message,
        "mapping": row.mapping if mapping is None else dict(mapping),
    }  # fmt: skip
    states = (ImportState.RECEIVED, ImportState.CHECKED, ImportState.APPLYING)
    if not imports.move(row, *states, to=ImportState.CHECKING, **fresh):
        raise Stale(_("This import has moved on meanwhile. Look at it again."))


def require_columns(batch: ImportBatch, wanted: Mapping[str, int] | None = None) -> None:
    """Pass a mapping that the kind can work with; None: the one that was found by itself. Raises Refused."""
    kind, mapping = KINDS[batch.kind], batch.mapping if wanted is None else wanted
    known = {column.key for column in kind.columns()}
    if not set(mapping) <= known or not all(0 <= place < len(batch.header) for place in mapping.values()):
        raise Refused(_("The file has no such column."))
    if len(set(mapping.values())) < len(mapping):
        raise Refused(_("Two columns of the console read the same column of the file. Choose another for one of them."))
    lacking = missing(kind, mapping)
    if lacking is not None:
        raise Refused(_("Say which column holds: %(name)s.") % {"name": lacking.label}, field=lacking.key)


@use_case
def start(actor: Person, *, batch: ImportBatch, leave_out: bool, at: datetime) -> ImportBatch:
    """Have a checked file applied by a job."""
    begin_apply(actor, batch=batch, leave_out=leave_out, at=at)
    row = locked(ImportBatch, batch.pk)
    enqueue("import.apply", slot=f"{row.pk}.{row.round}.{at.timestamp():.0f}", at=at, payload={"batch": row.pk})
    return row


@use_case
def begin_apply(actor: Person, *, batch: ImportBatch, leave_out: bool, at: datetime) -> ImportBatch:
    """Bring a checked batch to where it is applied. Raises Refused where nothing is to do or another one is at it."""
    lock_administration()
    row = own(actor, batch, at=at)
    if row.counts.get(Verdict.REFUSE) and not leave_out:
        raise Refused(_("Some rows are refused. Mend the file, or say that they are left out."), field="leave_out")
    if not row.counts.get(Verdict.CREATE) and not row.counts.get(Verdict.CHANGE):
        raise Refused(_("There is nothing to do: everything is as the file says."))
    _require_turn(row, at=at)
    if not imports.move(row, ImportState.CHECKED, to=ImportState.APPLYING, leave_out=leave_out, run="", message=""):
        raise Stale(_("This import has moved on meanwhile. Look at it again."))
    return row


def _require_turn(row: ImportBatch, *, at: datetime) -> None:
    """Refuse to apply two files of one kind at once; the second was checked against what the first changes."""
    others = ImportBatch.objects.filter(kind=row.kind, state=ImportState.APPLYING).exclude(pk=row.pk)
    for other in others.select_related("actor"):
        if not imports.is_stuck(other):
            raise Refused(
                _("%(name)s is applying another file of this kind. Wait until it is done, then apply yours.")
                % {"name": other.actor.name}
            )


@use_case
def cancel(actor: Person, *, batch: ImportBatch, at: datetime) -> bool:
    """Cancel an import that is not applied. Returns False where a worker has to let go of it first, and is asked to.

    Raises Stale where it is over already.
    """
    row = own(actor, batch, at=at)
    if row.state == ImportState.APPLYING and not imports.is_stuck(row):
        imports.ask_to_stop(row)
        return False
    if not imports.move(row, *imports.OPEN, to=ImportState.CANCELLED, over_at=at, run=""):
        raise Stale(_("This import is over already."))
    record(Tag.IMPORT_CANCELLED, actor=actor, at=at, obj=row, details={"kind": row.kind})
    imports.end(row)
    return True


@use_case
def record_refusals(actor: Person, *, batch: ImportBatch, at: datetime) -> None:
    """Record that the refused rows leave the console, to be mended by who may bring in such a file.

    Looking at imports is not enough: the rows say of people what nobody may have a file of. Raises NotAllowed.
    """
    require_run(actor, batch.kind, at=at)
    details = {"list": _("Refused rows of an import"), "rows": batch.counts.get(Verdict.REFUSE, 0)}
    record(Tag.ACCESS_EXPORTED, actor=actor, at=at, obj=batch, details=details)


def own(actor: Person, batch: ImportBatch, *, at: datetime) -> ImportBatch:
    """Return the batch, locked, for the one who brought it. Raises NotAllowed, Refused."""
    require_somewhere(actor, "import.run", at=at)
    row = locked(ImportBatch, batch.pk)
    if row.actor_id != actor.pk:
        raise Refused(_("Only %(name)s, who brought this file, goes on with it.") % {"name": row.actor.name})
    return row
