"""Giving one role to many people, taking that back, ending many grants: set by set, all or nothing.

Authority is read in the transaction, and what is given is what was looked at: a plan that has changed is refused.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Person, PrincipalKind
from audits.trail.record import Entry, record, record_many
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib import windows
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.models import Source
from cxaccess.lib.reasons import stated
from permissions import engine, facts, gate, giving
from permissions.grants import scopes
from permissions.grants.bulk.plan import GAINS, HOLDS, digest, plan
from permissions.grants.rules import is_open, require_by_hand
from permissions.grants.services import require_giveable, told_of
from permissions.guards import locked, passing, require, require_somewhere, use_case
from permissions.models import GrantBatch, Role, RoleGrant

MOST = 500  # people who are given a role at once, and grants that end at once
KEPT = timedelta(days=30)  # a draft that nobody finished


@use_case
def draft_people(
    actor: Person, *, people: Iterable[Person], batch: GrantBatch | None = None, at: datetime
) -> GrantBatch:  # fmt: skip
    """Begin a draft for `people`, or put these in the place of those of `batch`. Nobody is given anything.

    Raises NotAllowed, NotVisible, Refused: also for somebody whom `actor` may not see, and for more than MOST.
    """
    require_somewhere(actor, giving.GIVE, at=at)
    chosen = sorted({person.pk for person in people})
    seen = gate.visible(actor, "person.view", Person.objects.filter(pk__in=chosen), at=at)
    principals = sorted(seen.values_list("principal_id", flat=True))
    if len(principals) != len(chosen):
        raise Refused(_("Somebody you chose does not exist, or is not yours to see."), field="mails")
    if len(principals) > MOST:
        message = _("At most %(most)d people can be given a role at once. Narrow the list, and give it in parts.")
        raise Refused(message % {"most": MOST}, field="mails")
    if batch is None:
        GrantBatch.objects.filter(made_by=actor, given_at=None, made_at__lt=at - KEPT).delete()
        return GrantBatch.objects.create(made_by=actor, made_at=at, people=principals)
    row = _draft(actor, batch)
    row.people = principals
    row.save(update_fields=["people"])
    return row


@use_case
def draft_gift(
    actor: Person,
    *,
    batch: GrantBatch,
    role: Role,
    terms: Mapping[str, int],
    starts_at: datetime | None,
    until: datetime | None,
    reason: str,
    at: datetime,
) -> GrantBatch:
    """Say in a draft which role is given, where, how long and why. Raises NotAllowed, NotVisible, Refused."""
    row = _draft(actor, batch)
    scope = scopes.intern(terms)
    giving.require_give(actor, role_id=role.pk, scope=facts.scope(scope.pk), at=at)
    require_giveable(role)
    windows.settle(starts_at, until, at=at)
    row.role, row.scope, row.starts_at, row.until, row.reason = role, scope, starts_at, until, stated(reason)
    row.save(update_fields=["role", "scope", "starts_at", "until", "reason"])
    return row


@use_case
def give_many(actor: Person, *, batch: GrantBatch, seen: str, at: datetime) -> GrantBatch:
    """Give what a draft says to everybody who gets it by the plan whose digest is `seen`, or to nobody.

    The role and the people are locked before authority is read. Whoever holds it already is skipped.
    Raises NotAllowed, NotVisible, Refused, or Stale where the plan is another one by now.
    """
    row = _draft(actor, batch)
    if row.role_id is None or row.scope is None:
        raise Refused(_("Choose the role first."))
    where = facts.scope(row.scope.pk)
    people = _locked_people(row.people, where, at)
    role = locked(Role, row.role_id)
    giving.require_give(actor, role_id=role.pk, scope=where, at=at)
    require_giveable(role)
    window = windows.settle(row.starts_at, row.until, at=at)
    found = plan(people, role=role, scope=row.scope, starts_at=window.starts_at, until=window.until)
    getting = [verdict.person for verdict in found.of(GAINS)]
    if not getting:
        raise Refused(_("Nobody of these gets it: they hold it already, or cannot. Nothing was given."))
    if digest(row, role, found, at=at) != seen:
        raise Stale(_("Something changed since you looked, so nothing was given. Look once more."))
    grants = _given(actor, row, role, window, getting, at)
    row.given_at, row.skipped = at, [verdict.person.principal_id for verdict in found.of(HOLDS)]
    row.save(update_fields=["given_at", "skipped"])
    details = told_of(grants[0]) | {"people": len(grants), "skipped": len(row.skipped), "why": row.reason}
    del details["principal"]
    record(Tag.GRANTS_GIVEN, actor=actor, at=at, obj=role, details=details)
    return row


@use_case
def undo_many(actor: Person, *, batch: GrantBatch, reason: str, at: datetime) -> int:
    """End exactly the grants that were given together and still stand; return how many.

    Raises NotAllowed, NotVisible, Refused; also where that would leave nobody who administers access.
    """
    giving.lock_administration()
    row = locked(GrantBatch, batch.pk)
    if row.given_at is None or row.role is None:
        raise Refused(_("Nothing was given yet, so there is nothing to undo."))
    if row.undone_at is not None:
        raise Refused(_("This has been undone already. Nothing was changed."))
    standing = _standing(of_batch(row), at)
    if not standing:
        raise Refused(_("All of these grants have ended already. Nothing was changed."))
    why = stated(reason)
    _end(actor, standing, why, at, {"undo": row.pk})
    row.undone_at, row.undone_by = at, actor
    row.save(update_fields=["undone_at", "undone_by"])
    details = {"people": len(standing), "role": row.role_id, "scope": row.scope_id, "why": why, "batch": row.pk}
    record(Tag.GRANTS_UNDONE, actor=actor, at=at, obj=row.role, details=details)
    return len(standing)


@use_case
def end_many(actor: Person, *, grants: Iterable[int], reason: str, at: datetime) -> int:
    """End the grants with these ids now, or none; return how many. Those that are over by now are left as they are.

    Raises NotAllowed or NotVisible for the first that `actor` may not end, Refused for more than MOST, where all are
    over, and where nobody would be left who administers access.
    """
    giving.lock_administration()
    wanted = sorted(set(grants))
    if len(wanted) > MOST:
        raise Refused(_("At most %(most)d grants can be ended at once.") % {"most": MOST})
    why = stated(reason)
    standing = _standing(RoleGrant.objects.filter(pk__in=wanted), at)
    if not standing:
        raise Refused(_("All of these grants have ended already. Nothing was changed."))
    _end(actor, standing, why, at, {"together": len(standing)})
    return len(standing)


def of_batch(batch: GrantBatch) -> QuerySet[RoleGrant]:
    """Return the grants that were given together."""
    return RoleGrant.objects.filter(source=Source.MANUAL, source_ref=batch.ref)


def _draft(actor: Person, batch: GrantBatch) -> GrantBatch:
    """Return the actor's own draft, locked."""
    row = locked(GrantBatch.objects.filter(made_by=actor), batch.pk)
    if row.given_at is not None:
        raise Refused(_("This has been given already. Nothing was changed."))
    return row


