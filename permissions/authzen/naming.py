"""Whom and what a question of the command line names.

A person by mail or, with ``properties.system``, by their id in that system. A resource by its id in the system that
``properties.system`` names; without one, by an id that is the only one of its type. Teams and groups by name, roles by
key. The id ``*`` asks about the type as a whole. Properties never override what is registered here.
"""

from datetime import datetime
from typing import Any

from django.db.models import Model, QuerySet

from accounts.models import Group, Identity, Person, Team
from permissions import places
from permissions.authzen.questions import Entity
from permissions.authzen.reading import Malformed
from permissions.engine.types import Target
from permissions.models import Resource, Role

PEOPLE = frozenset({"person", "user"})  # types of subject; AuthZEN's own examples say "user"
WHOLE = "*"  # the id that asks about a type as a whole
UNKNOWN_SUBJECT, UNKNOWN_RESOURCE = "unknown_subject", "unknown_resource"


def person_of(entity: Entity, place: str) -> Person | None:
    """Return the person that the entity at `place` names, or None. Raises Malformed."""
    system = _system(entity, place)
    if entity.type not in PEOPLE or not entity.id:
        return None
    if system:
        found = Identity.objects.select_related("person").filter(system=system, external_id=entity.id).first()
        return found.person if found else None
    return Person.objects.filter(email__iexact=entity.id).first()


def target_of(resource: Entity, *, at: datetime, system: str = "") -> Target | None:
    """Return what a resource names as the gate asks about it, or None where nobody knows it. Raises Malformed."""
    named = _system(resource, "resource")
    if resource.type in PEOPLE:
        person = person_of(resource, "resource")
        return None if person is None else places.target(person, at)
    row = _row(resource, named or system)
    if row is None:
        return None
    as_type = "resource" if isinstance(row, Resource) and resource.type == "resource" else None
    return places.target(row, at, as_type=as_type)


def _row(resource: Entity, system: str) -> Model | None:
    """Return the one row that is meant; None for none, and for several: which of them nobody could tell."""
    rows: QuerySet[Any]
    if not resource.id:
        return None
    if resource.type == "role":
        rows = Role.objects.filter(key=resource.id)
    elif resource.type in ("team", "group"):
        model = Team if resource.type == "team" else Group
        rows = model._default_manager.select_related("principal", "resource").filter(
            principal__label__iexact=resource.id
        )
    else:
        rows = Resource.objects.select_related("type").filter(external_id=resource.id, object_kind=None)
        rows = rows.filter(type__key=resource.type) if resource.type != "resource" else rows
        rows = rows.filter(system=system) if system else rows
    found: list[Model] = list(rows[:2])
    return found[0] if len(found) == 1 else None


def _system(entity: Entity, place: str) -> str:
    """Return the system whose id an entity gives; empty where it says none."""
    said = entity.properties.get("system")
    if said is not None and not isinstance(said, str):
        raise Malformed(f"{place}.properties.system", "must be a string.")
    return said or ""
