"""What a condition says of some facts: true, false, or None where it cannot be known. Unknown never opens.

Missing is: not there, None, an empty text, a set with nothing in it. Ill-typed is anything of another type. Both make
a comparison unknown, and "not" leaves unknown unknown, so neither side of a "not" lets anybody in by what nobody knows.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any as Value
from zoneinfo import ZoneInfo

from cxaccess.lib.addresses import address, network
from cxaccess.lib.clock import start_of_day
from cxaccess.lib.conditions.operators import Operator
from cxaccess.lib.conditions.schema import Attribute, Domain, Schema, Type
from cxaccess.lib.conditions.tree import Any, Condition, Days, Hours, Leaf, Not, Ref, Relative

Facts = Mapping[str, object]  # {attribute's key: value}
O = Operator  # noqa: E741 - short in the table below


@dataclass(frozen=True, slots=True)
class World:
    """What conditions need beside facts: the moment, the zone whose days count, and the trees.

    `above(dimension, node)` is the node with all above it, `below` with all under it.
    """

    at: datetime
    above: Callable[[str, int], frozenset[int]]
    below: Callable[[str, int], frozenset[int]]
    zone: str = "UTC"

    def moment(self, relative: Relative) -> datetime:
        """Return the moment at which the day so many days from today begins: what is relative changes once a day."""
        return start_of_day(self.day(relative), self.zone)

    def day(self, relative: Relative) -> date:
        """Return the day so many days from today."""
        return self.at.astimezone(ZoneInfo(self.zone)).date() + timedelta(days=relative.days)


class Lack(Enum):
    """Why there is no value."""

    MISSING = "missing"
    ILL_TYPED = "ill_typed"


def evaluate(condition: Condition, facts: Facts, schema: Schema, world: World) -> bool | None:
    """Return whether the condition holds: True, False, or None for unknown."""
    if isinstance(condition, Leaf):
        return _leaf(condition, facts, schema, world)
    if isinstance(condition, Not):
        found = evaluate(condition.part, facts, schema, world)
        return None if found is None else not found
    said = [evaluate(part, facts, schema, world) for part in condition.parts]
    decisive = isinstance(condition, Any)
    if decisive in said:
        return decisive
    return None if None in said else not decisive


def _leaf(leaf: Leaf, facts: Facts, schema: Schema, world: World) -> bool | None:
    attribute = schema.get(leaf.attribute)
    if attribute is None:
        return None
    left = typed(attribute, facts.get(leaf.attribute))
    if leaf.operator in (O.IS_SET, O.IS_MISSING):
        return None if left is Lack.ILL_TYPED else (left is Lack.MISSING) is (leaf.operator is O.IS_MISSING)
    right = right_of(leaf, attribute, facts, schema, world)
    if isinstance(left, Lack) or isinstance(right, Lack):
        return None
    return holds(leaf.operator, left, right, attribute, world)


def right_of(leaf: Leaf, attribute: Attribute, facts: Facts, schema: Schema, world: World) -> Value:
    """Return the typed right side of a leaf: a value, a set, or a Lack."""
    if isinstance(leaf.right, Ref):
        other = schema.get(leaf.right.key)
        return Lack.MISSING if other is None else typed(other, facts.get(leaf.right.key))
    if isinstance(leaf.right, tuple):
        values = tuple(stated(attribute, value, world) for value in leaf.right)
        return values if leaf.operator is O.BETWEEN else frozenset(values)
    return stated(attribute, leaf.right, world)


def stated(attribute: Attribute, value: Value, world: World) -> Value:
    """Return a value as the condition states it; a relative one as of now."""
    if isinstance(value, Relative):
        return world.day(value) if attribute.type is Type.DATE else world.moment(value)
    return value


def typed(attribute: Attribute, raw: object) -> Value:
    """Return `raw` if it is of the attribute's type, as a frozenset for a set, else why not.

    JSON holds sets as lists, and days as text.
    """
    if raw is None or (isinstance(raw, str | frozenset | set | list | tuple) and not raw):
        return Lack.MISSING
    if attribute.type is Type.SET:
        return _set(attribute.domain, raw)
    if attribute.type is Type.DATE and isinstance(raw, str):
        return _day(raw)
    return raw if _is(attribute, raw) else Lack.ILL_TYPED


def _day(raw: str) -> Value:
    try:
        found = date.fromisoformat(raw)
    except ValueError:
        return Lack.ILL_TYPED
    return found if found.isoformat() == raw else Lack.ILL_TYPED


def _set(domain: Domain | None, raw: object) -> Value:
    if not isinstance(raw, frozenset | set | list | tuple) or domain is None:
        return Lack.ILL_TYPED
    return frozenset(raw) if all(domain.fits(value) for value in raw) else Lack.ILL_TYPED


def _is(attribute: Attribute, raw: object) -> bool:
    kind = attribute.type
    if kind is Type.NUMBER:
        # Not isfinite: of a whole number too large for a float it cannot tell.
        return isinstance(raw, int | float) and not isinstance(raw, bool) and -math.inf < raw < math.inf
    if kind is Type.MOMENT:
        return isinstance(raw, datetime) and raw.tzinfo is not None
    if kind is Type.DATE:
        return isinstance(raw, date) and not isinstance(raw, datetime)
    if kind is Type.ADDRESS:
        return _address(raw) is not None
    if kind in (Type.CHOICE, Type.NODE):
        return attribute.domain is not None and attribute.domain.fits(raw)
    return isinstance(raw, bool if kind is Type.YES_NO else str)


def _address(raw: Value) -> Value:
    try:
        return address(raw) if isinstance(raw, str) else None
    except ValueError:
        return None


def holds(operator: Operator, left: Value, right: Value, attribute: Attribute, world: World) -> bool:
    """Return what the operator says of two values that are there and well-typed."""
    if operator is O.WITHIN:
        return _within(left, right, attribute, world)
    return bool(COMPARES[operator](left, right))


def _within(left: Value, right: Value, attribute: Attribute, world: World) -> bool:
    dimension = attribute.domain.key if attribute.domain else ""
    tops = many(right)
    return any(not tops.isdisjoint(world.above(dimension, place)) for place in many(left))


def many(value: Value) -> frozenset[Value]:
    """Return a set's elements, or the one value as a set."""
    return value if isinstance(value, frozenset) else frozenset({value})


