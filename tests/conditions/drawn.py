"""Random people and random conditions on them: everything may be missing, and most things sometimes are."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from accounts.models import Node, NodeKind, Person, PersonDimension, PersonState, Team
from cxaccess.lib.conditions import Attribute, Operator, Schema, Type
from cxaccess.lib.conditions.operators import RIGHT, Right, operators_for, others_for
from permissions.models import AttributeDefinition
from tests import world

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
TITLES = ("", "Analyst", "analyst", "Senior analyst", "Care lead", "Ärztin", "a_b%", "o'clock")
DAYS = [date(2026, 6, 15) + timedelta(days=number) for number in (-30, -1, 0, 1, 30)]
MOMENTS = [NOON + timedelta(hours=hours) for hours in (-800, -25, -12, 0, 5, 30)]
NUMBERS = (0, 1, 2.5, -3, 10**12)
WORDS = ("", "alpha", "Alpha", "beta", "[]", "a'b")
five = st.integers(0, 4)
maybe = st.none() | st.integers(0, 5)
windows = st.sampled_from([(-3, None), (-3, 3), (-3, -1), (1, None), (0, 1), (-2, 0)])


@dataclass
class Town:
    """The rows that conditions on people can name."""

    regions: list[Node]
    departments: list[Node]
    lines: list[Node]
    teams: list[Team]
    people: list[Person]


DEFINED = (
    ("motto", "text", []), ("score", "number", []), ("trained", "boolean", []), ("hired-again", "date", []),
    ("shift", "choice", ["early", "late"]), ("tongues", "set", ["de", "en", "fr"]),
)  # fmt: skip


def define() -> None:
    """Define a custom attribute of every type."""
    AttributeDefinition.objects.bulk_create(
        AttributeDefinition(
            entity="subject", name=name, label=name.title(), type=kind, created_at=NOON,
            choices=[{"value": value, "label": value.title()} for value in choices],
        )
        for name, kind, choices in DEFINED
    )  # fmt: skip


def tree(kind: str) -> list[Node]:
    """Make five places of `kind`, three deep."""
    made: list[Node] = []
    for number, parent in enumerate((None, 0, 1, 0, None)):
        made.append(world.node(f"{kind} {number}", made[parent] if parent is not None else None, kind=kind))
    return made


wrong = st.sampled_from([7, "late", True, [], ["de"], {"a": 1}, None, "", "2026-13", 2.5])
customs = st.fixed_dictionaries(
    {},
    optional={
        "motto": st.sampled_from(WORDS) | wrong,
        "score": st.sampled_from(NUMBERS) | wrong,
        "trained": st.booleans() | wrong,
        "hired-again": st.sampled_from([day.isoformat() for day in DAYS]) | st.sampled_from([7, None, "", "soon"]),
        "shift": st.sampled_from(["early", "late"]) | wrong,
        "tongues": st.lists(st.sampled_from(["de", "en", "fr"]), max_size=3, unique=True) | st.sampled_from([7, None]),
    },
)
person = st.fixed_dictionaries(
    {
        "region": maybe, "department": maybe, "manager": st.none() | st.integers(0, 2),
        "title": st.sampled_from(TITLES), "state": st.sampled_from(list(PersonState)),
        "clearance": st.none() | st.integers(1, 4),
        "employed_from": st.none() | st.sampled_from(DAYS), "employed_until": st.none() | st.sampled_from(DAYS),
        "created_at": st.sampled_from(MOMENTS), "custom": customs,
        "dimensions": st.lists(st.tuples(st.sampled_from(["regions", "lines"]), five, windows), max_size=4),
        "teams": st.lists(st.tuples(st.integers(0, 2), st.booleans(), windows), max_size=3),
    }
)  # fmt: skip
towns = st.lists(person, min_size=3, max_size=5)


def place() -> Town:
    """Make the places and teams, without anybody."""
    teams = [world.team("One"), world.team("Two")]
    teams.append(world.team("Under one", teams[0]))
    define()
    return Town(tree(NodeKind.REGION), tree(NodeKind.DEPARTMENT), tree(NodeKind.PRODUCT_LINE), teams, [])


def settle(town: Town, drawn: list[dict]) -> Town:
    """Put drawn people into the town."""
    settled = replace(town, people=[])
    for number, row in enumerate(drawn):
        settled.people.append(_person(settled, number, dict(row)))
    return settled


def _at(rows: list, number: int | None):
    return None if number is None or not rows else rows[number % len(rows)]


def _person(town: Town, number: int, row: dict) -> Person:
    dimensions, teams = row.pop("dimensions"), row.pop("teams")
    row["region"], row["department"] = _at(town.regions, row["region"]), _at(town.departments, row["department"])
    row["manager"] = _at(town.people, row["manager"])
    made = world.person(f"Person {number}", **row)
    for kind, place, (start, end) in dimensions:
        until = None if end is None else NOON + timedelta(days=end)
        PersonDimension.objects.create(
            person=made, node=getattr(town, kind)[place], starts_at=NOON + timedelta(days=start), until=until
        )
    for place, leads, (start, end) in teams:
        until = None if end is None else NOON + timedelta(days=end)
        part = "lead" if leads else "member"
        world.join(made, town.teams[place], part=part, starts=NOON + timedelta(days=start), until=until)
    made.refresh_from_db()
    return made


def keys_of(town: Town, attribute: Attribute) -> list:
    """Return keys that values of `attribute` may have."""
    domain = attribute.domain
    if domain is None:
        return []
    if domain.choices is not None:
        return [key for key, _label in domain.choices]
    rows = {"region": town.regions, "department": town.departments, "product_line": town.lines, "team": town.teams,
            "person": town.people, "segment": []}[domain.key]  # fmt: skip
    return [row.pk for row in rows] or [1]


def single(town: Town, attribute: Attribute) -> st.SearchStrategy:
    """Return values of the attribute's type, as JSON."""
    relative = st.sampled_from([-30, -1, 0, 1, 30]).map(lambda days: {"days_from_now": days})
    kinds = {
        Type.TEXT: st.sampled_from([text for text in (*TITLES, *WORDS) if text]),
        Type.NUMBER: st.sampled_from(NUMBERS),
        Type.YES_NO: st.booleans(),
        Type.DATE: st.sampled_from([day.isoformat() for day in DAYS]) | relative,
        Type.MOMENT: st.sampled_from([moment.isoformat() for moment in MOMENTS]) | relative,
    }
    if attribute.type in kinds:
        return kinds[attribute.type]
    return st.sampled_from(keys_of(town, attribute))


