"""Where the attributes of people stand in the tables."""

from datetime import datetime

from accounts.attributes.schema import CUSTOM, DIMENSIONS
from accounts.models import Membership, Part, PersonDimension
from cxaccess.lib.conditions import Attribute, Schema, Type
from cxaccess.lib.conditions.columns import Column, Place, Relation
from cxaccess.lib.conditions.json_columns import JsonColumn, JsonSet

BLANK = {"subject.title"}


def of_people(schema: Schema, at: datetime) -> dict[str, Place]:
    """Return where each attribute of `schema` stands, as of `at`: what has a window counts while it is in force."""
    return {attribute.key: _place(attribute, at) for attribute in schema}


def _place(attribute: Attribute, at: datetime) -> Place:
    if attribute.key.startswith(CUSTOM):
        name = attribute.key.removeprefix(CUSTOM)
        return JsonSet("custom", name) if attribute.type is Type.SET else JsonColumn("custom", name, attribute.type)
    for kind, (key, _label, _domain) in DIMENSIONS.items():
        if attribute.key == key:
            return _dimension(kind, at)
    if attribute.key in ("subject.teams", "subject.leads"):
        return _memberships(at, leads=attribute.key == "subject.leads")
    return Column(attribute.key.partition(".")[2], blank=attribute.key in BLANK)


def _dimension(kind: str, at: datetime) -> Relation:
    rows = PersonDimension.objects.filter(node__kind=kind)
    return Relation(lambda: rows.in_force(at), "person", "node", every=rows.all)


def _memberships(at: datetime, *, leads: bool) -> Relation:
    rows = Membership.objects.filter(principal__team__isnull=False)
    if leads:
        rows = rows.filter(part=Part.LEAD)
    return Relation(lambda: rows.in_force(at), "person", "principal__team", numbered=False, every=rows.all)
