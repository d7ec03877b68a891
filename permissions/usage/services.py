"""Taking use in: batches of connected systems, what this console counted itself, and throwing old days away."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Person
from audits.trail.record import Actor, record
from audits.trail.tags import Tag
from cxaccess.jobs import settings as instance
from cxaccess.jobs.models import Job
from cxaccess.jobs.runner import extend
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from cxaccess.lib.models import longest
from cxaccess.lib.tally import Seen
from permissions.guards import require, use_case
from permissions.models import Action, Resource, ResourceType, UsageActionDay, UsageBatch, UsageDay
from permissions.usage import rows as pen
from permissions.usage.credit import CONSOLE, grants_behind
from permissions.usage.reading import Fault, Reader, Row
from permissions.usage.rows import Use

IMPORT = "usage.import"
MOST = 10_000  # rows of one batch: so long the write lock is held on SQLite, about half a second
BATCH = 2_000  # rows that one statement of the tidy job deletes
OWN_KINDS = ("team", "role", "group")  # console objects that have a resource of their own


@dataclass(slots=True)
class Sum:
    """What a batch says, whatever the order of its rows: how many, how often in all, and one digest of everything."""

    part: int = 0
    rows: int = 0
    uses: int = 0
    total: int = 0

    def add(self, uses: Iterable[Use]) -> None:
        """Take more rows of the batch into account."""
        for use in uses:
            said = f"{use.person} {use.action} {use.resource} {use.at.isoformat()} {use.times}"
            self.total = (self.total + int.from_bytes(hashlib.sha256(said.encode()).digest())) % 2**256
            self.rows, self.uses = self.rows + 1, self.uses + use.times

    @property
    def digest(self) -> str:
        """Return the digest."""
        return hashlib.sha256(f"{self.part} {self.rows} {self.total}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a batch. `new` is False where the same was taken in before and nothing was added."""

    batch: UsageBatch
    new: bool
    faults: tuple[Fault, ...] = ()


class Unread(Refused):
    """Rows that cannot be taken in; nothing of the batch was."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        text = ngettext(
            "%(n)d row cannot be taken in, so nothing was.", "%(n)d rows cannot be taken in, so nothing was.",
            len(self.faults),
        )  # fmt: skip
        super().__init__(text % {"n": len(self.faults)}, field="file")


@use_case
def ingest(
    actor: Actor,
    *,
    system: str,
    batch_key: str,
    rows: Iterable[Row],
    at: datetime,
    leave_out: bool = False,
    part: int = 0,
) -> Taken:
    """Take in one batch of use that `system` counted; the same key or the same content adds nothing again.

    A row that cannot be understood refuses the whole batch, unless `leave_out` says to go on without it: then send the
    mended row in a batch of its own. `part` counts the batches that one file is split into.
    Raises NotAllowed, NotVisible, Refused, Unread.
    """
    if isinstance(actor, Person):
        require(actor, IMPORT, at=at)
    _require_names(system, batch_key)
    found = Reader(system, at).read(rows)
    if found.faults and not leave_out:
        raise Unread(found.faults)
    if len(found.uses) > MOST:
        raise Refused(_("A batch takes at most %(n)d rows. Split it.") % {"n": MOST}, field="file")
    said = Sum(part=part)
    said.add(found.uses)
    try:
        with transaction.atomic():
            batch = note_batch(actor, system, batch_key, said, at=at, left_out=len(found.faults))
    except IntegrityError:
        return Taken(_before(system, batch_key, said), new=False, faults=tuple(found.faults))
    add_uses(found.uses, at=at)
    return Taken(batch, new=True, faults=tuple(found.faults))


def _require_names(system: str, batch_key: str) -> None:
    for name, value in (("system", system), ("key", batch_key)):
        if not value or len(value) > longest(UsageBatch, name):
            told = {"n": longest(UsageBatch, name)}
            raise Refused(_("Name it with 1 to %(n)d characters.") % told, field=name)


def note_batch(actor: Actor, system: str, key: str, said: Sum, *, at: datetime, left_out: int = 0) -> UsageBatch:
    """Write which batch is taken in, and its one event. Raises IntegrityError for one that was before."""
    by = actor if isinstance(actor, Person) else None
    row = UsageBatch(
        system=system, key=key, digest=said.digest, taken_at=at, taken_by=by, rows=said.rows, uses=said.uses
    )
    row.save(force_insert=True)
    details = {"system": system, "key": key, "rows": said.rows, "uses": said.uses}
    details |= {"left_out": left_out} if left_out else {}
    record(Tag.USAGE_TAKEN_IN, actor=actor, at=at, obj=row, details=details)
    return row


def _before(system: str, key: str, said: Sum) -> UsageBatch:
    """Return the batch that said the same before. Raises Refused where the key stands for something else."""
    found = UsageBatch.objects.filter(system=system, digest=said.digest).first()
    if found is None:
        raise Refused(
            _("“%(key)s” of %(system)s was taken in before, with other rows. Give this batch a name of its own.")
            % {"key": key, "system": system},
            field="key",
            facts={"before": key},
        )
    return found


def taken_before(system: str, key: str) -> bool:
    """Return whether a batch of that name was taken in."""
    return UsageBatch.objects.filter(system=system, key=key).exists()


def name_of_file(sha256: str) -> str:
    """Return the name of a batch that has none of its own: that of its file's content."""
    return f"file {sha256[:16]}"


