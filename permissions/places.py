"""Where each governed thing is: the same table read as a target (one object) and as SQL (a list of them).

Dimensions are region, department, product_line, segment and team. A thing that has no place in a dimension
is not covered by a scope that names it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any

from django.db import models
from django.db.models import Q

from accounts.models import Group, Membership, Node, Person, Principal, Team
from audits.models import Event
from cxaccess.jobs.models import ImportBatch
from permissions import history
from permissions.engine.types import Scope, Target
from permissions.models import (
    Action,
    AttributeDefinition,
    Birthright,
    GroupObjectGrant,
    PersonObjectGrant,
    Policy,
    Resource,
    ResourceType,
    Role,
    RoleGrant,
)
from permissions.policies import things

Places = dict[str, frozenset[int]]
NODE_DIMENSIONS = ("region", "department", "product_line", "segment")
DIMENSIONS = (*NODE_DIMENSIONS, "team")


@dataclass(frozen=True, slots=True)
class Placement:
    """How one model is placed: `places(rows, at)` by id for rows at hand, `within(dimension, ids, at)` as SQL.

    `since` names the attribute that says from when on a row exists; empty: it always did.
    `resource` names the attribute that is the id of the resource a row is, or that stands for it; empty: none does.
    `kept(number of the type)` is the condition that a row of a type of its own is of that one and in use.
    `gone` says which rows are out of use: nothing of their own type may be done, while the registry still has them.
    """

    type: str | None  # None: the row's own resource type
    places: Callable[[Sequence[Any], datetime], Mapping[int, Places]]
    within: Callable[[str, frozenset[int], datetime], Q]
    since: str = ""
    kept: Callable[[int | None], Q] = lambda _type: Q()
    resource: str = ""
    gone: Callable[[Sequence[Any], datetime], Collection[int]] = lambda _rows, _at: ()

    def stands_for(self, *resources: Collection[int] | models.QuerySet[Any]) -> Q:
        """Return the condition that a row is one of `resources`, or that one of them stands for it."""
        found = Q(pk__in=[])
        for ids in resources if self.resource else ():
            found |= Q(**{f"{self.resource}__in": ids})
        return found


def _known(**places: int | None) -> Places:
    return {dimension: frozenset({place}) for dimension, place in places.items() if place is not None}


def _nothing() -> Q:
    return Q(pk__in=[])


def _nowhere(_dimension: str, _ids: frozenset[int], _at: datetime) -> Q:
    return _nothing()


def _column(dimension: str) -> str:
    return "owner_team" if dimension == "team" else dimension


def _of_resources(rows: Sequence[Resource], at: datetime) -> dict[int, Places]:
    if not history.is_past(at):
        return {row.pk: _of_resource(row) for row in rows}
    then = {
        dimension: history.attributes(
            "resource", _column(dimension), {row.pk: getattr(row, f"{_column(dimension)}_id") for row in rows}, at
        )
        for dimension in DIMENSIONS
    }
    return {row.pk: _known(**{dimension: then[dimension][row.pk] for dimension in DIMENSIONS}) for row in rows}


def _of_resource(row: Resource) -> Places:
    return _known(
        region=row.region_id,
        department=row.department_id,
        product_line=row.product_line_id,
        segment=row.segment_id,
        team=row.owner_team_id,
    )


def _archived(rows: Sequence[Resource], at: datetime) -> set[int]:
    """Return the ids of the resources that were archived at `at`."""
    now = {row.pk: row.archived_at is not None and row.archived_at <= at for row in rows}
    return {pk for pk, archived in history.attributes("resource", "archived", now, at).items() if archived}


def _resource_within(dimension: str, ids: frozenset[int], at: datetime) -> Q:
    if dimension not in DIMENSIONS:
        return _nowhere(dimension, ids, at)
    return Q(**{f"{_column(dimension)}__in": ids})


def _of_type(number: int | None) -> Q:
    """Return the condition by the number itself: only so an index also gives the order, and one can serve each "or"."""
    return _nothing() if number is None else Q(type=number, archived_at__isnull=True)


def _teams_of(people: Iterable[int], at: datetime) -> dict[int, frozenset[int]]:
    rows = Membership.objects.in_force(at).filter(person__in=people, principal__team__isnull=False)
    teams: dict[int, set[int]] = defaultdict(set)
    for person, team in rows.values_list("person_id", "principal__team"):
        teams[person].add(team)
    return {person: frozenset(found) for person, found in teams.items()}


def _of_people(rows: Sequence[Person], at: datetime) -> dict[int, Places]:
    regions = history.attributes("person", "region", {row.pk: row.region_id for row in rows}, at)
    departments = history.attributes("person", "department", {row.pk: row.department_id for row in rows}, at)
    teams = _teams_of([row.pk for row in rows], at)
    return {
        row.pk: _known(region=regions[row.pk], department=departments[row.pk])
        | {"team": teams.get(row.pk, frozenset())}
        for row in rows
    }


def _members(ids: frozenset[int], at: datetime) -> models.QuerySet[Any]:
    return Membership.objects.in_force(at).filter(principal__team__in=ids).values("person")


def _person_within(dimension: str, ids: frozenset[int], at: datetime) -> Q:
    if dimension == "team":
        return Q(pk__in=_members(ids, at))
    if dimension in ("region", "department"):
        return Q(**{f"{dimension}__in": ids})
    return _nowhere(dimension, ids, at)


def _of_teams(rows: Sequence[Team], at: datetime) -> dict[int, Places]:
    places = _of_resources([row.resource for row in rows], at)
    return {row.pk: places[row.resource_id] | {"team": frozenset({row.pk})} for row in rows}


def _team_within(dimension: str, ids: frozenset[int], at: datetime) -> Q:
    if dimension == "team":
        return Q(pk__in=ids)
    return Q(**{f"resource__{dimension}__in": ids}) if dimension in DIMENSIONS else _nowhere(dimension, ids, at)


def _by_resource(rows: Sequence[Role] | Sequence[Group], at: datetime) -> dict[int, Places]:
    places = _of_resources([row.resource for row in rows], at)
    return {row.pk: places[row.resource_id] for row in rows}


def _resource_of_within(dimension: str, ids: frozenset[int], at: datetime) -> Q:
    if dimension not in DIMENSIONS:
        return _nowhere(dimension, ids, at)
    return Q(**{f"resource__{_column(dimension)}__in": ids})


def _of_grants(rows: Sequence[RoleGrant], at: datetime) -> dict[int, Places]:
    """Return where each grant's holder is."""
    places = _of_holders({row.principal_id for row in rows}, at)
    return {row.pk: places.get(row.principal_id, {}) for row in rows}