def _locked_people(principals: Iterable[int], scope: engine.Scope, at: datetime) -> list[Person]:
    """Return the people behind `principals`, locked with the teams that `scope` names."""
    held = giving.hold_takers(principals, scope=scope, at=at)
    return [held[pk].person for pk in sorted(held) if held[pk].kind == PrincipalKind.PERSON]


def _given(
    actor: Person, row: GrantBatch, role: Role, window: windows.Settled, people: list[Person], at: datetime
) -> list[RoleGrant]:  # fmt: skip
    grants = RoleGrant.objects.bulk_create(
        RoleGrant(
            principal_id=person.principal_id, role=role, scope=row.scope, given_by=actor, given_at=at,
            reason=row.reason, source=Source.MANUAL, source_ref=row.ref, starts_at=window.starts_at, until=window.until,
            stated_from=window.stated_from, stated_until=window.until,
        )
        for person in people
    )  # fmt: skip
    stamps.bump(*(person.principal_id for person in people))
    record_many(
        Entry(Tag.GRANT_GIVEN, actor, at, grant, about=person, details=told_of(grant) | {"batch": row.pk})
        for grant, person in zip(grants, people, strict=True)
    )
    return grants


def _standing(rows: QuerySet[RoleGrant], at: datetime) -> list[RoleGrant]:
    """Return those of `rows` that go on, locked. Whoever ended one counts even for whom read the clock before."""
    found = rows.select_related("principal__person").order_by("pk").select_for_update(of=("self",))
    return [row for row in found if row.ended_by_id is None and is_open(row, at)]


def _end(actor: Person, rows: list[RoleGrant], why: str, at: datetime, more: Mapping[str, object]) -> None:
    """End `rows`: one condition asks for the authority, two statements write, each grant has its event."""
    ids = [row.pk for row in rows]
    _require_ending(actor, rows, at)
    require_by_hand(rows)
    ended = {"ended_by": actor, "end_reason": why}
    ending = RoleGrant.objects.filter(pk__in=ids)
    ending.filter(starts_at__gt=at).update(until=F("starts_at"), **ended)
    ending.filter(starts_at__lte=at).update(until=at, **ended)
    stamps.bump(*(row.principal_id for row in rows))
    record_many(_ended(actor, row, why, at, more) for row in rows)
    holding = facts.model(at).holding
    if any(giving.GIVE in holding.get(row.role_id, ()) for row in rows):
        giving.require_administrator(at=at)


def _require_ending(actor: Person, rows: Collection[RoleGrant], at: datetime) -> None:
    asked = RoleGrant.objects.filter(pk__in=[row.pk for row in rows])
    allowed = set(passing(actor, "grant.end", asked, at=at).values_list("pk", flat=True))
    for row in rows:
        if row.pk not in allowed:
            require(actor, "grant.end", row, at=at)


def _ended(actor: Person, row: RoleGrant, why: str, at: datetime, more: Mapping[str, object]) -> Entry:
    until = windows.ended(row.starts_at, at=at)
    changes = {"until": (row.until, until), "ended_by": (None, actor), "end_reason": (row.end_reason, why)}
    details = told_of(row) | {"until": until.isoformat(), **more}
    about = getattr(row.principal, "person", None)
    return Entry(Tag.GRANT_ENDED, actor, at, row, about, changes, details)
