"""Keeping resource types: what kinds of things are protected, which data they hold, what can be done with them.

Types of the console itself are code: their pages ask for exactly these permissions. Nobody gains anything here: a new
permission is in no role yet, and what it implies it implies from its first moment.
"""

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.models import Risk, longest
from cxaccess.lib.reasons import stated
from permissions import giving
from permissions.guards import locked, require, use_case
from permissions.models import Action, Implication, Resource, ResourceType
from permissions.resources.fields import DataClass

EDIT = "catalogue.edit"
CLASSIFY = "catalogue.classify"  # what masking goes by, and what cannot be brought back
KEY = re.compile(r"[a-z][a-z0-9]{1,39}")  # no underscore: the twin of a permission is type_name, cut at the first
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
EDITABLE = ("label", "plural", "area", "summary", "requestable", "unregistered")
MOST_FIELDS = 40
DROP_POSTGRESQL = """
UPDATE permissions_resource SET content = content - %s::text, row_version = row_version + 1
WHERE type_id = %s AND content ? %s
"""
DROP_SQLITE = """
UPDATE permissions_resource SET content = json_remove(content, %s), row_version = row_version + 1
WHERE type_id = %s AND json_type(content, %s) IS NOT NULL
"""


@use_case
def create_type(
    actor: Person,
    *,
    key: str,
    label: str,
    plural: str,
    area: str,
    summary: str = "",
    requestable: bool = False,
    exposes: str = "",
    at: datetime,
) -> ResourceType:
    """Make a type of one's own with the permission to view what it holds; `exposes` is for that one's why card."""
    stamps.lock(stamps.MODEL)
    require(actor, EDIT, at=at)
    if not KEY.fullmatch(key):
        raise Refused(_("A key is a short word in small letters, such as voucher."), field="key")
    if ResourceType.objects.filter(key=key).exists():
        raise Refused(_("There is a type with this key already."), field="key")
    row = ResourceType(key=key, position=_last() + 1, requestable=requestable)
    row.label, row.plural, row.area, row.summary = label.strip(), plural.strip(), area.strip(), summary.strip()
    _require_sound(row)
    row.save(force_insert=True)
    purpose = _("See what %(plural)s hold") % {"plural": row.plural}
    _new_action(row, name="view", label=_("View"), risk=Risk.LOW, purpose=purpose, exposes=exposes.strip(), example="")
    stamps.bump(stamps.MODEL)
    record(Tag.TYPE_CREATED, actor=actor, at=at, obj=row, changes={"key": ("", key), "label": ("", row.label)})
    return row


def _last() -> int:
    return int(ResourceType.objects.aggregate(last=Max("position"))["last"] or 0)


def _require_sound(row: ResourceType) -> None:
    for name in ("label", "plural", "area"):
        if not getattr(row, name):
            raise Refused(_("This is needed."), field=name)
    for name in ("label", "plural", "area", "summary"):
        if len(getattr(row, name)) > longest(ResourceType, name):
            raise Refused(_("Keep it under %(n)d characters.") % {"n": longest(ResourceType, name)}, field=name)


@use_case
def edit_type(
    actor: Person, *, type_: ResourceType, row_version: int, changes: Mapping[str, Any], at: datetime
) -> ResourceType:  # fmt: skip
    """Change what people read of a type, of EDITABLE. Raises Stale, Refused."""
    row = _opened(actor, type_, at)
    if row.row_version != row_version:
        now = {name: getattr(row, name) for name in EDITABLE}
        raise Stale(
            _("Somebody else changed %(name)s while you were editing.") % {"name": row.label},
            facts={"now": now, "row_version": row.row_version},
        )
    before = {name: getattr(row, name) for name in EDITABLE}
    for name in EDITABLE:
        if name in changes:
            setattr(row, name, changes[name].strip() if isinstance(changes[name], str) else changes[name])
    _require_sound(row)
    if row.unregistered and not before["unregistered"]:
        # What is not registered may then be a yes to whoever holds one of these, so somebody gains.
        every = row.actions.values_list("key", flat=True)
        giving.require_give_actions(actor, actions=every, scope=giving.EVERYWHERE, at=at)
    _save(actor, row, {name: (before[name], getattr(row, name)) for name in EDITABLE}, at)
    return row


@use_case
def add_field(
    actor: Person, *, type_: ResourceType, name: str, label: str, data_class: str, at: datetime
) -> ResourceType:  # fmt: skip
    """Declare one more field that resources of this type hold. Raises Refused."""
    row = _opened(actor, type_, at)
    if not NAME.fullmatch(name):
        raise Refused(_("A name is small letters, digits and underscores, such as order_number."), field="name")
    if any(field["name"] == name for field in row.fields):
        raise Refused(_("This type has a field with this name already."), field="name")
    if len(row.fields) >= MOST_FIELDS:
        raise Refused(_("A type has at most %(n)d fields.") % {"n": MOST_FIELDS}, field="name")
    field = _sound_field(name, label, data_class)
    row.fields = [*row.fields, field]
    _save(actor, row, {f"fields.{name}": ("", _told(field))}, at)
    return row


