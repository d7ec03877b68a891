"""What is left of a condition once the person is known: a function of the thing and of the moment of asking.

`folding` prepares a condition for one thing that is wanted of it: that it is surely true, or surely false. Given a
person's facts, it then says yes, no, or what is left to be asked. Each attribute is read of whom it belongs to. What is
left is the same function for everybody of whom the same is known, so it is kept once.
"""

from collections.abc import Callable, Hashable
from datetime import datetime
from functools import lru_cache
from typing import Any as Value

from cxaccess.lib.conditions.compiled import compiled, plain_of, typing_of
from cxaccess.lib.conditions.evaluation import COMPARES, Facts, Lack, World, many, right_of
from cxaccess.lib.conditions.normal import Every, Literal, Normal, normal
from cxaccess.lib.conditions.operators import Operator
from cxaccess.lib.conditions.schema import Attribute, Entity, Schema, Type
from cxaccess.lib.conditions.tree import Condition, Leaf, Ref

O = Operator  # noqa: E741 - short in what follows
AT = "context.at"  # the moment of asking itself, unless what is known of it says otherwise
KEPT = 1_000  # functions of one part of a condition, for one day
Sure = Callable[[Facts, Facts, datetime], bool]  # of the thing, of the moment, and when it is asked
Left = bool | Sure
Fold = Callable[[Facts, World], Left]
Test = Callable[[Value], bool]


def folding(condition: Condition, schema: Schema, *, wanted: bool) -> Fold:
    """Return what tells, of a person, whether the condition surely is `wanted`, or what is left to be asked.

    Unknown is never surely anything. The day of the world counts: what is left is good for that day only.
    """
    return _fold(normal(condition, negated=not wanted), schema)


def _fold(part: Normal, schema: Schema) -> Fold:
    if isinstance(part, Literal):
        return _literal(part.leaf, schema, wanted=not part.negated)
    every = isinstance(part, Every)
    return _Group([_fold(inner, schema) for inner in _flat(part)], decisive=not every)


def _flat(part: Normal) -> list[Normal]:
    """Return the parts of a group, those of a group of the same kind among them in its place."""
    found: list[Normal] = []
    for inner in part.parts:  # type: ignore[union-attr]  # a group
        found += _flat(inner) if type(inner) is type(part) else [inner]
    return found


class _Group:
    """Every part of several (`decisive` False: one that is not settles it), or some."""

    def __init__(self, folds: list[Fold], *, decisive: bool) -> None:
        self.folds, self.decisive = folds, decisive
        self.kept: dict[tuple[Sure, ...], Sure] = {}

    def __call__(self, known: Facts, world: World) -> Left:
        decisive, left = self.decisive, []
        for fold in self.folds:
            said = fold(known, world)
            if said is decisive:
                return decisive
            if not isinstance(said, bool):
                left.append(said)
        if len(left) < 2:
            return left[0] if left else not decisive
        parts = tuple(left)
        found = self.kept.get(parts)
        if found is None:
            if len(self.kept) >= KEPT:
                self.kept.clear()
            found = self.kept[parts] = _some(parts) if decisive else _every(parts)
        return found


def _every(parts: tuple[Sure, ...]) -> Sure:
    if len(parts) == 2:
        one, two = parts
        return lambda thing, moment, at: one(thing, moment, at) and two(thing, moment, at)

    def sure(thing: Facts, moment: Facts, at: datetime) -> bool:
        for part in parts:  # noqa: SIM110 - a generator takes twice as long
            if not part(thing, moment, at):
                return False
        return True

    return sure


def _some(parts: tuple[Sure, ...]) -> Sure:
    if len(parts) == 2:
        one, two = parts
        return lambda thing, moment, at: one(thing, moment, at) or two(thing, moment, at)

    def sure(thing: Facts, moment: Facts, at: datetime) -> bool:
        for part in parts:  # noqa: SIM110 - as above
            if part(thing, moment, at):
                return True
        return False

    return sure


def _literal(leaf: Leaf, schema: Schema, *, wanted: bool) -> Fold:
    attribute = schema.get(leaf.attribute)
    other = schema.get(leaf.right.key) if isinstance(leaf.right, Ref) else None
    if attribute is None or (isinstance(leaf.right, Ref) and other is None):
        return lambda _known, _world: False  # nobody knows
    if _is_own(attribute) and (other is None or _is_own(other)):
        judge = compiled(leaf, schema)
        return lambda known, world: judge(known, world) is wanted
    return _Open(leaf, schema, attribute, other, wanted=wanted)


def _is_own(attribute: Attribute) -> bool:
    return attribute.entity is Entity.SUBJECT