def add_uses(uses: list[Use], *, at: datetime) -> None:
    """Add uses to the days and to the grants behind them, in the open transaction."""
    pen.add(uses, grants_behind(uses, at=at))


@transaction.atomic
def take_reads(reads: Mapping[tuple[int, str, int | None], Seen], *, at: datetime) -> int:
    """Write what this console counted: {(person, action, id of the thing): seen}. Return how many rows that made.

    No event: use that is no event when it happens is only counted.
    """
    things = _things(reads, at)
    known = dict(Action.objects.values_list("key", "pk"))
    uses = [
        Use(person, known[action], things[action, thing], seen.last_at, seen.times)
        for (person, action, thing), seen in reads.items()
        if (action, thing) in things
    ]
    return pen.add(uses, grants_behind(uses, at=at))


def _things(reads: Iterable[tuple[int, str, int | None]], at: datetime) -> dict[tuple[str, int | None], int]:
    """Return {(action, id of the thing): resource}: its own, or the one that stands for that part of the console."""
    asked = {(action, thing) for _person, action, thing in reads}
    types = {type_.key: type_ for type_ in ResourceType.objects.all()}
    found: dict[tuple[str, int | None], int] = {}
    ids = {thing for _action, thing in asked if thing is not None}
    own = set(Resource.objects.filter(pk__in=ids).values_list("pk", flat=True))
    objects = Resource.objects.filter(object_kind__in=OWN_KINDS, object_id__in=ids)
    of_objects = {(kind, pk): resource for kind, pk, resource in objects.values_list("object_kind", "object_id", "pk")}
    for action, thing in asked:
        key = action.partition(".")[0]
        if key not in types:
            continue
        if thing is not None and (not types[key].console or key == "resource"):
            if thing in own:
                found[action, thing] = thing
            continue
        resource = of_objects.get((key, thing)) if thing is not None else None
        found[action, thing] = resource or stand_in(types[key], at)
    return found


def stand_in(type_: ResourceType, at: datetime) -> int:
    """Return the resource that stands for a whole part of this console, such as the trail; made when first used."""
    name = {"type": type_, "system": "cxaccess", "external_id": f"{CONSOLE}:{type_.key}", "name": type_.plural}
    made, _new = Resource.objects.get_or_create(
        object_kind=CONSOLE, object_id=type_.pk, defaults=name | {"created_at": at}
    )
    return made.pk


def tidy(job: Job, at: datetime) -> None:
    """Throw away days of use that are older than the settings keep them, in short batches. The last use stays known."""
    oldest = (at - timedelta(days=instance.get(instance.USAGE_DAYS))).date()
    for table in (UsageDay, UsageActionDay):
        old = partial(table.objects.filter, day__lt=oldest)
        while batch := list(old().values_list("pk", flat=True)[:BATCH]):
            table.objects.filter(pk__in=batch).delete()
            extend(job, clock.now())
