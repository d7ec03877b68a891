"""The one way to write the trail: in the transaction of what it records, or nothing happens at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from auditlog.diff import model_instance_diff
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models

from accounts.models import Person
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib.context import origin

Changes = Mapping[str, tuple[Any, Any]]
_ACTIONS = {"created": Event.Action.CREATE, "given": Event.Action.CREATE, "added": Event.Action.CREATE}
_BOOKKEEPING = frozenset({"row_version", "last_login"})
# Of a person the trail says that these changed, not what they are: erasing somebody is one row elsewhere.
_PERSONAL = frozenset({"name", "email", "password"})


@dataclass(frozen=True, slots=True)
class System:
    """The job, command or provider that acts where no person does, such as ``grant-end``."""

    name: str


Actor = Person | System


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

    `before` is a copy of `obj` as it was: auditlog takes the difference. `changes` maps a name to (old, new)
    where there is no row to compare. `about` is the person it concerns. `once` makes it the only one with that key.
    Raises TypeError for an unknown tag or a missing actor, RuntimeError outside a transaction.
    """
    if not isinstance(tag, Tag):
        raise TypeError(f"{tag!r} is not a tag of the trail.")
    if not isinstance(actor, Person | System):
        raise TypeError(f"An event needs an actor, not {actor!r}.")
    if not connection.in_atomic_block:
        raise RuntimeError(f"{tag} must be recorded in the transaction of what it records.")
    work = origin.get()
    return Event.objects.create(
        tag=tag,
        action=_ACTIONS.get(tag.value.rpartition(".")[2], Event.Action.UPDATE),
        actor=actor if isinstance(actor, Person) else None,
        system=actor.name if isinstance(actor, System) else "",
        timestamp=at,
        content_type=ContentType.objects.get_for_model(obj) if obj is not None else None,
        object_pk=str(obj.pk) if obj is not None else "",
        object_id=obj.pk if obj is not None else None,
        about_person_id=about.pk if isinstance(about, Person) else about,
        changes=_difference(before, obj, changes),
        additional_data=dict(details) if details else None,
        decision=dict(decision) if decision else None,
        cid=work.correlation_id,
        remote_addr=work.address,
        once=once,
    )


def _difference(before: models.Model | None, after: models.Model | None, stated: Changes | None) -> Any:
    found: dict[str, Any] = {}
    if before is not None and after is not None:
        found = model_instance_diff(before, after) or {}
    found |= {name: [_plain(old), _plain(new)] for name, (old, new) in (stated or {}).items()}
    veiled = _PERSONAL if isinstance(after, Person) else frozenset()
    shown = {name: ["", "changed"] if name in veiled else pair for name, pair in found.items()}
    return {name: pair for name, pair in shown.items() if name not in _BOOKKEEPING} or None


def _plain(value: Any) -> Any:
    """Return what JSON can hold: moments in ISO form, rows as their id."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.pk if isinstance(value, models.Model) else value
