"""What a condition could say while some facts are still open, and which of its comparisons made it say what it says."""

from collections.abc import Callable, Iterator

from cxaccess.lib.conditions.evaluation import Facts, World, evaluate
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
