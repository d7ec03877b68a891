"""Negation normal form: every "not" pushed down to the leaves. In three values that changes nothing."""

from dataclasses import dataclass

from cxaccess.lib.conditions.tree import All, Condition, Leaf, Not


@dataclass(frozen=True, slots=True)
class Literal:
    """A leaf, or its contrary: true where the leaf is false, unknown where it is unknown."""

    leaf: Leaf
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: "tuple[Normal, ...]"


@dataclass(frozen=True, slots=True)
class Some:
    """One part holds."""

    parts: "tuple[Normal, ...]"


Normal = Literal | Every | Some


def normal(condition: Condition, *, negated: bool = False) -> Normal:
    """Return the condition (or its contrary) without any "not" but on leaves."""
    if isinstance(condition, Leaf):
        return Literal(condition, negated)
    if isinstance(condition, Not):
        return normal(condition.part, negated=not negated)
    parts = tuple(normal(part, negated=negated) for part in condition.parts)
    every = isinstance(condition, All) is not negated
    return Every(parts) if every else Some(parts)
