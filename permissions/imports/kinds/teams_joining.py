"""Whether the actor may put people into teams, asked once for each team of a file: members gain what it holds."""

from accounts import gains
from accounts.models import Person, Team
from accounts.teams.leads import RIGHT
from permissions.giving import may_give_on
from permissions.guards import NotAllowed, NotYet, passes
from permissions.imports.kinds.base import Desk


def may_join(desk: Desk, person: Person, team: Team, *, lead: bool) -> bool:
    """Return whether the actor may let `person` gain what the members of `team` have; a lead also keeps its members."""
    own = person.pk == desk.actor.pk
    joins: bool = desk.once(f"joins {team.pk} {own}", lambda: desk.rests(lambda: _joins(desk, person, team)))
    if not joins or not lead:
        return joins
    leads: bool = desk.once(
        f"leads {team.pk}",
        lambda: desk.rests(
            lambda: may_give_on(desk.actor, actions=[RIGHT], resource=team.resource, at=desk.tick(), asks=passes)
        ),
    )
    return leads


def _joins(desk: Desk, person: Person, team: Team) -> bool:
    try:
        gains.require_joining(
            desk.actor, person=person, principal=team.principal, resource=team.resource, at=desk.tick()
        )
    except NotYet:
        raise
    except NotAllowed:
        return False
    return True