@use_case
def edit_field(
    actor: Person, *, type_: ResourceType, name: str, label: str, data_class: str, at: datetime
) -> ResourceType:  # fmt: skip
    """Call a field something else, or say that it holds another kind of data. Its values stay. Raises Refused.

    The kind of data takes CLASSIFY: what is masked goes by it.
    """
    row = _opened(actor, type_, at)
    before, after = _field(row, name), _sound_field(name, label, data_class)
    if after["data_class"] != before["data_class"]:
        require(actor, CLASSIFY, row, at=at)
    row.fields = [after if field["name"] == name else field for field in row.fields]
    _save(actor, row, {f"fields.{name}": (_told(before), _told(after))}, at)
    return row


@use_case
def remove_field(actor: Person, *, type_: ResourceType, name: str, reason: str, at: datetime) -> int:
    """Take a field out, and its values out of every resource of the type. Returns how many had one. Raises Refused."""
    row = _opened(actor, type_, at, CLASSIFY)
    field, why = _field(row, name), stated(reason)
    emptied = _drop(row, name)
    row.fields = [other for other in row.fields if other["name"] != name]
    details = {"reason": why, "resources": emptied}
    _save(actor, row, {f"fields.{name}": (_told(field), "")}, at, details)
    return emptied


def holding(type_: ResourceType, name: str) -> QuerySet[Resource]:
    """Return the resources of `type_` that hold a value of the field."""
    return Resource.objects.filter(type=type_, content__has_key=name)


def _drop(type_: ResourceType, name: str) -> int:
    """Take the value out of every resource in one statement; return how many had one."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(DROP_POSTGRESQL, [name, type_.pk, name])
        else:
            cursor.execute(DROP_SQLITE, [f'$."{name}"', type_.pk, f'$."{name}"'])
        return int(cursor.rowcount)


@use_case
def add_action(
    actor: Person,
    *,
    type_: ResourceType,
    name: str,
    label: str,
    risk: int,
    purpose: str,
    exposes: str = "",
    example: str = "",
    implies: Collection[Action] = (),
    at: datetime,
) -> Action:
    """Name something more that can be done with resources of this type, with its why card. Raises Refused."""
    stamps.lock(stamps.MODEL)
    row = _opened(actor, type_, at)
    if not NAME.fullmatch(name):
        raise Refused(_("A name is small letters, digits and underscores, such as send."), field="name")
    if row.actions.filter(name=name).exists():
        raise Refused(_("This type has a permission with this name already."), field="name")
    if any(action.type_id != row.pk for action in implies):
        raise Refused(_("A permission implies only others of its own type."), field="implies")
    if not purpose.strip():
        raise Refused(_("Say what the permission is for."), field="purpose")
    action = _new_action(
        row, name=name, label=label.strip(), risk=Risk(risk), purpose=purpose.strip(), exposes=exposes.strip(),
        example=example.strip(),
    )  # fmt: skip
    Implication.objects.bulk_create([Implication(action=action, implies=implied) for implied in implies])
    stamps.bump(stamps.MODEL)
    shown = {"key": ("", action.key), "risk": (None, int(risk)), "purpose": ("", action.purpose)}
    record(Tag.CATALOGUE_ADDED, actor=actor, at=at, obj=action, changes=shown)
    return action


def _new_action(row: ResourceType, **card: Any) -> Action:
    key, position = f"{row.key}.{card['name']}", row.actions.count()
    twin, _new = Permission.objects.get_or_create(
        content_type=ContentType.objects.get_for_model(Resource),
        codename=key.replace(".", "_"),
        defaults={"name": key},
    )
    return Action.objects.create(type=row, key=key, position=position, auth_permission=twin, **card)


def _opened(actor: Person, type_: ResourceType, at: datetime, action: str = EDIT) -> ResourceType:
    """Return the row, locked, once the actor may do `action` to it. Nobody edits a type of the console."""
    stamps.lock(stamps.MODEL)  # before the row, as everything that changes what decisions share
    row = locked(ResourceType, type_.pk)
    require(actor, action, row, at=at)
    if row.console:
        said = _("%(plural)s belong to this console; their pages say what can be done.")
        raise Refused(said % {"plural": row.plural})
    return row


def _field(row: ResourceType, name: str) -> dict[str, str]:
    for field in row.fields:
        if field["name"] == name:
            return dict(field)
    raise Stale(_("Somebody else took this field out meanwhile."))


def _sound_field(name: str, label: str, data_class: str) -> dict[str, str]:
    if not label.strip() or len(label) > longest(ResourceType, "label"):
        raise Refused(_("Say in a few words what the field is called."), field="label")
    if data_class not in DataClass.values:
        raise Refused(_("There is no such class of data."), field="data_class")
    return {"name": name, "label": label.strip(), "data_class": data_class}


def _told(field: Mapping[str, str]) -> str:
    return f"{field['label']} ({field['data_class']})"


def _save(
    actor: Person, row: ResourceType, changes: Mapping[str, tuple[Any, Any]], at: datetime, details: Any = None
) -> None:
    changed = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    if not changed:
        return
    row.row_version += 1
    row.save()
    stamps.bump(stamps.MODEL)
    record(Tag.TYPE_EDITED, actor=actor, at=at, obj=row, changes=changed, details=details)
