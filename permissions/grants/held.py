"""Reads of grants: what some principals hold, and what they held until recently."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from permissions import facts
from permissions.grants import scopes
from permissions.models import Mode, RoleGrant

RECENTLY = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Holding:
    """One grant as a page shows it: with its scope in words, how many permissions it gives, whether it has begun."""

    grant: RoleGrant
    scope: str
    permissions: int
    begun: bool


def held_by(principal_ids: Iterable[int], at: datetime) -> list[Holding]:
    """Return the grants to any of the principals that are not over at `at`, riskiest first; future ones too."""
    rows = RoleGrant.objects.filter(principal__in=set(principal_ids), mode=Mode.ACTIVE).not_over(at)
    return _described(rows.order_by("-role__risk", "role__name", "pk"), at)


def ended_for(principal_ids: Iterable[int], at: datetime, since: timedelta = RECENTLY) -> list[Holding]:
    """Return the grants to any of the principals that ended within `since` before `at`, the latest first."""
    rows = RoleGrant.objects.filter(principal__in=set(principal_ids), until__lte=at, until__gt=at - since)
    return _described(rows.order_by("-until", "pk"), at)


def _described(rows: QuerySet[RoleGrant], at: datetime) -> list[Holding]:
    found: Sequence[RoleGrant] = list(rows.select_related("role", "principal__team", "given_by", "ended_by"))
    words = scopes.labels({grant.scope_id for grant in found})
    holding = facts.model(at).holding
    return [
        Holding(grant, words[grant.scope_id], len(holding.get(grant.role_id, ())), grant.starts_at <= at)
        for grant in found
    ]
