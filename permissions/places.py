"""Where each governed thing is: the same table read as a target (one object) and as SQL (a list of them).

Dimensions are region, department, product_line, segment and team. A thing that has no place in a dimension
is not covered by a scope that names it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.models import Membership, Node, Person, Team
from audits.models import Event
from permissions import history
from permissions.engine.types import Scope, Target
from permissions.models import Action, Resource, ResourceType, Role, RoleGrant

Places = dict[str, frozenset[int]]
NODE_DIMENSIONS = ("region", "department", "product_line", "segment")


@dataclass(frozen=True, slots=True)
class Placement:
    """How one model is placed: `places(obj, at)` for one, `within(dimension, ids, at)` as SQL for many."""

    type: str | None  # None: the row's own resource type
    places: Callable[[Any, datetime], Places]
    within: Callable[[str, frozenset[int], datetime], Q]
    kept: Callable[[str], Q] = lambda _type: Q()


def _known(**places: int | None) -> Places:
    return {dimension: frozenset({place}) for dimension, place in places.items() if place is not None}


def _nowhere(_dimension: str, _ids: frozenset[int], _at: datetime) -> Q:
    return Q(pk__in=[])


def _of_resource(row: Resource, _at: datetime) -> Places:
    return _known(
        region=row.region_id,
        department=row.department_id,
        product_line=row.product_line_id,
        segment=row.segment_id,
        team=row.owner_team_id,
    )


def _resource_within(dimension: str, ids: frozenset[int], _at: datetime) -> Q:
    column = "owner_team" if dimension == "team" else dimension
    return Q(**{f"{column}__in": ids})


def _teams_of(person_id: int, at: datetime) -> frozenset[int]:
    rows = Membership.objects.in_force(at).filter(person_id=person_id, principal__team__isnull=False)
    return frozenset(rows.values_list("principal__team", flat=True))


def _of_person(row: Person, at: datetime) -> Places:
    region = history.attribute("person", row.pk, "region", row.region_id, at)
    department = history.attribute("person", row.pk, "department", row.department_id, at)
    return _known(region=region, department=department) | {"team": _teams_of(row.pk, at)}  # type: ignore[arg-type]


def _members(ids: frozenset[int], at: datetime) -> models.QuerySet[Any]:
    return Membership.objects.in_force(at).filter(principal__team__in=ids).values("person")


def _person_within(dimension: str, ids: frozenset[int], at: datetime) -> Q:
    if dimension == "team":
        return Q(pk__in=_members(ids, at))
    if dimension in ("region", "department"):
        return Q(**{f"{dimension}__in": ids})
    return _nowhere(dimension, ids, at)


def _of_team(row: Team, at: datetime) -> Places:
    return _of_resource(row.resource, at) | {"team": frozenset({row.pk})}


def _team_within(dimension: str, ids: frozenset[int], _at: datetime) -> Q:
    return Q(pk__in=ids) if dimension == "team" else Q(**{f"resource__{dimension}__in": ids})


def _of_role(row: Role, at: datetime) -> Places:
    return _of_resource(row.resource, at)


def _role_within(dimension: str, ids: frozenset[int], _at: datetime) -> Q:
    column = "owner_team" if dimension == "team" else dimension
    return Q(**{f"resource__{column}__in": ids})


def _of_grant(row: RoleGrant, at: datetime) -> Places:
    principal = row.principal
    if principal.kind == "person":
        return _of_person(principal.person, at)
    return _of_team(principal.team, at)


def _grant_within(dimension: str, ids: frozenset[int], at: datetime) -> Q:
    if dimension == "team":
        return Q(principal__team__in=ids) | Q(principal__person__in=_members(ids, at))
    of_team = Q(**{f"principal__team__resource__{dimension}__in": ids})
    if dimension in ("region", "department"):
        return of_team | Q(**{f"principal__person__{dimension}__in": ids})
    return of_team


def _of_event(row: Event, at: datetime) -> Places:
    """An event is where the person is whom it concerns; others are nowhere in particular."""
    person = Person.objects.filter(pk=row.about_person_id).first()
    return _of_person(person, at) if person is not None else {}


def _event_within(dimension: str, ids: frozenset[int], at: datetime) -> Q:
    within = Person.objects.filter(_person_within(dimension, ids, at))
    return Q(about_person_id__in=within.values("pk"))


def _unplaced(_row: object, _at: datetime) -> Places:
    return {}


PLACEMENTS: dict[type[models.Model], Placement] = {
    Resource: Placement(None, _of_resource, _resource_within, lambda type_: Q(type__key=type_)),
    Person: Placement("person", _of_person, _person_within),
    Team: Placement("team", _of_team, _team_within),
    Role: Placement("role", _of_role, _role_within),
    RoleGrant: Placement("grant", _of_grant, _grant_within),
    Node: Placement("structure", _unplaced, _nowhere),
    Action: Placement("catalogue", _unplaced, _nowhere),
    ResourceType: Placement("catalogue", _unplaced, _nowhere),
    Event: Placement("trail", _of_event, _event_within),
}


def target(obj: models.Model, at: datetime, *, as_type: str | None = None) -> Target:
    """Return the target that `obj` is at `at`.

    `as_type` asks about it under another type: ``trail.view`` on a person is the right to that person's history.
    Raises KeyError for a model that nobody placed.
    """
    placement = PLACEMENTS[type(obj)]
    own = placement.type or obj.type.key  # type: ignore[attr-defined]
    return Target(as_type or own, obj.pk, placement.places(obj, at))


def of_scope(type_: str, scope: Scope) -> Target:
    """Return a target that lies exactly at `scope`: what giving within that scope is asked about."""
    return Target(type_, None, {dimension: frozenset({ref}) for dimension, ref in scope.terms})


def prospect(type_: str, **places: int | None) -> Target:
    """Return the target of something that does not exist yet, at the places it would have."""
    return Target(type_, None, _known(**places))


def retyped(found: Target, type_: str) -> Target:
    """Return `found` asked about under another type."""
    return replace(found, type=type_)
