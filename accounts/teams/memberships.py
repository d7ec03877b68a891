"""Use cases on memberships of teams and of groups by hand: a door of giving.

Members gain what the team and the teams above it hold, or the group. `team` stands for either throughout.
"""

from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts import gains
from accounts.groups import doors
from accounts.models import Group, Membership, Part, Person, PersonState, Principal, Team
from accounts.teams import leads
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.models import Source
from cxaccess.lib.windows import ended, require_end, settle
from permissions.giving import lock_administration, require_administrator
from permissions.grants.rules import require_by_hand
from permissions.guards import locked, require, use_case

Collective = Team | Group


@use_case
def add_member(
    actor: Person,
    *,
    team: Collective,
    person: Person,
    mail: str = "",
    part: str = Part.MEMBER,
    starts_at: datetime | None = None,
    until: datetime | None = None,
    reason: str = "",
    at: datetime,
    source: str = Source.MANUAL,
    source_ref: str = "",
) -> Membership:
    """Put somebody into a team or group, now or later: whom the actor sees, or whose whole address, `mail`, they gave.

    Raises Refused for who is in it already or cannot be.
    """
    lock_administration()
    watch = doors.watch(actor, _reads(team), at=at, people=_just(person))
    gains.hold_joining(team.principal, at=at)
    team = _standing(team)
    newcomer = locked(Person, person.pk)
    if not mail or newcomer.email.casefold() != mail.strip().casefold():
        require(actor, "person.view", newcomer, at=at)
    require(actor, _manage(team), team, at=at)
    _require_able(team, newcomer)
    window = settle(starts_at, until, at=at)
    _require_no_overlap(team, newcomer, window.starts_at, window.until)
    gains.require_joining(actor, person=newcomer, principal=team.principal, resource=team.resource, at=at)
    membership = Membership.objects.create(
        person=newcomer,
        principal=team.principal,
        part=Part(part),
        starts_at=window.starts_at,
        until=window.until,
        stated_from=window.stated_from,
        reason=reason.strip(),
        source=source,
        source_ref=source_ref,
        given_by=actor,
    )
    leads.give_right(actor, membership=membership, team=team, at=at)
    stamps.bump(newcomer.principal_id)
    record(Tag.MEMBERSHIP_GIVEN, actor=actor, at=at, obj=membership, about=newcomer, details=_told(team, membership))
    watch.settle(_just(newcomer))
    return membership


@use_case
def change_membership_end(
    actor: Person, *, membership: Membership, until: datetime | None, reason: str = "", at: datetime
) -> Membership:  # fmt: skip
    """Let a membership end sooner or later than it would; later counts as giving. Raises Stale, Refused."""
    watch = doors.watch(actor, _reads(_of(membership.principal)), at=at, people=_just(membership.person))
    row, team = _opened(actor, membership, at)
    old = row.until
    if until == old:
        return row
    require_end(until, starts_at=row.starts_at, at=at)
    if until is None or (old is not None and until > old):
        _require_able(team, row.person)
        _require_no_overlap(team, row.person, row.starts_at, until, beside=row)
        gains.require_joining(actor, person=row.person, principal=team.principal, resource=team.resource, at=at)
    row.until, row.stated_until = until, None
    row.save(update_fields=["until", "stated_until"])
    later = until is None or (old is not None and until > old)
    leads.move_right(actor, membership=row, team=team, later=later, at=at)
    stamps.bump(row.person.principal_id)
    require_administrator(at=at)
    record(
        Tag.MEMBERSHIP_CHANGED,
        actor=actor,
        at=at,
        obj=row,
        about=row.person,
        changes={"until": (old, until)},
        details=_told(team, row, reason),
    )
    watch.settle(_just(row.person))
    return row


@use_case
def change_part(
    actor: Person, *, membership: Membership, part: str, reason: str = "", at: datetime
) -> Membership:  # fmt: skip
    """Make a member a lead or a lead a member: the old membership ends and the new one runs on. Returns the new one."""
    watch = doors.watch(actor, _reads(_of(membership.principal)), at=at, people=_just(membership.person))
    row, team = _opened(actor, membership, at)
    if row.part == Part(part):
        return row
    until = row.until
    _end(actor, row, reason, at)
    follows = Membership.objects.create(
        person=row.person,
        principal=row.principal,
        part=Part(part),
        starts_at=row.until or at,
        until=until,
        reason=reason.strip() or row.reason,
        source=row.source,
        source_ref=row.source_ref,
        given_by=actor,
    )
    leads.give_right(actor, membership=follows, team=team, at=at)
    record(
        Tag.MEMBERSHIP_CHANGED,
        actor=actor,
        at=at,
        obj=follows,
        about=row.person,
        changes={"part": (row.part, follows.part)},
        details=_told(team, follows, reason),
    )
    watch.settle(_just(row.person))
    return follows


