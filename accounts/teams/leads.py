"""What leading a team or a group brings: the right to keep the members of exactly that one, as long as one leads it.

It is an object grant like any other, written with the membership that brings it and ended with it.
"""

from datetime import datetime

from accounts.models import Group, Membership, Part, Person, Team
from cxaccess.lib.models import Source
from permissions.objects import brought

RIGHT = "team.manage_members"  # of a team's lead


def give_right(actor: Person, *, membership: Membership, team: Team | Group, at: datetime) -> None:
    """Give a new lead the right, if `membership` is one's; the actor must be able to give it. Raises NotAllowed."""
    if membership.part != Part.LEAD:
        return
    right = brought.of_lead(membership, team, starts_at=membership.starts_at)
    brought.require_giving(actor, right, at=at)
    brought.write([right], actor=actor, at=at)


def move_right(actor: Person, *, membership: Membership, team: Team | Group, later: bool, at: datetime) -> None:
    """Let the right end when the membership does. Later counts as giving it. Raises NotAllowed."""
    if later and membership.part == Part.LEAD:
        right = brought.of_lead(membership, team, starts_at=membership.starts_at)
        brought.require_giving(actor, right, at=at)
    brought.move(Source.LEAD, str(membership.pk), until=membership.until, actor=actor, at=at)


def end_right(actor: Person, *, membership: Membership, at: datetime) -> None:
    """End the right with the membership, which has just ended."""
    until = membership.until or at
    brought.end(Source.LEAD, str(membership.pk), until=until, by=actor, reason=membership.end_reason, at=at)
