"""What the ids of a request stand for: people, registered resources, and things that are only described.

All questions of a request are looked up together, in a number of queries that does not grow with them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.integrations.callers import Caller
from accounts.models import Person
from accounts.people.naming import known_as
from cxaccess.lib.models import made
from permissions import facts, places
from permissions.api import described
from permissions.authzen.naming import PEOPLE
from permissions.authzen.questions import Ask, Entity
from permissions.catalogue.shared import types
from permissions.engine import Target
from permissions.fact_rows import marks, moment, parsed
from permissions.models import Resource, ResourceType

# What places, policies and the trail read of a resource; what it holds is left where it is.
WANTED = frozenset({
    "id", "type", "system", "external_id", "region", "department", "product_line", "segment", "owner_team", "owner",
    "channel", "sensitivity", "guarded_until", "custom", "created_at", "archived_at",
})  # fmt: skip
READ = [field for field in Resource._meta.concrete_fields if field.name in WANTED]  # in the order that a row is made of
NAMES = [field.attname for field in READ]
TOLD = [NAMES.index(name) for name in ("guarded_until", "created_at", "archived_at")]  # moments, each in words
CUSTOM = NAMES.index("custom")
TYPE: Any = Resource._meta.get_field("type")
# By hand: every question asks it, and making statements of queries takes the library longer than the answer.
REGISTERED = (
    f"SELECT {', '.join(field.column for field in READ)} FROM {Resource._meta.db_table}"  # noqa: S608 - our own table
    " WHERE system = %s AND external_id IN ({})"
)


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource of a request: what the gate is asked about, its type, and its row where it is registered."""

    target: Target
    type: ResourceType
    row: Resource | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the subjects, types and resources of a request."""

    people: Mapping[str, Person] = field(default_factory=dict)
    types: Mapping[str, ResourceType] = field(default_factory=dict)
    things: Mapping[str, Thing] = field(default_factory=dict)
    descriptions: described.Reader | None = None

    def person(self, subject: Entity) -> Person | None:
        """Return whom a subject stands for; nobody, where its type is none of people's."""
        return self.people.get(subject.id) if subject.type in PEOPLE else None

    def thing(self, resource: Entity) -> Thing | None:
        """Return what a resource stands for; None where it is neither registered nor may be described.

        An id that is registered under another type is that other thing, and never merely described.
        """
        found = self.things.get(resource.id)
        if found is not None:
            return found
        type_ = self.types.get(resource.type)
        if type_ is None or not type_.unregistered or self.descriptions is None:
            return None
        return Thing(self.descriptions.target(resource), type_)


def known(caller: Caller, asks: Iterable[Ask], *, at: datetime) -> Known:
    """Look up everything that `asks` name, as `caller` names it, and have the facts of its people at hand."""
    every = list(asks)
    names = {one.subject.id for one in every if one.subject.type in PEOPLE} - {""}
    ids = known_as(caller.system, names)
    alias = connection.alias
    people = {name: _person(pk, alias) for name, pk in ids.items()}
    facts.prepare(ids.values(), at)
    by_id = types(at)
    by_key = {row.key: row for row in by_id.values()}
    things = _things(caller.system, {one.resource.id for one in every} - {""}, by_id, at)
    loose = [one.resource for one in every if one.resource.id not in things and _is_open(by_key.get(one.resource.type))]
    return Known(people, by_key, things, _descriptions(caller.system, loose) if loose else None)


def _person(pk: int, alias: str) -> Person:
    """Return a person of whom nothing is read yet: to decide, their facts are read, and only the id goes on record."""
    return made(Person, ["id"], [pk], alias)


def _is_open(type_: ResourceType | None) -> bool:
    return type_ is not None and type_.unregistered


def _descriptions(system: str, loose: Collection[Entity]) -> described.Reader:
    return described.Reader(system, loose, known_as(system, described.people_in(loose)))


def _things(system: str, ids: set[str], by_id: Mapping[int, ResourceType], at: datetime) -> dict[str, Thing]:
    """Return {id: thing} of the resources that are registered under the ids of `system`."""
    rows = _registered(system, list(ids)) if ids else []
    for row in rows:
        if row.type_id in by_id:  # one made a moment ago is read by itself
            TYPE.set_cached_value(row, by_id[row.type_id])
    targets = places.targets(rows, at)
    return {row.external_id: Thing(targets[row.pk], row.type, row) for row in rows}


def _registered(system: str, ids: list[str]) -> list[Resource]:
    alias = connection.alias
    with connection.cursor() as cursor:
        cursor.execute(REGISTERED.format(marks(ids)), [system, *ids])
        found = cursor.fetchall()
    return [made(Resource, NAMES, _read(list(row)), alias) for row in found]


def _read(row: list[Any]) -> list[Any]:
    for place in TOLD:
        row[place] = moment(row[place])
    row[CUSTOM] = parsed(row[CUSTOM])
    return row