@use_case
def end_membership(actor: Person, *, membership: Membership, reason: str = "", at: datetime) -> Membership:
    """End a membership now; one that has not begun never begins. Raises Stale when it is over already."""
    watch = doors.watch(actor, _reads(_of(membership.principal)), at=at, people=_just(membership.person))
    row, team = _opened(actor, membership, at)
    _end(actor, row, reason, at)
    require_administrator(at=at)
    record(Tag.MEMBERSHIP_ENDED, actor=actor, at=at, obj=row, about=row.person, details=_told(team, row, reason))
    watch.settle(_just(row.person))
    return row


def _standing(team: Collective) -> Collective:
    """Return the team or group as it is now, locked."""
    if isinstance(team, Group):
        return locked(Group.objects.select_related("principal", "resource"), team.pk)
    return locked(Team.objects.select_related("principal", "resource"), team.pk)


def _of(principal: Principal) -> Collective:
    """Return the team or group that a principal is."""
    found: Collective = getattr(principal, principal.kind)
    return found


def _manage(team: Collective) -> str:
    return f"{team.principal.kind}.manage_members"


def _reads(team: Collective) -> frozenset[str]:
    """Return the attributes of people that a membership in `team` is part of; no rule reads who is in a group."""
    return doors.of_tree("team") if isinstance(team, Team) else frozenset()


def _just(person: Person) -> QuerySet[Person]:
    return Person.objects.filter(pk=person.pk)


def _opened(actor: Person, membership: Membership, at: datetime) -> tuple[Membership, Collective]:
    """Return the membership, locked and not over, with its team or group, once the actor may manage it."""
    lock_administration()
    rows = Membership.objects.select_related("person", "principal__team__resource", "principal__group__resource")
    gains.hold_joining(membership.principal, at=at)
    row = locked(rows, membership.pk)
    team = _of(row.principal)
    require(actor, _manage(team), team, at=at)
    _require_by_hand(team)
    require_by_hand([row])
    # Whoever ended it counts even for somebody who read the clock before and then waited for the lock.
    if row.ended_by_id is not None or (row.until is not None and row.until <= ended(row.starts_at, at=at)):
        raise Stale(
            _("%(person)s's place in %(team)s has ended already.") % {"person": row.person.name, "team": team.name}
        )
    return row, team


def _end(actor: Person, row: Membership, reason: str, at: datetime) -> None:
    row.until, row.ended_by, row.end_reason = ended(row.starts_at, at=at), actor, reason.strip()
    row.save(update_fields=["until", "ended_by", "end_reason"])
    leads.end_right(actor, membership=row, at=at)
    stamps.bump(row.person.principal_id)


def _require_by_hand(team: Collective) -> None:
    if isinstance(team, Group) and team.rule is not None:
        raise Refused(_("The rule of %(group)s says who is in it. Change the rule.") % {"group": team.name})


def _require_able(team: Collective, person: Person) -> None:
    _require_by_hand(team)
    if team.archived_at is not None:
        raise Refused(_("%(team)s is archived and takes no members.") % {"team": team.name})
    if person.state == PersonState.LEFT:
        raise Refused(_("%(name)s has left.") % {"name": person.name}, field="person")


def _require_no_overlap(
    team: Collective, person: Person, starts_at: datetime, until: datetime | None, *, beside: Membership | None = None
) -> None:
    rows = Membership.objects.not_over(starts_at).filter(person=person, principal=team.principal)
    rows = rows.exclude(source=Source.BIRTHRIGHT)  # whoever is in it by hand, too, stays when the rule lets them go
    rows = rows.filter(Q(until__isnull=True) | Q(until__gt=F("starts_at")))
    rows = rows.exclude(pk=beside.pk) if beside else rows
    rows = rows.filter(starts_at__lt=until) if until else rows
    other = rows.order_by("starts_at").first()
    if other is None:
        return
    words = {"name": person.name, "team": team.name}
    if other.until is None:
        raise Refused(_("%(name)s is in %(team)s already, without end.") % words, field="person")
    words["day"] = date_format(other.until, "j M Y")
    raise Refused(
        _("%(name)s is in %(team)s already, until %(day)s. Change that end instead.") % words, field="person"
    )  # fmt: skip


def _told(team: Collective, row: Membership, reason: str = "") -> dict[str, object]:
    told: dict[str, object] = {str(team.principal.kind): team.pk, "part": row.part}
    if row.until is not None:
        told["until"] = row.until.isoformat()
    said = reason.strip() or row.reason
    return told | ({"reason": said} if said else {})
