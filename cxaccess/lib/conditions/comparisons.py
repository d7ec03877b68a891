"""Each operator over columns: what `evaluation` does with values, in SQL. The caller sees that both sides are there."""

from collections.abc import Callable
from typing import Any as Side
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Value
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, ExtractMinute, Left, Length
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    LessThan,
    LessThanOrEqual,
)

from cxaccess.lib.conditions.columns import NotCompilable, One, Place, Relation, Several, contrary
from cxaccess.lib.conditions.evaluation import World, many
from cxaccess.lib.conditions.operators import Operator
from cxaccess.lib.conditions.schema import Attribute
from cxaccess.lib.conditions.tree import Hours, Leaf

O = Operator  # noqa: E741 - short in the tables below
ORDER: dict[Operator, Callable[[Side, Side], Side]] = {
    O.EQUALS: Exact,
    O.BEFORE: LessThan,
    O.LESS: LessThan,
    O.AFTER: GreaterThan,
    O.MORE: GreaterThan,
    O.AT_MOST: LessThanOrEqual,
    O.AT_LEAST: GreaterThanOrEqual,
}


FLIPPED = {
    O.EQUALS: O.EQUALS,
    O.BEFORE: O.AFTER,
    O.LESS: O.MORE,
    O.AFTER: O.BEFORE,
    O.MORE: O.LESS,
    O.AT_MOST: O.AT_LEAST,
    O.AT_LEAST: O.AT_MOST,
}


def compare(leaf: Leaf, attribute: Attribute, left: Side, right: Side, world: World) -> Q:
    """Return what ``left operator right`` says, each side a Place or a typed value; at least one is a Place.

    Raises NotCompilable.
    """
    operator = leaf.operator
    if isinstance(left, One) and isinstance(right, One) and not (left.path and right.path):
        raise NotCompilable(leaf)
    if operator in ORDER:
        return _ordered(operator, left, right)
    if operator is O.WITHIN:
        return _within(leaf, attribute, left, right, world)
    if operator is O.ONE_OF:
        return _one_of(leaf, left, right)
    if operator in (O.CONTAINS_ANY, O.SHARES_ANY):
        return _shares(leaf, left, right)
    if operator in (O.CONTAINS_ALL, O.SUBSET_OF):
        small, large = (left, right) if operator is O.SUBSET_OF else (right, left)
        return _subset(leaf, small, large)
    return _special(leaf, left, right)


def _ordered(operator: Operator, left: Side, right: Side) -> Q:
    if not isinstance(left, One):
        return Q(ORDER[FLIPPED[operator]](right.expression, left))
    return Q(ORDER[operator](left.expression, right.expression if isinstance(right, One) else right))


def _special(leaf: Leaf, left: Side, right: Side) -> Q:
    operator = leaf.operator
    if operator is O.BETWEEN:
        low, high = right
        return Q(GreaterThanOrEqual(left.expression, low)) & Q(LessThanOrEqual(left.expression, high))
    if operator is O.STARTS_WITH:
        return _starts(left, right)
    if operator is O.HOURS:
        return _hours(left, right)
    if operator is O.WEEKDAY:
        return Q(In(ExtractIsoWeekDay(left.expression, tzinfo=ZoneInfo(right.zone)), sorted(right.days)))
    raise NotCompilable(leaf)


def _starts(left: Side, right: Side) -> Q:
    """Return the comparison of the first letters. Not LIKE: on SQLite that does not tell upper from lower case."""
    start = right.expression if isinstance(right, One) else Value(right)
    whole = left.expression if isinstance(left, One) else Value(left)
    return Q(Exact(Left(whole, Length(start)), start))


def _hours(left: One, hours: Hours) -> Q:
    zone = ZoneInfo(hours.zone)
    hour, minute = (part(left.expression, tzinfo=zone) for part in (ExtractHour, ExtractMinute))
    moment = hour * Value(60, IntegerField()) + minute
    opens, closes = (each.hour * 60 + each.minute for each in (hours.opens, hours.closes))
    after, before = Q(GreaterThanOrEqual(moment, opens)), Q(LessThan(moment, closes))
    return after & before if opens < closes else after | before


def _one_of(leaf: Leaf, left: Side, right: Side) -> Q:
    if not isinstance(right, Several):
        return Q(In(left.expression, sorted(right)))
    if not isinstance(left, One):
        return right.has({left})
    if not isinstance(right, Relation):
        raise NotCompilable(leaf)
    return Q(In(left.expression, right.own().values(right.value)))


def _shares(leaf: Leaf, left: Side, right: Side) -> Q:
    if not isinstance(left, Several):
        left, right = right, left
    if not isinstance(right, Several):
        return left.has(right)
    if not (isinstance(left, Relation) and isinstance(right, Relation)):
        raise NotCompilable(leaf)
    return Q(Exists(left.own().filter(**{f"{left.value}__in": right.own(2).values(right.value)})))


def _subset(leaf: Leaf, small: Side, large: Side) -> Q:
    """Return that nothing of `small` lies outside of `large`."""
    if not isinstance(small, Several):
        whole = Q()
        for value in sorted(small):
            whole &= large.has({value})
        return whole
    if not isinstance(large, Several):
        return contrary(small.has_other(large))
    if not (isinstance(small, Relation) and isinstance(large, Relation)):
        raise NotCompilable(leaf)
    return contrary(small.has_unlike(Q(**{f"{small.value}__in": large.own(2).values(large.value)})))


def _within(leaf: Leaf, attribute: Attribute, left: Side, right: Side, world: World) -> Q:
    dimension = attribute.domain.key if attribute.domain else ""
    if not isinstance(right, Place):
        covered: frozenset[int] = frozenset().union(*(world.below(dimension, top) for top in many(right)))
        return left.has(covered) if isinstance(left, Several) else Q(In(left.expression, sorted(covered)))
    if not isinstance(left, Place):
        tops: frozenset[int] = frozenset().union(*(world.above(dimension, place) for place in many(left)))
        return Q(In(right.expression, sorted(tops))) if isinstance(right, One) else right.has(tops)  # type: ignore[attr-defined]  # a Several
    return _places_within(leaf, left, right)


def _places_within(leaf: Leaf, left: Place, right: Place) -> Q:
    """Return the comparison of two places of the row itself, by the numbers of their tree."""
    if any(isinstance(side, Relation) and not side.numbered for side in (left, right)):
        raise NotCompilable(leaf)
    if isinstance(left, One) and isinstance(right, One):
        above, below = F(f"{right.path}__lft"), F(f"{right.path}__rgt")
        return Q(**{f"{left.path}__lft__gte": above, f"{left.path}__lft__lte": below})
    if isinstance(left, Relation) and isinstance(right, One):
        lft, rgt = OuterRef(f"{right.path}__lft"), OuterRef(f"{right.path}__rgt")
        return Q(Exists(left.own().filter(**{f"{left.value}__lft__gte": lft, f"{left.value}__lft__lte": rgt})))
    if isinstance(left, One) and isinstance(right, Relation):
        return Q(Exists(_around(right.own(), right, OuterRef(f"{left.path}__lft"))))
    if isinstance(left, Relation) and isinstance(right, Relation):
        inner = _around(right.own(2), right, OuterRef(f"{left.value}__lft"))
        return Q(Exists(left.own().filter(Exists(inner))))
    raise NotCompilable(leaf)


def _around(rows: QuerySet[Side], relation: Relation, lft: OuterRef) -> QuerySet[Side]:
    return rows.filter(**{f"{relation.value}__lft__lte": lft, f"{relation.value}__rgt__gte": lft})
