"""The attributes of people: the built-in ones, and those that this instance defined."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.models import Node, NodeKind, Person, PersonState, Team
from cxaccess.lib.conditions import Attribute, Domain, Schema, Type
from permissions.models import AttributeDefinition, AttributeType, Entity, Sensitivity

CUSTOM = "subject.custom."
WORK, PLACE, RANGE, ACCOUNT, OWN = _("Work"), _("Place"), _("Range"), _("Account"), _("Your own attributes")
BY_EDITORS = "person.edit"  # whoever edits people; by hand, by import or from a connected system


def _names(rows: Any, column: str) -> Callable[[Collection[Any]], dict[Any, str]]:
    return lambda keys: dict(rows.filter(pk__in=keys).values_list("pk", column))


def node_domain(kind: str) -> Domain:
    """Return the domain of the places of one kind."""
    return Domain(kind, labels=_names(Node.objects.filter(kind=kind), "name"), tree=True)


REGION, DEPARTMENT = node_domain(NodeKind.REGION), node_domain(NodeKind.DEPARTMENT)
PRODUCT_LINE, SEGMENT = node_domain(NodeKind.PRODUCT_LINE), node_domain(NodeKind.SEGMENT)
PERSON = Domain("person", labels=_names(Person.objects.all(), "name"))
TEAM = Domain("team", labels=_names(Team.objects.all(), "principal__label"), tree=True)
STATE = Domain("state", choices=tuple(PersonState.choices), numbered=False)
SENSITIVITY = Domain("sensitivity", choices=tuple(Sensitivity.choices), ordered=True)
# The set-valued dimensions of people, by the kind of place that they hold.
DIMENSIONS: dict[str, tuple[str, Any, Domain]] = {
    NodeKind.REGION: ("subject.territories", _("Territories"), REGION),
    NodeKind.PRODUCT_LINE: ("subject.product_lines", _("Product lines"), PRODUCT_LINE),
    NodeKind.SEGMENT: ("subject.segments", _("Segments"), SEGMENT),
}


def _built_in(key: str, label: Any, kind: Type, section: Any, domain: Domain | None = None) -> Attribute:
    return Attribute(f"subject.{key}", label, kind, domain, _("The person's record"), BY_EDITORS, section)


BUILT_IN: tuple[Attribute, ...] = (
    _built_in("title", _("Job title"), Type.TEXT, WORK),
    _built_in("manager", _("Manager"), Type.CHOICE, WORK, PERSON),
    _built_in("employed_from", _("First day"), Type.DATE, WORK),
    _built_in("employed_until", _("Last day"), Type.DATE, WORK),
    _built_in("region", _("Region"), Type.NODE, PLACE, REGION),
    _built_in("department", _("Department"), Type.NODE, PLACE, DEPARTMENT),
    *(_built_in(key.partition(".")[2], label, Type.SET, RANGE, domain) for key, label, domain in DIMENSIONS.values()),
    Attribute("subject.teams", _("Teams"), Type.SET, TEAM, _("Memberships"), "team.manage_members", RANGE),
    Attribute("subject.leads", _("Teams they lead"), Type.SET, TEAM, _("Memberships"), "team.manage_members", RANGE),
    _built_in("state", _("State"), Type.CHOICE, ACCOUNT, STATE),
    _built_in("clearance", _("Clearance"), Type.CHOICE, ACCOUNT, SENSITIVITY),
    Attribute("subject.created_at", _("Added here"), Type.MOMENT, None, _("The person's record"), "", ACCOUNT),
)
TYPES = {
    AttributeType.TEXT: Type.TEXT,
    AttributeType.NUMBER: Type.NUMBER,
    AttributeType.BOOLEAN: Type.YES_NO,
    AttributeType.DATE: Type.DATE,
    AttributeType.CHOICE: Type.CHOICE,
    AttributeType.SET: Type.SET,
}


def of_people() -> Schema:
    """Return every attribute of people that a condition may name, in one query."""
    return Schema((*BUILT_IN, *_custom()))


def definitions() -> list[AttributeDefinition]:
    """Return the custom attributes of people that are in use, in the order of their screen."""
    return list(AttributeDefinition.objects.filter(entity=Entity.SUBJECT, archived_at=None))


def _custom() -> Iterator[Attribute]:
    for row in definitions():
        kind = TYPES[AttributeType(row.type)]
        domain = None
        if kind in (Type.CHOICE, Type.SET):
            choices = tuple((str(each["value"]), str(each["label"])) for each in row.choices)
            domain = Domain(f"custom.{row.name}", choices=choices, numbered=False)
        yield Attribute(f"{CUSTOM}{row.name}", row.label, kind, domain, _("Defined here"), BY_EDITORS, OWN)
