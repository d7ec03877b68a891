"""The facts about people that conditions are evaluated on, in a number of queries that does not grow with them."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from accounts.attributes.schema import CUSTOM, DIMENSIONS
from accounts.models import Membership, Part, Person, PersonDimension
from cxaccess.lib.conditions import Schema, Type, World
from permissions.engine import Model

Known = dict[str, Any]


def of_people(people: Collection[Person], schema: Schema, at: datetime) -> dict[int, Known]:
    """Return {person id: {attribute's key: value}} as of `at`."""
    found: dict[int, Known] = {person.pk: own(person, schema) for person in people}
    sets: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    held = PersonDimension.objects.in_force(at).filter(person__in=list(found))
    for person, kind, node in held.values_list("person_id", "node__kind", "node_id"):
        sets[person][DIMENSIONS[kind][0]].add(node)
    rows = Membership.objects.in_force(at).filter(person__in=list(found), principal__team__isnull=False)
    for person, team, part in rows.values_list("person_id", "principal__team", "part"):
        sets[person]["subject.teams"].add(team)
        if part == Part.LEAD:
            sets[person]["subject.leads"].add(team)
    for person, known in sets.items():
        found[person].update({key: frozenset(values) for key, values in known.items()})
    return found


def own(person: Person, schema: Schema) -> Known:
    """Return {attribute's key: value} of what stands in the person's own row."""
    known: Known = {
        "subject.title": person.title,
        "subject.manager": person.manager_id,
        "subject.employed_from": person.employed_from,
        "subject.employed_until": person.employed_until,
        "subject.region": person.region_id,
        "subject.department": person.department_id,
        "subject.state": str(person.state),
        "subject.clearance": person.clearance,
        "subject.created_at": person.created_at,
    }
    custom = person.custom if isinstance(person.custom, dict) else {}
    for attribute in schema:
        if attribute.key.startswith(CUSTOM):
            value = custom.get(attribute.key.removeprefix(CUSTOM))
            known[attribute.key] = dated(value) if attribute.type is Type.DATE else value
    return known


def dated(value: Any) -> Any:
    """Return a day that JSON holds as text; what is no day stays as it is, and is ill-typed."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) and value else value
    except ValueError:
        return value


def world(model: Model, at: datetime, zone: str) -> World:
    """Return what conditions need beside facts: the moment, the instance's zone, and the trees of `model`."""
    return World(at, model.above, model.below, zone)


def whole(value: Any) -> Any:
    """Return a set that JSON holds as a list of texts; what is none stays as it is."""
    several = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return frozenset(value) if several else value
