"""Giving roles, changing when they end, ending them."""

from collections.abc import Iterable, Mapping
from copy import copy
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Person, Principal, PrincipalKind
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib import windows
from cxaccess.lib.errors import Refused
from cxaccess.lib.models import Source
from cxaccess.lib.reasons import stated
from permissions import facts, giving
from permissions.grants import scopes, selectors
from permissions.grants.rules import is_later, require_by_hand, require_not_over, require_taker
from permissions.guards import locked, require, require_somewhere, use_case
from permissions.models import Role, RoleGrant, Scope

LONG = timedelta(days=91)


@use_case
def give_role(
    actor: Person,
    *,
    principal: Principal,
    role: Role,
    scope: Scope,
    starts_at: datetime | None,
    until: datetime | None,
    reason: str,
    at: datetime,
    source: str = Source.MANUAL,
    source_ref: str = "",
) -> RoleGrant:
    """Give `role` to a person or team within `scope`. `starts_at` None or past: now. `until` None: no end.

    The role is locked before authority is read, so that what it holds does not change in between; the principal too,
    so that nobody joins it at the same moment unseen.
    Raises NotAllowed, NotVisible, Refused.
    """
    where = facts.scope(scope.pk)
    taker = giving.hold_takers([principal.pk], scope=where, at=at)[principal.pk]
    given = locked(Role, role.pk)
    giving.require_give(actor, role_id=given.pk, scope=where, at=at)
    why = stated(reason)
    require_giveable(given)
    require_taker(taker)
    window = windows.settle(starts_at, until, at=at)
    _require_new(taker, given, scope, window.starts_at, window.until)
    grant = RoleGrant.objects.create(
        principal=taker, role=given, scope=scope, given_by=actor, given_at=at, reason=why,
        source=source, source_ref=source_ref, starts_at=window.starts_at, until=window.until,
        stated_from=window.stated_from, stated_until=window.until,
    )  # fmt: skip
    stamps.bump(taker.pk)
    record(Tag.GRANT_GIVEN, actor=actor, at=at, obj=grant, about=_person_of(taker), details=told_of(grant))
    return grant


@use_case
def change_end(actor: Person, *, grant: RoleGrant, until: datetime | None, reason: str, at: datetime) -> RoleGrant:
    """Move a grant's end. Sooner needs the right to end it; later needs the right to give it as well.

    Raises NotAllowed, NotVisible, Refused.
    """
    giving.lock_administration()
    row = locked(RoleGrant, grant.pk)
    require(actor, "grant.end", row, at=at)
    require_by_hand([row])
    if is_later(until, row.until):
        giving.require_give(actor, role_id=row.role_id, scope=facts.scope(row.scope_id), at=at)
    require_not_over(row, at)
    why = stated(reason)
    if until == row.until:
        raise Refused(_("That is already its end. Nothing was changed."), field="until")
    windows.require_end(until, starts_at=row.starts_at, at=at)
    if is_later(until, row.until):
        require_taker(row.principal)
        _require_new(row.principal, row.role, row.scope, row.starts_at, until, but=row.pk)
    before = copy(row)
    row.until = row.stated_until = until
    row.save(update_fields=["until", "stated_until"])
    _settle(row, at)
    details = told_of(row) | {"why": why}
    record(
        Tag.GRANT_CHANGED, actor=actor, at=at, obj=row, before=before, about=_person_of(row.principal), details=details
    )
    return row


@use_case
def end_grant(actor: Person, *, grant: RoleGrant, reason: str, at: datetime) -> RoleGrant:
    """End a grant now; one that has not begun never will. Raises NotAllowed, NotVisible, Refused."""
    giving.lock_administration()
    row = locked(RoleGrant, grant.pk)
    require(actor, "grant.end", row, at=at)
    require_by_hand([row])
    require_not_over(row, at)
    why = stated(reason)
    before = copy(row)
    row.until = windows.ended(row.starts_at, at=at)
    row.ended_by = actor
    row.end_reason = why
    row.save(update_fields=["until", "ended_by", "end_reason"])
    _settle(row, at)
    record(
        Tag.GRANT_ENDED,
        actor=actor,
        at=at,
        obj=row,
        before=before,
        about=_person_of(row.principal),
        details=told_of(row),
    )
    return row