class _Open:
    """A comparison that asks of the thing or of the moment; the other side is stated, the person's, or open, too."""

    def __init__(
        self, leaf: Leaf, schema: Schema, attribute: Attribute, other: Attribute | None, *, wanted: bool
    ) -> None:
        self.leaf, self.schema, self.attribute, self.other, self.wanted = leaf, schema, attribute, other, wanted
        self.own = ""  # the side that is the person's, if one is, and what types its value
        self.read: Callable[[Value], Value] | None = None
        own = next((side for side in (attribute, other) if side is not None and _is_own(side)), None)
        if own is not None:
            self.own, self.read = own.key, typing_of(own)
        self.is_kept = own is None or own.type is not Type.MOMENT  # moments can be equal and still be two
        self.kept: tuple[World | None, dict[Hashable, Sure]] = (None, {})

    def __call__(self, known: Facts, world: World) -> Left:
        value = None if self.read is None else self.read(known.get(self.own))
        if isinstance(value, Lack):
            return False
        if not self.is_kept:
            return self.made(value, world)
        of, kept = self.kept
        if of is not world or len(kept) >= KEPT:
            kept = {}
            self.kept = (world, kept)
        found = kept.get(value)
        if found is None:
            found = kept[value] = self.made(value, world)
        return found

    def made(self, value: Value, world: World) -> Sure:
        """Return the comparison with one side being `value`, where one is the person's."""
        attribute, other, wanted = self.attribute, self.other, self.wanted
        if other is not None and self.read is None:
            judge = compiled(self.leaf, self.schema)
            return lambda thing, moment, at: judge({AT: at, **moment, **thing}, world) is wanted
        operator = self.leaf.operator
        if other is not None and _is_own(attribute):
            return _asking(other, _test(other, lambda right: _says(operator, attribute, world)(value, right), wanted))
        if operator in (O.IS_SET, O.IS_MISSING):
            judge = compiled(self.leaf, self.schema)
            return _asking(attribute, lambda raw: judge({attribute.key: raw}, world) is wanted)
        right = right_of(self.leaf, attribute, {}, self.schema, world) if other is None else value
        says = _says(operator, attribute, world)
        test = _test(attribute, lambda left: says(left, right), wanted)
        if operator is O.NETWORK:
            return _asking(attribute, _remembered(test))
        values = _values(operator, attribute, right, world, shared=other is None)
        return _asking(attribute, test) if values is None else _among(attribute, values, test, wanted)


def _says(operator: Operator, attribute: Attribute, world: World) -> Callable[[Value, Value], bool]:
    """Return the operator as a function of two values that are there and well-typed."""
    if operator is not O.WITHIN:
        return COMPARES[operator]
    dimension, above = attribute.domain.key if attribute.domain else "", world.above

    def within(left: Value, right: Value) -> bool:
        tops = many(right)
        if isinstance(left, int | str):
            return not tops.isdisjoint(above(dimension, left))  # type: ignore[arg-type]  # nodes are numbers
        return any(not tops.isdisjoint(above(dimension, place)) for place in left)

    return within


def _asking(attribute: Attribute, test: Test) -> Sure:
    """Return `test` of what is known of the thing, or of the moment, by the attribute."""
    key = attribute.key
    if attribute.entity is Entity.RESOURCE:
        return lambda thing, _moment, _at: test(thing.get(key))
    if key == AT:
        return lambda _thing, moment, at: test(moment.get(AT, at))
    return lambda _thing, moment, _at: test(moment.get(key))


def _test(attribute: Attribute, verdict: Test, wanted: bool) -> Test:
    """Return whether a value, typed, is there and the verdict on it is `wanted`."""
    read = typing_of(attribute)

    def test(raw: Value) -> bool:
        value = read(raw)
        return not isinstance(value, Lack) and verdict(value) is wanted

    return test


def _remembered(test: Test) -> Test:
    """Return the same test of a network address: the same few ask again and again, and reading one takes long."""
    remembered = lru_cache(KEPT)(test)
    return lambda raw: remembered(raw) if type(raw) is str else test(raw)


def _values(
    operator: Operator, attribute: Attribute, right: Value, world: World, *, shared: bool
) -> frozenset[Value] | None:
    """Return the values of which the attribute must have one; None where that is no matter of such a set.

    Whatever is below several places of a person's would be a set of that person's own: too much to keep.
    """
    if plain_of(attribute) is None:
        return None
    if operator is O.EQUALS:
        return frozenset({right})
    if operator is O.ONE_OF:
        return frozenset(right)
    if operator is not O.WITHIN or attribute.domain is None:
        return None
    below = [world.below(attribute.domain.key, top) for top in many(right)]
    if len(below) == 1:
        return below[0]
    return frozenset().union(*below) if shared else None


def _among(attribute: Attribute, values: frozenset[Value], test: Test, wanted: bool) -> Sure:
    """Return whether a value is there and is among `values`, or is none of them; `test` is for what is rarely there."""
    key, plain = attribute.key, plain_of(attribute)

    def quick(raw: Value) -> bool:
        if type(raw) is plain and raw != "":
            return (raw in values) is wanted
        return test(raw)

    def of_thing(thing: Facts, _moment: Facts, _at: datetime) -> bool:
        raw = thing.get(key)
        if type(raw) is plain and raw != "":
            return (raw in values) is wanted
        return test(raw)

    return of_thing if attribute.entity is Entity.RESOURCE else _asking(attribute, quick)
