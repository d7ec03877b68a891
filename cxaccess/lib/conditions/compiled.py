"""A condition as one function that says what `evaluate` says: what needs no facts is worked out once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any as Value

from cxaccess.lib.conditions.evaluation import COMPARES, Facts, Lack, World, many, right_of, stated, typed
from cxaccess.lib.conditions.operators import Operator
from cxaccess.lib.conditions.schema import Attribute, Schema, Type
from cxaccess.lib.conditions.tree import Any, Condition, Leaf, Not, Ref, Relative

Judge = Callable[[Facts, World], bool | None]


def compiled(condition: Condition, schema: Schema) -> Judge:
    """Return the condition as a function of facts and world: True, False, or None for unknown."""
    if isinstance(condition, Leaf):
        return _leaf(condition, schema)
    if isinstance(condition, Not):
        return _contrary(compiled(condition.part, schema))
    return _group([compiled(part, schema) for part in condition.parts], decisive=isinstance(condition, Any))


def unknown(_facts: Facts, _world: World) -> None:
    """Say what a condition says that cannot be read: nobody knows."""


def _contrary(part: Judge) -> Judge:
    def judge(facts: Facts, world: World) -> bool | None:
        found = part(facts, world)
        return None if found is None else not found

    return judge


def _group(parts: list[Judge], *, decisive: bool) -> Judge:
    """Return "any" (`decisive` True) or "all" of `parts`: the first decisive one settles it."""

    def judge(facts: Facts, world: World) -> bool | None:
        said: bool | None = not decisive
        for part in parts:
            found = part(facts, world)
            if found is decisive:
                return decisive
            if found is None:
                said = None
        return said

    return judge


def _leaf(leaf: Leaf, schema: Schema) -> Judge:
    attribute = schema.get(leaf.attribute)
    if attribute is None:
        return unknown
    if leaf.operator in (Operator.IS_SET, Operator.IS_MISSING):
        return _presence(attribute, wants=leaf.operator is Operator.IS_SET)
    right, left_of, says = _right(leaf, attribute, schema), _reading(attribute), _says(leaf.operator, attribute)

    def judge(facts: Facts, world: World) -> bool | None:
        left = left_of(facts)
        if isinstance(left, Lack):
            return None
        other = right(facts, world)
        return None if isinstance(other, Lack) else says(left, other, world)

    return judge


def _says(operator: Operator, attribute: Attribute) -> Callable[[Value, Value, World], bool]:
    """Return the operator as a function of two values that are there and well-typed."""
    if operator is not Operator.WITHIN:
        compare = COMPARES[operator]
        return lambda left, right, _world: bool(compare(left, right))
    dimension = attribute.domain.key if attribute.domain else ""

    def within(left: Value, right: Value, world: World) -> bool:
        tops = many(right)
        if isinstance(left, int | str):
            return not tops.isdisjoint(world.above(dimension, left))  # type: ignore[arg-type]  # nodes are numbers
        return any(not tops.isdisjoint(world.above(dimension, place)) for place in left)

    return within


PLAIN: dict[Type, type] = {Type.TEXT: str, Type.YES_NO: bool}


def plain_of(attribute: Attribute) -> type | None:
    """Return the Python type of which most values of the attribute are, one value each; None for other kinds."""
    if attribute.type in (Type.CHOICE, Type.NODE) and attribute.domain is not None:
        return int if attribute.domain.numbered else str
    return PLAIN.get(attribute.type)


def typing_of(attribute: Attribute) -> Callable[[Value], Value]:
    """Return what types a value; the commonest kinds of each type without asking which type it is."""
    plain, kind = plain_of(attribute), attribute.type
    if plain is not None:
        return lambda raw: raw if type(raw) is plain and raw != "" else typed(attribute, raw)
    if kind is Type.MOMENT:
        return lambda raw: raw if type(raw) is datetime and raw.tzinfo is not None else typed(attribute, raw)
    if kind is Type.NUMBER:
        return lambda raw: raw if type(raw) is int else typed(attribute, raw)
    if kind is Type.SET and attribute.domain is not None:
        return _set_of(attribute, int if attribute.domain.numbered else str)
    return lambda raw: typed(attribute, raw)


def _set_of(attribute: Attribute, plain: type) -> Callable[[Value], Value]:
    def read(raw: Value) -> Value:
        if not raw or type(raw) not in (frozenset, list):
            return typed(attribute, raw)
        for each in raw:
            if type(each) is not plain:
                return typed(attribute, raw)
        return frozenset(raw)

    return read


def _reading(attribute: Attribute) -> Callable[[Facts], Value]:
    key, read = attribute.key, typing_of(attribute)
    return lambda facts: read(facts.get(key))


def _presence(attribute: Attribute, *, wants: bool) -> Judge:
    def judge(facts: Facts, _world: World) -> bool | None:
        found = typed(attribute, facts.get(attribute.key))
        return None if found is Lack.ILL_TYPED else (found is not Lack.MISSING) is wants

    return judge


def _right(leaf: Leaf, attribute: Attribute, schema: Schema) -> Callable[[Facts, World], Value]:
    """Return what gives the other side; a value that no day moves is made once."""
    side = leaf.right
    other = schema.get(side.key) if isinstance(side, Ref) else None
    if other is not None:
        read = _reading(other)
        return lambda facts, _world: read(facts)
    if isinstance(side, Ref | Relative):
        return lambda facts, world: right_of(leaf, attribute, facts, schema, world)
    if isinstance(side, tuple) and any(isinstance(value, Relative) for value in side):
        return lambda facts, world: right_of(leaf, attribute, facts, schema, world)
    fixed = _fixed(leaf, attribute)
    return lambda _facts, _world: fixed


def _fixed(leaf: Leaf, attribute: Attribute) -> Value:
    """Return a side without days from now: no world is needed to state it."""
    world: Value = None
    if isinstance(leaf.right, tuple):
        values = tuple(stated(attribute, value, world) for value in leaf.right)
        return values if leaf.operator is Operator.BETWEEN else frozenset(values)
    return stated(attribute, leaf.right, world)