def _hours(left: datetime, hours: Hours) -> bool:
    local = left.astimezone(ZoneInfo(hours.zone))
    minute, opens, closes = (each.hour * 60 + each.minute for each in (local, hours.opens, hours.closes))
    return opens <= minute < closes if opens < closes else minute >= opens or minute < closes


def _weekday(left: datetime, days: Days) -> bool:
    return left.astimezone(ZoneInfo(days.zone)).isoweekday() in days.days


def _network(left: str, networks: Collection[str]) -> bool:
    here = _address(left)
    found = [network(each) for each in networks]
    return any(here.version == each.version and here in each for each in found)


COMPARES: dict[Operator, Callable[[Value, Value], Value]] = {
    O.EQUALS: lambda left, right: left == right,
    O.ONE_OF: lambda left, right: left in right,
    O.CONTAINS_ANY: lambda left, right: not left.isdisjoint(right),
    O.SHARES_ANY: lambda left, right: not left.isdisjoint(right),
    O.CONTAINS_ALL: lambda left, right: left >= right,
    O.SUBSET_OF: lambda left, right: left <= right,
    O.BEFORE: lambda left, right: left < right,
    O.LESS: lambda left, right: left < right,
    O.AFTER: lambda left, right: left > right,
    O.MORE: lambda left, right: left > right,
    O.AT_MOST: lambda left, right: left <= right,
    O.AT_LEAST: lambda left, right: left >= right,
    O.BETWEEN: lambda left, right: right[0] <= left <= right[1],
    O.STARTS_WITH: lambda left, right: left.startswith(right),
    O.HOURS: _hours,
    O.WEEKDAY: _weekday,
    O.NETWORK: _network,
}
