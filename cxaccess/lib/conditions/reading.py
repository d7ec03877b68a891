"""Reads conditions from JSON, strictly: what no schema knows is refused, with its place and the reason."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any as Json

from django.utils.translation import gettext as _

from cxaccess.lib.conditions.operators import RIGHT, Operator, Right, fits, pairs
from cxaccess.lib.conditions.schema import Attribute, Domain, Key, Schema
from cxaccess.lib.conditions.tree import All, Any, Condition, Leaf, Not, Place, Ref, Side
from cxaccess.lib.conditions.values import BadValue, read_side

DEEPEST = 6  # groups within groups, counting each "not"
MOST_LEAVES = 100
MOST_PARTS = MOST_LEAVES * (DEEPEST + 1)  # groups, and what is no condition at all, count too
MOST_VALUES_IN_ALL = 2_000  # of all comparisons together: each is looked at whenever the condition is judged


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a condition is refused, and where: `place` leads from the root by the number of each part, from 0.

    A "not" takes no number of its own. `part` is what of a leaf is wrong: attribute, operator, value, or nothing.
    """

    place: Place
    part: str
    message: str

    def __str__(self) -> str:
        """Return it with its place as people count: "2.1: No such attribute."."""
        shown = ".".join(str(number + 1) for number in self.place)
        return f"{shown}: {self.message}" if shown else self.message


class InvalidCondition(ValueError):
    """A condition that cannot be read; `problems` says all that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


def read(raw: Json, schema: Schema, *, existing: bool = True) -> Condition:
    """Return the condition. `existing`: what it names must exist, too. Raises InvalidCondition."""
    reader = _Reader(schema)
    try:
        found = reader.part(raw, (), 0)
    except _TooMuch as refusal:
        raise InvalidCondition([refusal.problem]) from refusal
    if existing and not reader.problems:
        reader.require_existing()
    if reader.problems or found is None:
        raise InvalidCondition(reader.problems)
    return found


class _Refusal(Exception):
    """What is wrong with one part; its neighbours are read on."""

    def __init__(self, place: Place, part: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(place, part, message)


class _TooMuch(Exception):
    """It is so large that it is read no further: else whoever writes it says how long that takes."""

    def __init__(self, place: Place) -> None:
        message = _("Keep it to %(n)d conditions.") % {"n": MOST_LEAVES}
        super().__init__(message)
        self.problem = Problem(place, "", message)


class _Reader:
    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.problems: list[Problem] = []
        self.named: dict[str, dict[Key, Place]] = defaultdict(dict)
        self.domains: dict[str, Domain] = {}
        self.leaves = 0
        self.parts = 0
        self.values = 0

    def part(self, raw: Json, place: Place, depth: int) -> Condition | None:
        """Return the condition, or None with its problems noted."""
        try:
            return self.condition(raw, place, depth)
        except _Refusal as refusal:
            self.problems.append(refusal.problem)
            return None

    def condition(self, raw: Json, place: Place, depth: int) -> Condition | None:
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise _TooMuch(place)
        if not isinstance(raw, Mapping):
            raise _Refusal(place, "", _("This is no condition."))
        if depth > DEEPEST:
            raise _Refusal(place, "", _("Keep groups within groups to %(n)d levels.") % {"n": DEEPEST})
        keys = set(raw)
        if keys == {"not"}:
            part = self.condition(raw["not"], place, depth + 1)
            return None if part is None else Not(part)
        if keys in ({"all"}, {"any"}):
            return self.group(raw, place, depth)
        return self.leaf(raw, place)

    def group(self, raw: Mapping[str, Json], place: Place, depth: int) -> Condition | None:
        kind, parts = next(iter(raw.items()))
        if not isinstance(parts, list) or not parts:
            raise _Refusal(place, "", _("A group needs at least one condition."))
        if len(parts) > MOST_LEAVES:
            raise _TooMuch(place)
        found = [self.part(part, (*place, number), depth + 1) for number, part in enumerate(parts)]
        known = tuple(part for part in found if part is not None)
        if len(known) < len(found):
            return None
        return All(known) if kind == "all" else Any(known)

    def leaf(self, raw: Mapping[str, Json], place: Place) -> Leaf:
        self.leaves += 1
        if self.leaves > MOST_LEAVES:
            raise _TooMuch(place)
        if not {"attribute", "operator"} <= set(raw) <= {"attribute", "operator", "value", "other"}:
            raise _Refusal(place, "", _("A condition has an attribute, an operator and a value, nothing else."))
        attribute = self.schema.get(raw["attribute"])
        if attribute is None:
            raise _Refusal(place, "attribute", _("No such attribute. Choose one of the list."))
        operator = _operator(raw["operator"])
        if operator is None or not fits(operator, attribute):
            raise _Refusal(place, "operator", _("This comparison does not fit the attribute."))
        return Leaf(attribute.key, operator, self.right(attribute, operator, raw, place))

    def right(self, attribute: Attribute, operator: Operator, raw: Mapping[str, Json], place: Place) -> Side:
        given = {"value", "other"} & set(raw)
        if RIGHT[operator] is Right.NOTHING:
            if given:
                raise _Refusal(place, "value", _("This comparison takes no value."))
            return None
        if len(given) != 1:
            raise _Refusal(place, "value", _("Compare with a value or with another attribute."))
        if "other" in given:
            other = self.schema.get(raw["other"])
            if other is None or other.key == attribute.key or not pairs(attribute, operator, other):
                raise _Refusal(place, "value", _("These two attributes cannot be compared so."))
            return Ref(other.key)
        try:
            side = read_side(attribute, operator, raw["value"])
        except BadValue as error:
            raise _Refusal(place, "value", str(error)) from error
        self.values += len(side) if isinstance(side, tuple) else 1
        if self.values > MOST_VALUES_IN_ALL:
            raise _Refusal(place, "value", _("Name at most %(n)d values in all.") % {"n": MOST_VALUES_IN_ALL})
        self.note(attribute, side, place)
        return side

    def note(self, attribute: Attribute, side: Side, place: Place) -> None:
        """Keep which keys of which domain are named, and where."""
        if attribute.domain is None:
            return
        self.domains.setdefault(attribute.domain.key, attribute.domain)
        for value in side if isinstance(side, tuple) else (side,):
            if isinstance(value, int | str):
                self.named[attribute.domain.key].setdefault(value, place)

    def require_existing(self) -> None:
        """Refuse what is named and does not exist; one look for each domain."""
        for key, places in self.named.items():
            known = self.domains[key].named(places.keys())
            message = _("A value does not exist, or can no longer be chosen.")
            self.problems += [Problem(place, "value", message) for key, place in places.items() if key not in known]


def _operator(raw: Json) -> Operator | None:
    return Operator(raw) if isinstance(raw, str) and raw in Operator._value2member_map_ else None
