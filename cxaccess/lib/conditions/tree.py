"""The tree itself: leaves that compare two sides, and all / any / not around them. Immutable and hashable."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from cxaccess.lib.conditions.operators import Operator
from cxaccess.lib.conditions.schema import Key, Schema

Place = tuple[int, ...]  # of a part of a condition: it leads from the root by the number of each part, from 0


@dataclass(frozen=True, slots=True)
class Ref:
    """An attribute on the right side of a leaf."""

    key: str


@dataclass(frozen=True, slots=True)
class Relative:
    """A day so many days from today (below zero: behind it), or the moment at which it begins."""

    days: int


@dataclass(frozen=True, slots=True)
class Hours:
    """The time of day from `opens` (included) to `closes` (not) in `zone`; past midnight if it closes first."""

    opens: time
    closes: time
    zone: str


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the week in `zone`: 1 is Monday, 7 is Sunday."""

    days: frozenset[int]
    zone: str


Single = str | int | float | bool | date | datetime | Relative
Side = Single | tuple[Single, ...] | Ref | Hours | Days | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison. `right` is what its operator takes: nothing, a value, several, hours, days, or an attribute."""

    attribute: str
    operator: Operator
    right: Side = None


@dataclass(frozen=True, slots=True)
class All:
    """Holds where every part does. Never empty."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    """Holds where one part does. Never empty."""

    parts: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """Holds where its part does not; unknown stays unknown."""

    part: "Condition"


Condition = Leaf | All | Any | Not


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Yield every leaf, from left to right."""
    if isinstance(condition, Leaf):
        yield condition
    elif isinstance(condition, Not):
        yield from leaves(condition.part)
    else:
        for part in condition.parts:
            yield from leaves(part)


def attributes_of(condition: Condition) -> frozenset[str]:
    """Return the keys of all attributes that the condition reads."""
    found = set()
    for leaf in leaves(condition):
        found.add(leaf.attribute)
        if isinstance(leaf.right, Ref):
            found.add(leaf.right.key)
    return frozenset(found)


def is_dated(condition: Condition) -> bool:
    """Return whether time alone can change what it says."""
    return any(
        isinstance(leaf.right, Relative)
        or (isinstance(leaf.right, tuple) and any(isinstance(value, Relative) for value in leaf.right))
        for leaf in leaves(condition)
    )


def named_in(condition: Condition, schema: Schema) -> dict[str, set[Key]]:
    """Return {domain: keys} of every choice, node or element that the condition names as a value."""
    found: dict[str, set[Key]] = defaultdict(set)
    for leaf in leaves(condition):
        attribute = schema.get(leaf.attribute)
        if attribute is None or attribute.domain is None:
            continue
        values = leaf.right if isinstance(leaf.right, tuple) else (leaf.right,)
        found[attribute.domain.key].update(value for value in values if isinstance(value, int | str))
    return dict(found)
