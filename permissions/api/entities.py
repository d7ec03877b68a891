"""What the ids of a request stand for: people, registered resources, and things that are only described.

All questions of a request are looked up together, in a number of queries that does not grow with them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from accounts.integrations.selectors import Caller
from accounts.models import Person
from accounts.people.naming import known_as
from permissions import facts, places
from permissions.api import described
from permissions.api.questions import Ask, Entity
from permissions.authzen import PEOPLE
from permissions.engine import Target
from permissions.models import Resource, ResourceType


@dataclass(frozen=True, slots=True)
class Thing:
    """A resource of a request: what the gate is asked about, and its row where it is registered."""

    target: Target
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
        return Thing(self.descriptions.target(resource))


def known(caller: Caller, asks: Iterable[Ask], *, at: datetime) -> Known:
    """Look up everything that `asks` name, as `caller` names it, and have the facts of its people at hand."""
    every = list(asks)
    types = {row.key: row for row in ResourceType.objects.filter(key__in={one.resource.type for one in every})}
    things = _things(caller.system, {one.resource.id for one in every} - {""}, at)
    open_types = {key for key, row in types.items() if row.unregistered}
    loose = [one.resource for one in every if one.resource.type in open_types and one.resource.id not in things]
    names = {one.subject.id for one in every if one.subject.type in PEOPLE} - {""}
    ids = known_as(caller.system, names | described.people_in(loose))
    people = Person.objects.select_related("principal").in_bulk({ids[name] for name in names if name in ids})
    facts.prepare(people, at)
    by_name = {name: people[ids[name]] for name in names if name in ids}
    return Known(by_name, types, things, described.Reader(caller.system, loose, ids) if loose else None)


def _things(system: str, ids: set[str], at: datetime) -> dict[str, Thing]:
    """Return {id: thing} of the resources that are registered under the ids of `system`."""
    rows = list(Resource.objects.select_related("type").filter(system=system, external_id__in=ids)) if ids else []
    targets = places.targets(rows, at)
    return {row.external_id: Thing(targets[row.pk], row) for row in rows}