@use_case
def give_in_words(actor: Person, *, terms: Mapping[str, int], **stated: Any) -> RoleGrant:
    """Give a role within the scope that `terms` ({dimension: id}) are; `stated` is what `give_role` takes besides.

    A refusal leaves no new scope behind. Raises as `give_role` and `scopes.intern` do.
    """
    return give_role(actor, scope=scopes.intern(terms), **stated)


@use_case
def export_grants(actor: Person, *, view: str, wanted: Mapping[str, Any], at: datetime) -> QuerySet[RoleGrant]:
    """Record that `actor` takes the list out, and return exactly the grants that the filters keep.

    Raises NotAllowed, NotVisible.
    """
    require_somewhere(actor, "grant.export", at=at)
    seen = selectors.visible(actor, "grant.export", at=at)
    rows = selectors.narrowed(selectors.of_view(actor, seen, view, at=at), at=at, **wanted)
    used = sorted(name for name, value in wanted.items() if value)
    details = {"list": "grants", "rows": rows.count(), "filters": dict.fromkeys(used, "") | {"view": view}}
    record(Tag.ACCESS_EXPORTED, actor=actor, at=at, details=details)
    return rows


def is_long(starts_at: datetime, until: datetime | None) -> bool:
    """Return whether a window is longer than a role of high risk should be held without being given anew."""
    return until is None or until - starts_at > LONG


def _settle(row: RoleGrant, at: datetime) -> None:
    """Tell the caches, and keep the last administrator."""
    stamps.bump(row.principal_id)
    if giving.GIVE in facts.model(at).holding.get(row.role_id, frozenset()):
        giving.require_administrator(at=at)


def require_giveable(role: Role) -> None:
    """Pass a role that can be given: in use, and with permissions."""
    if role.retired_at is not None:
        raise Refused(_("%(role)s is retired and cannot be given any more.") % {"role": role.name}, field="role")
    if role.current_id is None:
        raise Refused(_("%(role)s holds no permissions yet.") % {"role": role.name}, field="role")


def _require_new(
    principal: Principal,
    role: Role,
    scope: Scope,
    starts_at: datetime,
    until: datetime | None,
    but: int | None = None,
) -> None:
    """Refuse a second grant of the same role within the same scope while the first is in force."""
    others = twins([principal.pk], role, scope, starts_at, until)
    found = (others.exclude(pk=but) if but else others).order_by("starts_at").first()
    if found is not None:
        message = _("%(name)s already holds %(role)s there at that time. Change the end of that grant instead.")
        raise Refused(message % {"name": principal.label, "role": role.name}, field="role", facts={"grant": found.pk})


def twins(
    principals: Iterable[int], role: Role, scope: Scope, starts_at: datetime, until: datetime | None
) -> QuerySet[RoleGrant]:  # fmt: skip
    """Return the grants of `role` to any of `principals` within the same scope that overlap the window.

    What a rule gives is none: somebody may have it by hand, too, and keep that when the rule takes its own back.
    """
    same = RoleGrant.objects.filter(principal__in=principals, role=role, scope=scope).exclude(source=Source.BIRTHRIGHT)
    lasting = same.filter(Q(until=None) | Q(until__gt=starts_at)).exclude(until=F("starts_at"))
    return lasting if until is None else lasting.filter(starts_at__lt=until)


def _person_of(principal: Principal) -> Person | None:
    return principal.person if principal.kind == PrincipalKind.PERSON else None


def told_of(grant: RoleGrant) -> dict[str, object]:
    """Return what the trail keeps of a grant beside the difference: ids and moments, no names."""
    return {
        "principal": grant.principal_id,
        "role": grant.role_id,
        "scope": grant.scope_id,
        "from": grant.starts_at.isoformat(),
        "until": grant.until.isoformat() if grant.until else None,
        "source": grant.source,
    }
