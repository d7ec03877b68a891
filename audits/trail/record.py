"""The one way to write the trail: in the transaction of what it records, or nothing happens at all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, models, transaction

from accounts.models import Person
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib.context import Origin, origin
from cxaccess.lib.inserts import insert_rows

Changes = Mapping[str, tuple[Any, Any]]
Columns = dict[str, Any]
_CREATED = frozenset({"created", "given", "added"})
_BOOKKEEPING = frozenset({"row_version", "last_login", "custom"})  # of custom values the use case says what is kept
# Of a person the trail says that these changed, not what they are: erasing somebody is one row elsewhere.
_PERSONAL = frozenset({"name", "email", "password"})


@dataclass(frozen=True, slots=True)
class System:
    """The job, command or provider that acts where no person does, such as ``grant-end``."""

    name: str


Actor = Person | System


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a set, for `record_many`. `obj` is a row, or (model, id) where the row was never loaded."""

    tag: Tag
    actor: Actor
    at: datetime
    obj: models.Model | tuple[type[models.Model], int] | None = None
    about: Person | int | None = None
    changes: Changes | None = None
    details: Mapping[str, Any] | None = None
    once: str | None = None
    decision: Mapping[str, Any] | None = None
    work: Origin | None = None  # None: the current work


def record(
    tag: Tag,
    *,
    actor: Actor,
    at: datetime,
    obj: models.Model | None = None,
    before: models.Model | None = None,
    changes: Changes | None = None,
    about: Person | int | None = None,
    details: Mapping[str, Any] | None = None,
    decision: Mapping[str, Any] | None = None,
    once: str | None = None,
) -> Event:
    """Write one event and return it.

    `before` is a copy of `obj` as it was: the difference of their columns is kept. `changes` maps a name to (old, new)
    where there is no row to compare. `about` is the person it concerns. `once` makes it the only one with that key.
    Raises TypeError for an unknown tag or a missing actor, RuntimeError outside a transaction.
    """
    event = Event(**_columns(Entry(tag, actor, at, obj, about, None, details, once, decision)))
    event.changes = _difference(before, obj, changes)
    event.save(force_insert=True)
    return event


def record_many(entries: Iterable[Entry]) -> int:
    """Write a set of events in their order, in one statement; return how many were new.

    An entry whose `once` key is already there is left out, so a job that runs twice writes once. Nothing else is
    ever left out: what cannot be written raises, and the caller's transaction goes with it.
    """
    events = [_columns(entry) for entry in entries]
    if not any(event["once"] for event in events):  # nothing to be left out, so nothing to go back to
        return _insert(events)
    known: set[str] = set()
    while True:
        before, known = known, _known(events)
        fresh = [event for event in events if event["once"] not in known]
        try:
            with transaction.atomic():
                return _insert(fresh)
        except IntegrityError:
            # A rival wrote one of the keys between the look and the insert; look again, as long as that is why.
            if before == known and known == _known(events):
                raise


def _insert(events: Sequence[Columns]) -> int:
    """Write whole rows, without making an object of each: what a batch of questions takes is mostly this."""
    if events:
        insert_rows(Event, tuple(events[0]), (tuple(event.values()) for event in events))
    return len(events)


def _known(events: Iterable[Columns]) -> set[str]:
    keys = sorted({event["once"] for event in events if event["once"] is not None})
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        found.update(Event.objects.filter(once__in=keys[start : start + 500]).values_list("once", flat=True))
    return found


def _columns(entry: Entry) -> Columns:
    """Return the row of `entry`: each column with its value. Raises as `record` does."""
    if not isinstance(entry.tag, Tag):
        raise TypeError(f"{entry.tag!r} is not a tag of the trail.")
    if not isinstance(entry.actor, Person | System):
        raise TypeError(f"An event needs an actor, not {entry.actor!r}.")
    if not connection.in_atomic_block:
        raise RuntimeError(f"{entry.tag} must be recorded in the transaction of what it records.")
    work = entry.work or origin.get()
    model, pk = entry.obj if isinstance(entry.obj, tuple) else (entry.obj, entry.obj.pk if entry.obj else None)
    created = entry.tag.value.rpartition(".")[2] in _CREATED
    return {
        "tag": entry.tag.value,
        "action": Event.Action.CREATE if created else Event.Action.UPDATE,
        "actor_id": entry.actor.pk if isinstance(entry.actor, Person) else None,
        "system": entry.actor.name if isinstance(entry.actor, System) else "",
        "timestamp": entry.at,
        "content_type_id": ContentType.objects.get_for_model(model).pk if model is not None else None,
        "object_pk": "" if pk is None else str(pk),
        "object_id": pk,
        "about_person_id": entry.about.pk if isinstance(entry.about, Person) else entry.about,
        "changes": _difference(None, None, entry.changes),
        "additional_data": dict(entry.details) if entry.details else None,
        "decision": dict(entry.decision) if entry.decision else None,
        "cid": work.correlation_id,
        "remote_addr": work.address,
        "once": entry.once,
    }


def _difference(before: models.Model | None, after: models.Model | None, stated: Changes | None) -> Any:
    found: dict[str, Any] = {}
    if before is not None and after is not None:
        found = _changed(before, after)
    found |= {name: [_plain(old), _plain(new)] for name, (old, new) in (stated or {}).items()}
    veiled = _PERSONAL if isinstance(after, Person) else frozenset()
    shown = {name: ["", "changed"] if name in veiled else pair for name, pair in found.items()}
    return {name: pair for name, pair in shown.items() if name not in _BOOKKEEPING} or None


def _changed(before: models.Model, after: models.Model) -> dict[str, Any]:
    """Return {field: [old, new]}. Auditlog's own diff knows only models whose signals it follows: none here."""
    pairs = {
        field.name: [_plain(getattr(row, field.attname)) for row in (before, after)]
        for field in after._meta.concrete_fields
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _plain(value: Any) -> Any:
    """Return what JSON can hold: moments in ISO form, rows as their id."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.pk if isinstance(value, models.Model) else value
