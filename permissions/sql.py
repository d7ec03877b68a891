"""The list reading of a permission: scopes as one `Q`. Negation is banned here: ``~Q`` opens for NULL."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from permissions.engine import Model, Scope
from permissions.places import PLACEMENTS, Placement

NOTHING = Q(pk__in=[])


def reach(
    model: Model, scopes: frozenset[Scope], action: str, governed: type[models.Model], at: datetime
) -> Q:  # fmt: skip
    """Return the condition on `governed` rows that one of `scopes` covers. No scope: no row."""
    placement = PLACEMENTS[governed]
    if not scopes:
        return NOTHING
    kept = placement.kept(action.partition(".")[0])
    if any(scope.everywhere for scope in scopes):
        return kept
    union = Q()
    for scope in sorted(scopes, key=lambda scope: scope.id):
        union |= _within(model, scope, placement, at)
    return kept & union


def _within(model: Model, scope: Scope, placement: Placement, at: datetime) -> Q:
    condition = Q()
    for dimension, node in scope.terms:
        condition &= placement.within(dimension, model.below(dimension, node), at)
    return condition