def _of_people_on(rows: Sequence[PersonObjectGrant], at: datetime) -> dict[int, Places]:
    places = _of_people(list(Person.objects.filter(pk__in={row.user_id for row in rows})), at)
    return {row.pk: places.get(row.user_id, {}) for row in rows}


def _of_collectives_on(rows: Sequence[GroupObjectGrant], at: datetime) -> dict[int, Places]:
    groups = {row.group_id for row in rows}
    principals = dict(Principal.objects.filter(auth_group__in=groups).values_list("auth_group", "pk"))
    places = _of_holders(set(principals.values()), at)
    return {row.pk: places.get(principals.get(row.group_id, 0), {}) for row in rows}


def _of_holders(holders: set[int], at: datetime) -> dict[int, Places]:
    """Return {principal: where it is}; one that is no person, team or group has no place."""
    places: dict[int, Places] = {}
    for model, of in ((Person, _of_people), (Team, _of_teams), (Group, _by_resource)):
        found = model._default_manager.filter(principal__in=holders)
        held = list(found if model is Person else found.select_related("resource"))
        there = of(held, at)  # type: ignore[operator]  # each of its own rows
        places |= {row.principal_id: there[row.pk] for row in held}
    return places


def _grant_within(dimension: str, ids: frozenset[int], at: datetime) -> Q:
    return _collective_within("principal", dimension, ids, at) | _member_within("principal__person", dimension, ids, at)


def _person_grant_within(dimension: str, ids: frozenset[int], at: datetime) -> Q:
    return _member_within("user", dimension, ids, at)


def _collective_grant_within(dimension: str, ids: frozenset[int], at: datetime) -> Q:
    return _collective_within("group__principal", dimension, ids, at)


def _member_within(person: str, dimension: str, ids: frozenset[int], at: datetime) -> Q:
    if dimension == "team":
        return Q(**{f"{person}__in": _members(ids, at)})
    if dimension in ("region", "department"):
        return Q(**{f"{person}__{dimension}__in": ids})
    return _nowhere(dimension, ids, at)


def _collective_within(principal: str, dimension: str, ids: frozenset[int], at: datetime) -> Q:
    if dimension == "team":
        return Q(**{f"{principal}__team__in": ids})
    if dimension in DIMENSIONS:
        of_group = Q(**{f"{principal}__group__resource__{dimension}__in": ids})
        return of_group | Q(**{f"{principal}__team__resource__{dimension}__in": ids})
    return _nowhere(dimension, ids, at)


def _of_events(rows: Sequence[Event], at: datetime) -> dict[int, Places]:
    """Return where the people are whom the events concern; other events are nowhere in particular."""
    people = Person.objects.filter(pk__in={row.about_person_id for row in rows if row.about_person_id is not None})
    places = _of_people(list(people), at)
    return {row.pk: places.get(row.about_person_id, {}) if row.about_person_id is not None else {} for row in rows}


