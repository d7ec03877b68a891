"""Use cases on resources. Decisions read where a resource is, so moving one is a door: authority at both places, and
over what people gain by it.

Resources are read live, never kept between requests, so no stamp moves with them.
"""

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.history import note_attribute
from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.reasons import stated
from permissions import places
from permissions.attributes import values as attributes
from permissions.guards import NotAllowed, NotVisible, locked, require, use_case
from permissions.models import Resource, ResourceType
from permissions.objects import owners
from permissions.policies.doors import opened_on
from permissions.resources import moving, returning, rules
from permissions.resources.opening import ARCHIVE, CREATE, EDIT, TYPE, Opening, prospect, stay_guarded
from permissions.resources.selectors import EDITABLE, editable, split

DECIDING = (*rules.PLACES, "owner_team", "sensitivity")  # what decisions read, so its past is kept
ROWS = Resource.objects.select_related(
    "type", "region", "department", "product_line", "segment", "owner", "owner_team__principal"
)


@use_case
def create_resource(
    actor: Person, *, type: ResourceType, given: Mapping[str, Any], at: datetime  # noqa: A002 - it is the column's name
) -> Resource:  # fmt: skip
    """Register a resource with what `given` names: EDITABLE, system, external_id, ``custom_…`` and ``content_…``."""
    plain, custom, content = split(given)
    at_places = {name: plain[name].pk for name in DECIDING[:-1] if plain.get(name)}
    require(actor, CREATE, prospect(TYPE, at_places), at=at)
    rules.require_platform(type)
    known = {name: value for name, value in plain.items() if name in EDITABLE and value is not None}
    row = Resource(type=type, created_at=at, **_stripped(known))
    row.system = str(plain.get("system") or rules.OWN_SYSTEM).strip()
    rules.require_free_id(row.system, str(plain.get("external_id") or ""))
    row.external_id = str(plain.get("external_id") or f"{type.key}:{uuid4().hex}").strip()
    rules.require_sound(actor, row, EDITABLE, at=at)
    row.custom = attributes.cleaned(attributes.of_type(type), {}, custom)
    if any(content.values()):
        require(actor, f"{type.key}.edit", prospect(type.key, at_places), at=at)
        row.content = rules.content_after(type, {}, content)
    _save_unless_known(row, force_insert=True)
    owners.give_right(actor, resource=row, at=at)
    shown = {name: (None, getattr(row, name)) for name in ("type", "name", *DECIDING) if getattr(row, name)}
    record(Tag.RESOURCE_CREATED, actor=actor, at=at, obj=row, changes=shown)
    return row


def _stripped(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}


@use_case
def edit_resource(
    actor: Person, *, resource: Resource, row_version: int, changes: Mapping[str, Any], at: datetime
) -> Resource:  # fmt: skip
    """Change what `changes` names. Raises Stale when somebody else was quicker, NotAllowed where it may not go."""
    before = _opened(actor, resource, EDIT, at)
    _require_standing(before)
    require_version(before, row_version)
    after = copy.copy(before)
    plain, custom, content = split(changes)
    for name, value in _stripped({name: plain[name] for name in EDITABLE if name in plain}).items():
        setattr(after, name, value)
    after.custom = attributes.cleaned(attributes.of_type(before.type), before.custom, custom)
    after.content = _content(actor, before, content, at)
    changed = _changed(before, after)
    if not changed:
        return before
    rules.require_sound(actor, after, changed, at=at)
    here, there = (places.target(row, at, as_type=TYPE) for row in (before, after))
    moving.require_move(actor, before, here, there, at=at)
    stay_guarded(after, before.sensitivity, at=at)
    door = opened_on(actor, [before], at=at)
    after.row_version += 1
    _save_unless_known(after)
    door.settle([after])
    _note(before, after, at)
    require_reach_as_resource(actor, EDIT, after, at=at)
    owners.change(actor, before=before, after=after, at=at)
    record(Tag.RESOURCE_EDITED, actor=actor, at=at, obj=after, changes=changed)
    return after


def _content(actor: Person, row: Resource, wanted: Mapping[str, Any], at: datetime) -> dict[str, Any] | None:
    """Return the content after the change; whoever changes it must be able to edit what the resource holds."""
    before = row.content or {}
    after = rules.content_after(row.type, before, wanted)
    if after == before:
        return row.content
    require(actor, f"{row.type.key}.edit", row, at=at)
    return after or None


