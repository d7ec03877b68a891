"""What a condition could say while some facts are still open, and which of its comparisons made it say what it says."""

from collections.abc import Callable, Hashable, Iterator

from cxaccess.lib.conditions.evaluation import Facts, Lack, World, evaluate, typed
from cxaccess.lib.conditions.schema import Schema
from cxaccess.lib.conditions.tree import All, Any, Condition, Leaf, Not, Place, Ref

Said = bool | None
EVERY: frozenset[Said] = frozenset({True, False, None})


def outcomes(
    condition: Condition, facts: Facts, schema: Schema, world: World, is_open: Callable[[str], bool]
) -> frozenset[Said]:
    """Return everything that the condition could say, whatever the attributes turn out to be that `is_open` names.

    It may name too much, as each comparison is looked at by itself; never too little.
    """
    if isinstance(condition, Leaf):
        other = condition.right.key if isinstance(condition.right, Ref) else None
        if is_open(condition.attribute) or (other is not None and is_open(other)):
            return EVERY
        return frozenset({evaluate(condition, facts, schema, world)})
    if isinstance(condition, Not):
        return frozenset(
            None if said is None else not said for said in outcomes(condition.part, facts, schema, world, is_open)
        )
    decisive = isinstance(condition, Any)
    found: frozenset[Said] = frozenset({not decisive})
    for part in condition.parts:
        more = outcomes(part, facts, schema, world, is_open)
        found = frozenset(_joined(one, other, decisive=decisive) for one in found for other in more)
    return found


def residual(
    condition: Condition, facts: Facts, schema: Schema, world: World, is_open: Callable[[str], bool]
) -> Hashable:  # fmt: skip
    """Return what is left of the condition once all is known but what `is_open` names: True, False, None, or a shape.

    Equal shapes say the same of everything that is still open.
    """
    if isinstance(condition, Leaf):
        return _left_of(condition, facts, schema, world, is_open)
    if isinstance(condition, Not):
        inner = residual(condition.part, facts, schema, world, is_open)
        return not inner if isinstance(inner, bool) else None if inner is None else ("not", inner)
    decisive = isinstance(condition, Any)
    parts = {residual(part, facts, schema, world, is_open) for part in condition.parts} - {not decisive}
    if decisive in parts:
        return decisive
    if not parts:
        return not decisive
    return parts.pop() if len(parts) == 1 else (decisive, frozenset(parts))


def _left_of(
    leaf: Leaf, facts: Facts, schema: Schema, world: World, is_open: Callable[[str], bool]
) -> Hashable:  # fmt: skip
    named = (leaf.attribute, leaf.right.key) if isinstance(leaf.right, Ref) else (leaf.attribute,)
    if not any(is_open(key) for key in named):
        return evaluate(leaf, facts, schema, world)
    known = [(schema.get(key), facts.get(key)) for key in named if not is_open(key)]
    values = [Lack.MISSING if attribute is None else typed(attribute, value) for attribute, value in known]
    return None if any(isinstance(value, Lack) for value in values) else (leaf, *values)


def is_within(one: Hashable, other: Hashable) -> bool:
    """Return whether `one` says no more than `other` of anything, as far as the outermost parts of both show it.

    More is True against None, and either against False.
    """
    if one == other or one is False or other is True:
        return True
    return _parts(one, decisive=True) <= _parts(other, decisive=True) or (
        _parts(one, decisive=False) >= _parts(other, decisive=False)
    )


def _parts(shape: Hashable, *, decisive: bool) -> frozenset[Hashable]:
    """Return the parts of an "any" (`decisive`) or "all"; anything else is its own only part."""
    if isinstance(shape, tuple) and shape[0] is decisive:
        return frozenset(shape[1])
    return frozenset({shape})


def _joined(one: Said, other: Said, *, decisive: bool) -> Said:
    if decisive in (one, other):
        return decisive
    return None if None in (one, other) else not decisive


def deciding(condition: Condition, facts: Facts, schema: Schema, world: World) -> tuple[Place, ...]:
    """Return the places of the comparisons because of which the condition says what it says of these facts."""
    return tuple(_deciding(condition, facts, schema, world, ()))


def _deciding(condition: Condition, facts: Facts, schema: Schema, world: World, place: Place) -> Iterator[Place]:
    if isinstance(condition, Leaf):
        yield place
        return
    if isinstance(condition, Not):
        yield from _deciding(condition.part, facts, schema, world, place)
        return
    said = evaluate(condition, facts, schema, world)
    alike = [number for number, part in enumerate(condition.parts) if evaluate(part, facts, schema, world) is said]
    one_is_enough = said is isinstance(condition, Any) or (isinstance(condition, All) and said is False)
    for number in alike[:1] if one_is_enough else alike:
        yield from _deciding(condition.parts[number], facts, schema, world, (*place, number))