def _event_within(dimension: str, ids: frozenset[int], at: datetime) -> Q:
    within = Person.objects.filter(_person_within(dimension, ids, at))
    return Q(about_person_id__in=within.values("pk"))


def _of_nodes(rows: Sequence[Node], _at: datetime) -> dict[int, Places]:
    return {row.pk: {row.kind: frozenset({row.pk})} for row in rows}


def _node_within(dimension: str, ids: frozenset[int], _at: datetime) -> Q:
    return Q(kind=dimension, pk__in=ids)


def _unplaced(rows: Sequence[models.Model], _at: datetime) -> dict[int, Places]:
    return {row.pk: {} for row in rows}


PLACEMENTS: dict[type[models.Model], Placement] = {
    Resource: Placement(
        None,
        _of_resources,
        _resource_within,
        "created_at",
        _of_type,
        "pk",
        _archived,
    ),
    Person: Placement("person", _of_people, _person_within, "created_at"),
    Team: Placement("team", _of_teams, _team_within, "resource.created_at", resource="resource_id"),
    Group: Placement("group", _by_resource, _resource_of_within, "resource.created_at", resource="resource_id"),
    Role: Placement("role", _by_resource, _resource_of_within, "created_at", resource="resource_id"),
    RoleGrant: Placement("grant", _of_grants, _grant_within, "given_at"),
    PersonObjectGrant: Placement("grant", _of_people_on, _person_grant_within, "given_at"),
    GroupObjectGrant: Placement("grant", _of_collectives_on, _collective_grant_within, "given_at"),
    Node: Placement("structure", _of_nodes, _node_within),
    Action: Placement("catalogue", _unplaced, _nowhere),
    ResourceType: Placement("catalogue", _unplaced, _nowhere),
    AttributeDefinition: Placement("catalogue", _unplaced, _nowhere),
    Birthright: Placement("birthright", _unplaced, _nowhere, "created_at"),
    Policy: Placement("policy", _unplaced, _nowhere, "created_at"),
    ImportBatch: Placement("import", _unplaced, _nowhere, "created_at"),
    Event: Placement("trail", _of_events, _event_within, "timestamp"),
}


def type_of(model: type[models.Model]) -> str | None:
    """Return the type under which all rows of `model` are asked about; None where each row has its own."""
    return PLACEMENTS[model].type


def resource_of(row: models.Model) -> int | None:
    """Return the id of the resource that `row` is, or that stands for it; None where there is none."""
    placement = PLACEMENTS[type(row)]
    return getattr(row, placement.resource) if placement.resource else None


def target(obj: models.Model, at: datetime, *, as_type: str | None = None) -> Target:
    """Return the target that `obj` is at `at`.

    `as_type` asks about it under another type: ``trail.view`` on a person is the right to that person's history.
    Raises KeyError for a model that nobody placed.
    """
    return targets([obj], at, as_type=as_type)[obj.pk]


def targets(rows: Sequence[models.Model], at: datetime, *, as_type: str | None = None) -> dict[int, Target]:
    """Return {id: target} of rows of one model, in a number of queries that does not grow with them."""
    if not rows:
        return {}
    placement = PLACEMENTS[type(rows[0])]
    places = placement.places(rows, at)
    past = history.is_past(at)
    gone = placement.gone(rows, at) if as_type is None else ()
    facts = things.readers(rows, places, at)
    return {
        pk: Target(
            as_type or placement.type or row.type.key,  # type: ignore[attr-defined]
            pk,
            places[pk],
            exists=pk not in gone and (not (past and placement.since) or attrgetter(placement.since)(row) <= at),
            resource=getattr(row, placement.resource) if placement.resource else None,
            facts=facts[pk],
        )
        for pk, row in ((row.pk, row) for row in rows)
    }


def of_scope(type_: str, scope: Scope) -> Target:
    """Return a target that lies exactly at `scope`: what giving within that scope is asked about."""
    here = {dimension: frozenset({ref}) for dimension, ref in scope.terms}
    return Target(type_, None, here, facts=partial(things.placed, here))


def prospect(type_: str, **places: int | None) -> Target:
    """Return the target of something that does not exist yet, at the places it would have."""
    here = _known(**places)
    return Target(type_, None, here, facts=partial(things.placed, here))


def moved(found: Target, spots: Places) -> Target:
    """Return `found`, whose places are all that policies read of it, as it would be at `spots`."""
    return replace(found, places=spots, facts=partial(things.placed, spots))


def retyped(found: Target, type_: str) -> Target:
    """Return `found` asked about under another type."""
    return replace(found, type=type_)
