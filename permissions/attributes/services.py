"""Keeping custom attributes. Authority: catalogue.edit.

What an attribute is called and offers may change; its name, whose it is and its type do not: values stand under them.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.errors import InUse, Refused, Stale
from cxaccess.lib.models import longest
from permissions import facts
from permissions.engine.policies import Rule
from permissions.guards import locked, require, use_case
from permissions.models import AttributeDefinition, AttributeType, Entity, Policy, ResourceType

EDIT = "catalogue.edit"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
EDITABLE = ("label", "help", "choices", "types")
WITH_CHOICES = (AttributeType.CHOICE, AttributeType.SET)
MOST_CHOICES = 200
Choices = Sequence[Mapping[str, str]]


@use_case
def create_attribute(
    actor: Person,
    *,
    entity: str,
    name: str,
    label: str,
    type: str,  # noqa: A002 - it is the column's name
    choices: Choices = (),
    help: str = "",  # noqa: A002 - the same
    types: Collection[ResourceType] = (),
    at: datetime,
) -> AttributeDefinition:
    """Add an attribute of people or of resources. Raises Refused."""
    require(actor, EDIT, at=at)
    if entity not in (Entity.SUBJECT, Entity.RESOURCE):
        raise Refused(_("Attributes belong to people or to resources."), field="entity")
    if not NAME.fullmatch(name):
        raise Refused(_("A name is small letters, digits and underscores, such as cost_centre."), field="name")
    if AttributeDefinition.objects.filter(entity=entity, name=name).exists():
        raise Refused(_("There is an attribute with this name already, perhaps archived."), field="name")
    if type not in AttributeType.values:
        raise Refused(_("There is no such type."), field="type")
    last = AttributeDefinition.objects.filter(entity=entity).aggregate(last=Max("position"))["last"] or 0
    row = AttributeDefinition(entity=entity, name=name, type=type, position=last + 1, created_at=at)
    _apply(row, {"label": label, "help": help, "choices": choices})
    row.save(force_insert=True)
    _limit(row, types)
    shown = {"name": ("", name), "entity": ("", entity), "type": ("", type), "label": ("", row.label)}
    stamps.bump(stamps.MODEL)  # policies are read under the attributes there are
    record(Tag.ATTRIBUTE_CREATED, actor=actor, at=at, obj=row, changes=shown)
    return row


@use_case
def edit_attribute(
    actor: Person, *, attribute: AttributeDefinition, row_version: int, changes: Mapping[str, Any], at: datetime
) -> AttributeDefinition:  # fmt: skip
    """Change what `changes` names, of EDITABLE. Raises Stale, Refused."""
    row = _opened(actor, attribute, at)
    if row.row_version != row_version:
        raise Stale(
            _("Somebody else changed %(name)s while you were editing.") % {"name": row.label},
            facts={"now": {"label": row.label, "help": row.help}, "row_version": row.row_version},
        )
    before = _told(row)
    _apply(row, changes)
    row.row_version += 1
    row.save()
    if "types" in changes:
        _limit(row, changes["types"])
    after = _told(row)
    changed = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    if changed:
        stamps.bump(stamps.MODEL)
        record(Tag.ATTRIBUTE_EDITED, actor=actor, at=at, obj=row, changes=changed)
    return row


@use_case
def archive_attribute(actor: Person, *, attribute: AttributeDefinition, at: datetime) -> AttributeDefinition:
    """Offer and show an attribute no more; its values stay. Raises Stale where it is archived."""
    row = _opened(actor, attribute, at)
    if row.archived_at is not None:
        raise Stale(_("%(name)s is archived.") % {"name": row.label})
    _require_unread(row, at)
    row.archived_at = at
    row.row_version += 1
    row.save(update_fields=["archived_at", "row_version"])
    stamps.bump(stamps.MODEL)
    record(Tag.ATTRIBUTE_ARCHIVED, actor=actor, at=at, obj=row)
    return row


@use_case
def reopen_attribute(actor: Person, *, attribute: AttributeDefinition, at: datetime) -> AttributeDefinition:
    """Offer an archived attribute again, with the values it had. Raises Stale where it is in use."""
    row = _opened(actor, attribute, at)
    if row.archived_at is None:
        raise Stale(_("%(name)s is in use.") % {"name": row.label})
    row.archived_at = None
    row.row_version += 1
    row.save(update_fields=["archived_at", "row_version"])
    stamps.bump(stamps.MODEL)
    record(Tag.ATTRIBUTE_REOPENED, actor=actor, at=at, obj=row)
    return row


def _require_unread(row: AttributeDefinition, at: datetime) -> None:
    """Pass an attribute that no policy in force reads: it would close to everybody. Raises InUse."""
    key = f"{row.entity}.custom.{row.name}"
    users = [one.policy for one in facts.model(at).policies if isinstance(one, Rule) and key in one.reads]
    names = list(Policy.objects.filter(pk__in=users).order_by("name").values_list("name", flat=True))
    if names:
        message = _("%(policies)s reads it. Change or retire that policy first.")
        raise InUse(message % {"policies": ", ".join(names)}, facts={"users": names})


def _opened(actor: Person, attribute: AttributeDefinition, at: datetime) -> AttributeDefinition:
    row = locked(AttributeDefinition, attribute.pk)
    require(actor, EDIT, row, at=at)
    return row


def _apply(row: AttributeDefinition, changes: Mapping[str, Any]) -> None:
    row.label = str(changes.get("label", row.label)).strip()
    row.help = str(changes.get("help", row.help)).strip()
    for name in ("label", "help"):
        if len(getattr(row, name)) > longest(AttributeDefinition, name):
            raise Refused(_("This is too long."), field=name)
    if not row.label:
        raise Refused(_("An attribute needs a name that people read."), field="label")
    if "choices" in changes:
        row.choices = _sound_choices(row.type, changes["choices"])


def _sound_choices(type_: str, choices: Choices) -> list[dict[str, str]]:
    if type_ not in WITH_CHOICES:
        return []
    found = [{"value": row["value"].strip(), "label": row["label"].strip()} for row in choices]
    if not found or any(not row["value"] or not row["label"] for row in found):
        raise Refused(_("Say which values there are to choose from, one on a line."), field="choices")
    if len({row["value"] for row in found}) < len(found):
        raise Refused(_("A value stands there twice."), field="choices")
    if len(found) > MOST_CHOICES:
        raise Refused(_("A list has at most %(n)d values.") % {"n": MOST_CHOICES}, field="choices")
    return found


def _limit(row: AttributeDefinition, types: Collection[ResourceType]) -> None:
    """Let it apply to `types` alone; none: to every type. People have no types."""
    if row.entity == Entity.RESOURCE:
        row.types.set(types)


def _told(row: AttributeDefinition) -> dict[str, Any]:
    return {
        "label": row.label,
        "help": row.help,
        "choices": [choice["value"] for choice in row.choices],
        "types": sorted(row.types.values_list("pk", flat=True)),
    }
