"""The list reading of a permission: scopes as one `Q`. Negation is banned here: ``~Q`` opens for NULL."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from permissions.engine import Model, Scope, Subject
from permissions.places import PLACEMENTS

NOTHING = Q(pk__in=[])
Ids = frozenset[int] | models.QuerySet[Any]


def reach(
    model: Model,
    scopes: frozenset[Scope],
    objects: Sequence[Ids],
    action: str,
    governed: type[models.Model],
    at: datetime,
    as_type: str | None = None,
) -> Q:
    """Return the condition on `governed` rows that one of `scopes` covers, or that stand for one of `objects`.

    `objects` are sets of resource ids, or queries for them. Nothing in either: no row. It says nothing of whether the
    action can be done to a row at all: `kept` does.
    """
    placement = PLACEMENTS[governed]
    asked = action.partition(".")[0]
    if not (scopes or objects) or (as_type or placement.type or asked) != asked:
        return NOTHING
    if any(scope.everywhere for scope in scopes):
        return Q()
    union = NOTHING
    single, several = folded(model, scopes)
    for dimension, nodes in single.items():
        union |= placement.within(dimension, nodes, at)
    for terms in several:
        condition = Q()
        for dimension, nodes in terms.items():
            condition &= placement.within(dimension, nodes, at)
        union |= condition
    return union | placement.stands_for(*objects) if objects else union  # last: they are few


def folded(model: Model, scopes: Iterable[Scope]) -> tuple[dict[str, frozenset[int]], list[dict[str, frozenset[int]]]]:
    """Return what limited scopes take in: by one dimension, all places together; by several, what goes beyond that."""
    terms = [
        {dimension: model.below(dimension, node) for dimension, node in scope.terms}
        for scope in sorted(scopes, key=lambda scope: scope.id)
    ]
    single: dict[str, frozenset[int]] = {}
    for one in terms:
        if len(one) == 1:
            [(dimension, nodes)] = one.items()
            single[dimension] = single.get(dimension, frozenset()) | nodes
    several: list[dict[str, frozenset[int]]] = []
    for one in terms:
        inside = any(nodes <= single.get(dimension, frozenset()) for dimension, nodes in one.items())
        if len(one) > 1 and not inside and one not in several:
            several.append(one)
    return single, several


def kept(
    model: Model, subject: Subject, action: str, governed: type[models.Model], at: datetime, as_type: str | None = None
) -> Q:
    """Return the condition on the rows that `action` can be done to at all, by somebody who is active.

    Rows of another type than the action's are none of its business, unless `as_type` asks about them under that type.
    """
    placement = PLACEMENTS[governed]
    asked = action.partition(".")[0]
    if not subject.is_active(at) or action not in model.implies or (as_type or placement.type or asked) != asked:
        return NOTHING
    return Q() if as_type else placement.kept(model.types.get(asked))