def right(town: Town, attribute: Attribute, operator: Operator) -> st.SearchStrategy:
    """Return what may stand on the other side as a value, as JSON."""
    one = single(town, attribute)
    zone = st.sampled_from(ZONES)
    clock = st.sampled_from(["00:00", "05:30", "12:00", "18:00", "23:59"])
    return {
        Right.ONE: one,
        Right.SOME: st.lists(one, min_size=1, max_size=3),
        Right.PLACES: st.lists(one, min_size=1, max_size=2),
        Right.RANGE: st.lists(one, min_size=2, max_size=2),
        Right.HOURS: st.fixed_dictionaries({"from": clock, "until": clock, "zone": zone}),
        Right.DAYS: st.fixed_dictionaries(
            {"days": st.lists(st.integers(1, 7), min_size=1, max_size=4, unique=True), "zone": zone}
        ),
        Right.NETWORKS: st.just(["10.0.0.0/8"]),
    }[RIGHT[operator]]


@st.composite
def leaf(draw, town: Town, schema: Schema):
    attribute = draw(st.sampled_from(list(schema)))
    operator = draw(st.sampled_from(operators_for(attribute)))
    made = {"attribute": attribute.key, "operator": operator.value}
    if RIGHT[operator] is Right.NOTHING:
        return made
    others = others_for(attribute, operator, schema)
    if others and draw(st.booleans()):
        return made | {"other": draw(st.sampled_from(others)).key}
    return made | {"value": draw(right(town, attribute, operator))}


def conditions(town: Town, schema: Schema) -> st.SearchStrategy:
    """Return conditions as JSON, nested; a few of them cannot be read (both ends of a time are the same)."""
    return st.recursive(
        leaf(town, schema),
        lambda part: st.one_of(
            part.map(lambda inner: {"not": inner}),
            st.lists(part, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
            st.lists(part, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        ),
        max_leaves=5,
    )
