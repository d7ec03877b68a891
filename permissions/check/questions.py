"""What can be asked: a person, a permission, one thing or the whole type, a moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Model, QuerySet

from accounts.models import Node, Person, Team
from permissions import gate
from permissions.engine import Target
from permissions.models import Action, Resource, Role, RoleGrant
from permissions.places import PLACEMENTS, target

CHECK, TYPE = "access.check", "access"
CONSOLE: Mapping[str, type[Model]] = {
    placement.type: model
    for model, placement in PLACEMENTS.items()
    if placement.type and model in (Person, Team, Role, RoleGrant, Node)
}
ORDER = {Person: "name", Team: "principal__label", Role: "name", RoleGrant: "-pk", Node: "name", Resource: "name"}


@dataclass(frozen=True, slots=True)
class Question:
    """Whether `person` may do `action` to `thing` (None: to things of the type at all) at `when`."""

    person: Person
    action: Action
    thing: Model | None
    when: datetime

    @property
    def asked(self) -> Target | None:
        """Return the target as it was or will be at `when`."""
        if self.thing is None:
            return None
        # A resource is asked about under its own type, or as an entry of the registry (`resource.edit`).
        return target(self.thing, self.when, as_type=self.action.type.key if type(self.thing) is Resource else None)


def things_of(type_: str) -> QuerySet[Model]:
    """Return every thing of a type: console objects by their own table, all else as resources."""
    model = CONSOLE.get(type_, Resource)
    rows: QuerySet[Model] = model._default_manager.order_by(ORDER[model], "pk")
    if model is Team:
        return rows.select_related("principal", "resource")
    if type_ == "resource":
        return rows.filter(object_kind=None)  # type: ignore[misc]  # of Resource
    return rows.filter(type__key=type_).select_related("type") if model is Resource else rows


def people_to_check(reader: Person, *, at: datetime) -> QuerySet[Person]:
    """Return whose access `reader` may ask about."""
    return gate.visible(reader, CHECK, Person.objects.order_by("name", "pk"), at=at, as_type=TYPE)


def things_to_check(reader: Person, type_: str, *, at: datetime) -> QuerySet[Model]:
    """Return what of a type `reader` may ask about: asking needs no right to the thing itself."""
    return gate.visible(reader, CHECK, things_of(type_), at=at, as_type=TYPE)
