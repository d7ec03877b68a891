"""What leading a team or a group brings: the right to keep the members of exactly that one, as long as one leads it.

It is an object grant like any other, written with the membership that brings it and ended with it.
"""

from datetime import datetime

from accounts.models import Group, Membership, Part, Person, Team
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.lib.models import Source
from permissions.giving import require_give_on
from permissions.guards import NotAllowed, NotVisible
from permissions.models import Action
from permissions.objects import rows

RIGHT = "team.manage_members"  # of a team's lead


def right_on(team: Team | Group) -> str:
    """Return the permission that a lead holds on what they lead."""
    return f"{team.principal.kind}.manage_members"


def give_right(actor: Person, *, membership: Membership, team: Team | Group, at: datetime) -> None:
    """Give a new lead the right, if `membership` is one's; the actor must be able to give it. Raises NotAllowed."""
    if membership.part != Part.LEAD:
        return
    _require_giving(actor, team, at)
    action = Action.objects.get(key=right_on(team))
    row = rows.build(
        membership.person.principal, action, team.resource, starts_at=membership.starts_at, until=membership.until,
        given_at=at, given_by=actor, reason=membership.reason, source=Source.LEAD, source_ref=str(membership.pk),
    )  # fmt: skip
    row.save(force_insert=True)
    _record(Tag.OBJECT_GRANT_GIVEN, actor, row, at)


def move_right(actor: Person, *, membership: Membership, team: Team | Group, later: bool, at: datetime) -> None:
    """Let the right end when the membership does. Later counts as giving it. Raises NotAllowed."""
    for row in rows.of_source(Source.LEAD, [str(membership.pk)], at):
        if later:
            _require_giving(actor, team, at)
        row.until = membership.until
        row.save(update_fields=["until"])
        _record(Tag.OBJECT_GRANT_CHANGED, actor, row, at)


def end_right(actor: Person, *, membership: Membership, at: datetime) -> None:
    """End the right with the membership, which has just ended."""
    for row in rows.of_source(Source.LEAD, [str(membership.pk)], at):
        row.until, row.ended_by, row.end_reason = membership.until, actor, membership.end_reason
        row.save(update_fields=["until", "ended_by", "end_reason"])
        _record(Tag.OBJECT_GRANT_ENDED, actor, row, at)


def _require_giving(actor: Person, team: Team | Group, at: datetime) -> None:
    try:
        require_give_on(actor, actions=[right_on(team)], resource=team.resource, at=at)
    except NotVisible as refusal:
        raise NotAllowed(refusal.person, refusal.decision) from refusal


def _record(tag: Tag, actor: Person, row: rows.AnyGrant, at: datetime) -> None:
    record(tag, actor=actor, at=at, obj=row.content_object, about=rows.person_of(row), details=rows.told(row))
