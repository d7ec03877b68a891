"""A condition as one function that says what `evaluate` says: what needs no facts is worked out once."""

from collections.abc import Callable
from typing import Any as Value

from cxaccess.lib.conditions.evaluation import Facts, Lack, World, holds, right_of, stated, typed
from cxaccess.lib.conditions.operators import Operator
from cxaccess.lib.conditions.schema import Attribute, Schema
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
    right = _right(leaf, attribute, schema)
    key, operator = leaf.attribute, leaf.operator

    def judge(facts: Facts, world: World) -> bool | None:
        left = typed(attribute, facts.get(key))
        if isinstance(left, Lack):
            return None
        other = right(facts, world)
        return None if isinstance(other, Lack) else holds(operator, left, other, attribute, world)

    return judge


def _presence(attribute: Attribute, *, wants: bool) -> Judge:
    def judge(facts: Facts, _world: World) -> bool | None:
        found = typed(attribute, facts.get(attribute.key))
        return None if found is Lack.ILL_TYPED else (found is not Lack.MISSING) is wants

    return judge


def _right(leaf: Leaf, attribute: Attribute, schema: Schema) -> Callable[[Facts, World], Value]:
    """Return what gives the other side; a value that no day moves is made once."""
    side = leaf.right
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