def _changed(before: Resource, after: Resource) -> dict[str, tuple[Any, Any]]:
    """Return what changed, as the trail may hold it: of content, only that it did."""
    plain = {name: (getattr(before, name), getattr(after, name)) for name in EDITABLE}
    changed = {name: pair for name, pair in plain.items() if pair[0] != pair[1]}
    held = (before.content or {}, after.content or {})
    fields = sorted(name for name in {**held[0], **held[1]} if held[0].get(name) != held[1].get(name))
    changed |= {f"content.{name}": ("", "changed") for name in fields}
    return changed | attributes.told(attributes.of_type(before.type), before.custom, after.custom)


def _note(before: Resource, after: Resource, at: datetime) -> None:
    for name in (*DECIDING, "owner", "channel"):
        column = name if name in ("sensitivity", "channel") else f"{name}_id"
        old, new = getattr(before, column), getattr(after, column)
        note_attribute("resource", after.pk, name, old, new, since=at, began=after.created_at)
    for name in {**before.custom, **after.custom}:
        old, new = before.custom.get(name), after.custom.get(name)
        note_attribute("resource", after.pk, f"custom.{name}", old, new, since=at, began=after.created_at)


@use_case
def archive_resource(actor: Person, *, resource: Resource, reason: str, at: datetime) -> Resource:
    """Take a resource out of use: it stays in the registry, and nobody may do anything with what it holds."""
    row = _opened(actor, resource, ARCHIVE, at)
    _require_standing(row)
    put_away([row], at=at)
    record(Tag.RESOURCE_ARCHIVED, actor=actor, at=at, obj=row, details={"reason": stated(reason)})
    return row


@use_case
def reopen_resource(actor: Person, *, resource: Resource, at: datetime) -> Resource:
    """Bring an archived resource back: whoever held something on it holds it again, so the actor must be able to give.

    Raises Stale where it stands.
    """
    row = _opened(actor, resource, ARCHIVE, at)
    if row.archived_at is None:
        raise Stale(_("%(name)s is in use.") % {"name": row.name})
    returning.require_return(actor, [row], at=at)
    bring_back([row], at=at)
    record(Tag.RESOURCE_REOPENED, actor=actor, at=at, obj=row)
    return row


def put_away(rows: list[Resource], *, at: datetime) -> None:
    """Write that these locked `rows` are archived. Authority and the events are the caller's."""
    _write_archived(rows, at, at)


def bring_back(rows: list[Resource], *, at: datetime) -> None:
    """Write that these locked `rows` are in use again. Authority and the events are the caller's."""
    _write_archived(rows, None, at)


def _write_archived(rows: list[Resource], archived_at: datetime | None, at: datetime) -> None:
    for row in rows:
        was = row.archived_at is not None
        row.archived_at = archived_at
        row.row_version += 1
        now = archived_at is not None
        note_attribute("resource", row.pk, "archived", was, now, since=at, began=row.created_at)
    Resource.objects.bulk_update(rows, ["archived_at", "row_version"], batch_size=200)


@use_case
def record_reading(opening: Opening, *, page: str, at: datetime) -> None:
    """Write that a confidential or restricted resource was opened. The page is shown only after this returned."""
    details = {"page": page, "content": opening.content.allowed}
    record(Tag.RESOURCE_READ, actor=opening.reader, at=at, obj=opening.resource, details=details)


def require_reach_as_resource(actor: Person, action: str, row: Resource, *, at: datetime) -> None:
    """Pass an actor who may do `action` to `row` where it is now. Raises NotAllowed: they saw where it came from."""
    try:
        require(actor, action, places.target(row, at, as_type=TYPE), at=at)
    except NotVisible as refusal:
        raise NotAllowed(refusal.person, refusal.decision) from refusal


def _opened(actor: Person, resource: Resource, action: str, at: datetime) -> Resource:
    """Return the row, locked, once the actor may do `action` to it."""
    row = locked(ROWS.filter(object_kind=None), resource.pk)
    require(actor, action, places.target(row, at, as_type=TYPE), at=at)
    return row


def require_version(row: Resource, row_version: int) -> None:
    """Pass the version that the form was opened on. Raises Stale with the values as they are now."""
    if row.row_version != row_version:
        raise Stale(
            _("Somebody else changed %(name)s while you were editing.") % {"name": row.name},
            facts={"now": editable(row), "row_version": row.row_version},
        )


def _require_standing(row: Resource) -> None:
    if row.archived_at is not None:
        raise Stale(_("%(name)s is archived. Reopen it first.") % {"name": row.name})


def _save_unless_known(row: Resource, **how: Any) -> None:
    """Save; raises Refused where the system knows another resource by this id already."""
    try:
        with transaction.atomic():
            row.save(**how)
    except IntegrityError as error:
        if "external" not in str(error):
            raise
        raise Refused(_("This system has a resource with this id already."), field="external_id") from error
