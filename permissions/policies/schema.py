"""The attributes that a policy may speak of: of the person, of the thing, and of the moment of asking."""

from collections.abc import Collection, Iterator

from django.utils.translation import gettext_lazy as _

from accounts.attributes import schema as people
from cxaccess.lib.conditions import Attribute, Domain, Entity, Schema, Type
from permissions.engine.policies import SECOND_FACTOR
from permissions.models import AttributeDefinition, AttributeType
from permissions.models import Entity as Whose

CUSTOM = "resource.custom."
TEAMS, SENSITIVITY, OWNER = "resource.teams", "resource.sensitivity", "resource.owner"
NODES: dict[str, Domain] = {
    "region": people.REGION,
    "department": people.DEPARTMENT,
    "product_line": people.PRODUCT_LINE,
    "segment": people.SEGMENT,
}
PLACE, CARE, ASKING = _("The resource: its place"), _("The resource: its care"), _("The moment of asking")
OWN = _("The resource: your own attributes")
BY_EDITORS = "resource.edit"
REGISTRY, ASKED, ENTERED = _("The registry"), _("Known when somebody asks"), _("Defined here")


def _thing(
    name: str, label: object, kind: Type, section: object, domain: Domain | None = None, other: object = ""
) -> Attribute:
    return Attribute(f"resource.{name}", label, kind, domain, REGISTRY, BY_EDITORS, section, other)  # type: ignore[arg-type]  # words


def _moment(name: str, label: object, kind: Type) -> Attribute:
    return Attribute(f"context.{name}", label, kind, None, ASKED, "", ASKING)  # type: ignore[arg-type]  # words


PERSON = Attribute(
    "subject.person", _("The person"), Type.CHOICE, people.PERSON, _("The person's record"), "", people.WORK,
    _("the person themselves"),
)  # fmt: skip
OF_THINGS: tuple[Attribute, ...] = (
    _thing("region", _("Region of the resource"), Type.NODE, PLACE, people.REGION, _("the resource's region")),
    _thing(
        "department", _("Department of the resource"), Type.NODE, PLACE, people.DEPARTMENT,
        _("the resource's department"),
    ),
    _thing(
        "product_line", _("Product line of the resource"), Type.NODE, PLACE, people.PRODUCT_LINE,
        _("the resource's product line"),
    ),
    _thing("segment", _("Segment of the resource"), Type.NODE, PLACE, people.SEGMENT, _("the resource's segment")),
    _thing("teams", _("Teams of the resource"), Type.SET, PLACE, people.TEAM, _("the resource's teams")),
    _thing("owner", _("Owner of the resource"), Type.CHOICE, CARE, people.PERSON, _("the resource's owner")),
    _thing("sensitivity", _("Sensitivity"), Type.CHOICE, CARE, people.SENSITIVITY),
    _thing("channel", _("Channel"), Type.TEXT, CARE),
    _thing("system", _("System"), Type.TEXT, CARE),
    _thing("created_at", _("Registered"), Type.MOMENT, CARE),
)  # fmt: skip
OF_MOMENT: tuple[Attribute, ...] = (
    _moment("at", _("Time of asking"), Type.MOMENT),
    _moment("managed_device", _("Managed device"), Type.YES_NO),
    _moment("address", _("Network address"), Type.ADDRESS),
    _moment("country", _("Country they are in"), Type.TEXT),
    Attribute(SECOND_FACTOR, _("Minutes since the second factor"), Type.NUMBER, None, ASKED, "", ASKING),
    _moment("purpose", _("Purpose"), Type.TEXT),
)
# What is known of things that are no rows of the registry: where they belong, as far as they have such a place.
OF_PEOPLE = frozenset({"resource.region", "resource.department", TEAMS})
OF_OBJECTS = frozenset({*(f"resource.{name}" for name in NODES), TEAMS})


def whole() -> Schema:
    """Return every attribute that a policy may name, in two queries."""
    return Schema((PERSON, *people.of_people(), *OF_THINGS, *_custom(), *OF_MOMENT))


def known_of(types: Collection[str], console: Collection[str]) -> frozenset[str] | None:
    """Return the attributes of things that all of `types` have; None: every one. `console` are this console's own."""
    found: frozenset[str] | None = None
    for type_ in types:
        if type_ in console and type_ != "resource":
            here = {"person": OF_PEOPLE, "team": OF_OBJECTS, "group": OF_OBJECTS, "role": OF_OBJECTS}
            mine = here.get(type_, frozenset())
            found = mine if found is None else found & mine
    return found


def is_of_thing(key: str) -> bool:
    """Return whether an attribute is known only of one thing."""
    return key.partition(".")[0] == Entity.RESOURCE


def _custom() -> Iterator[Attribute]:
    for row in AttributeDefinition.objects.filter(entity=Whose.RESOURCE, archived_at=None):
        kind = people.TYPES[AttributeType(row.type)]
        domain = None
        if kind in (Type.CHOICE, Type.SET):
            choices = tuple((str(each["value"]), str(each["label"])) for each in row.choices)
            domain = Domain(f"resource.custom.{row.name}", choices=choices, numbered=False)
        yield Attribute(f"{CUSTOM}{row.name}", row.label, kind, domain, ENTERED, BY_EDITORS, OWN)
