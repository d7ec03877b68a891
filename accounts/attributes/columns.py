"""Where the attributes of people stand in the tables."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.attributes.schema import CUSTOM, DIMENSIONS
from accounts.models import Membership, Part, Person, PersonDimension
from cxaccess.lib.conditions import Attribute, Schema, Type
from cxaccess.lib.conditions.columns import Column, Place, Relation
from cxaccess.lib.conditions.json_columns import JsonColumn, JsonSet

BLANK = {"subject.title"}


def of_people(schema: Schema, at: datetime, people: QuerySet[Person] | None = None) -> dict[str, Place]:
    """Return where each attribute of `schema` stands, as of `at`: what has a window counts while it is in force.

    With `people`, the rows of these alone are looked at: what is asked of one is not worked out for everybody.
    """
    return {attribute.key: _place(attribute, at, people) for attribute in schema}


def _place(attribute: Attribute, at: datetime, people: QuerySet[Person] | None) -> Place:
    if attribute.key.startswith(CUSTOM):
        name = attribute.key.removeprefix(CUSTOM)
        return JsonSet("custom", name) if attribute.type is Type.SET else JsonColumn("custom", name, attribute.type)
    for kind, (key, _label, _domain) in DIMENSIONS.items():
        if attribute.key == key:
            return _dimension(kind, at, people)
    if attribute.key in ("subject.teams", "subject.leads"):
        return _memberships(at, people, leads=attribute.key == "subject.leads")
    return Column(attribute.key.partition(".")[2], blank=attribute.key in BLANK)


def _dimension(kind: str, at: datetime, people: QuerySet[Person] | None) -> Relation:
    rows = _of(PersonDimension.objects.filter(node__kind=kind), people)
    return Relation(lambda: rows.in_force(at), "person", "node", every=rows.all)


def _of(rows: Any, people: QuerySet[Person] | None) -> Any:
    return rows if people is None else rows.filter(person__in=people.values("pk"))


def _memberships(at: datetime, people: QuerySet[Person] | None, *, leads: bool) -> Relation:
    rows = _of(Membership.objects.filter(principal__team__isnull=False), people)
    if leads:
        rows = rows.filter(part=Part.LEAD)
    return Relation(lambda: rows.in_force(at), "person", "principal__team", numbered=False, every=rows.all)
