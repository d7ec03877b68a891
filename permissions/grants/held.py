"""Reads of grants: what some principals hold, and what they held until recently."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Person
from cxaccess.lib import statements
from cxaccess.lib.models import Risk, Source
from cxaccess.lib.related import attach
from permissions import facts
from permissions.birthrights.reasons import Because, reasons
from permissions.engine import principals_reached
from permissions.grants import scopes
from permissions.models import Mode, RoleGrant

COLLECTIVE = ("team", "group")
RECENTLY = timedelta(days=90)
SHOWN = (
    "starts_at", "until", "given_at", "source", "source_ref", "reason", "end_reason", "scope_id", "last_used_at",
    "given_by_id", "ended_by_id", "role__name", "role__risk", "principal__kind", "principal__label",
)  # fmt: skip
NAMED = ("given_by__name", "ended_by__name", "principal__team__pk", "principal__group__pk")


@dataclass(frozen=True, slots=True)
class Holding:
    """One grant as a page shows it: its scope in words, how much it gives, whether it has begun or ended."""

    grant: RoleGrant
    scope: str
    permissions: int
    begun: bool
    over: bool = False
    because: Because | None = None  # the birthright rule that gave it

    @property
    def weight(self) -> str:
        """Return how much it gives, in words: “5 permissions, high risk”."""
        counted = ngettext("%(n)s permission", "%(n)s permissions", self.permissions) % {"n": self.permissions}
        return f"{counted}, {_('%(risk)s risk') % {'risk': str(Risk(self.grant.role.risk).label).lower()}}"

    @property
    def origin(self) -> str:
        """Return where it comes from, in a word: the team's, group's or rule's name, or how it was given."""
        if self.because is not None:
            return _("Rule %(rule)s") % {"rule": self.because.name}
        return self.grant.principal.label if self.collective else str(Source(self.grant.source).label)

    @property
    def why(self) -> str:
        """Return why it ended, else why it was given."""
        return self.grant.end_reason or self.grant.reason or str(self.because or "")

    @property
    def collective(self) -> str:
        """Return the kind of its holder where that is a team or a group."""
        kind = str(self.grant.principal.kind)
        return kind if kind in COLLECTIVE else ""

    @property
    def holder(self) -> int | None:
        """Return the id of the team or group that holds it."""
        return getattr(self.grant.principal, self.collective).pk if self.collective else None

    @property
    def kind(self) -> tuple[str | bool, ...]:
        """Return what its row depends on, but for the values that stand in it."""
        grant = self.grant
        return (self.collective, bool(grant.given_by_id), self.begun, bool(grant.ended_by_id), bool(self.because))


def held_by(principal_ids: Iterable[int], at: datetime, *, until: datetime | None = None) -> list[Holding]:
    """Return the grants to any of the principals that are not over at `at`, riskiest first; future ones too.

    `until`: only those that end by then.
    """
    rows = RoleGrant.objects.filter(principal__in=set(principal_ids), mode=Mode.ACTIVE).not_over(at)
    rows = rows if until is None else rows.filter(until__lte=until)
    return _described(_shown(rows), at=at)


def of_person(person: Person, at: datetime, *, until: datetime | None = None) -> list[Holding]:
    """Return the grants that reach `person` and are not over, riskiest first; future ones of today's principals too.

    The facts of their decisions say which, so where there is none nothing is asked. `until`: only what ends by then.
    """
    ids = standing(person, at, until=until)
    if not ids:
        return []
    return _described(statements.rows("held", _by_id, ids=ids), at=at)


def standing(person: Person, at: datetime, *, until: datetime | None = None) -> list[int]:
    """Return the ids of the grants that reach `person` and are not over; `until`: only those that end by then."""
    found = facts.snapshot(person.pk, at)
    reached = principals_reached(found.model, found.subject, at)
    return [
        grant.id
        for grant in found.subject.grants
        if grant.principal in reached
        and not (grant.window.is_over(at) or grant.window.is_empty)
        and (until is None or grant.window.is_over(until))
    ]


def held_now(principal_ids: Iterable[int], at: datetime) -> QuerySet[RoleGrant]:
    """Return the grants to any of the principals that are in force."""
    found: QuerySet[RoleGrant] = RoleGrant.objects.in_force(at).filter(
        principal__in=set(principal_ids), mode=Mode.ACTIVE
    )
    return found


@dataclass(frozen=True, slots=True)
class Held:
    """What one principal holds: its own, what comes through others, and what of its own ended lately."""

    own: list[Holding]
    through: list[Holding]
    ended: list[Holding]

    @property
    def standing(self) -> list[Holding]:
        """Return all that is not over."""
        return [*self.own, *self.through]


def all_held(own: Collection[int], through: Collection[int], at: datetime) -> Held:
    """Return what the principals `own` hold themselves and `through` others, riskiest first, in three queries."""
    through = [*{*own, *through}]
    found = _described(statements.rows("all held", _all, at=at, own=list(own), through=through), at=at)
    standing = [one for one in found if not one.over]
    return Held(
        [one for one in standing if one.grant.principal_id in own],
        [one for one in standing if one.grant.principal_id not in own],
        sorted((one for one in found if one.over), key=lambda one: one.grant.until or at, reverse=True),
    )


def _by_id(*, ids: list[int]) -> QuerySet[RoleGrant]:
    return _shown(RoleGrant.objects.filter(pk__in=ids))


def _all(*, at: datetime, own: list[int], through: list[int]) -> QuerySet[RoleGrant]:
    rows = RoleGrant.objects.filter(
        Q(until=None) | Q(until__gt=at) | Q(until__gt=at - RECENTLY, principal__in=own),
        principal__in=through,
    ).filter(Q(mode=Mode.ACTIVE) | Q(until__lte=at))
    return _shown(rows)


def _shown(rows: QuerySet[RoleGrant]) -> QuerySet[RoleGrant]:
    """Return `rows` with what a page shows of each, riskiest first."""
    return rows.select_related("role", "principal").only(*SHOWN).order_by("-role__risk", "role__name", "pk")


def _described(rows: Iterable[RoleGrant], *, at: datetime) -> list[Holding]:
    """Return the grants with their scopes in words."""
    found = list(rows)
    attach(found, *NAMED)
    words, because = scopes.labels({grant.scope_id for grant in found}), reasons(found)
    holding = facts.model(at).holding
    return [
        Holding(
            grant,
            words[grant.scope_id],
            len(holding.get(grant.role_id, ())),
            begun=grant.starts_at <= at,
            over=grant.until is not None and grant.until <= at,
            because=because.get(grant),
        )
        for grant in found
    ]
