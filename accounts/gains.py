"""What somebody gains at the doors that are not grants: memberships, moves in trees, a return to active.

Each counts as giving: whoever opens it must be able to give all of it (`permissions.giving`).
"""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import Membership, Person, Principal
from permissions import facts
from permissions.giving import require_give_all
from permissions.guards import NotAllowed, NotVisible
from permissions.models import Mode, RoleGrant

Gains = set[tuple[int, int]]


def of_principals(principals: Iterable[int], *, at: datetime) -> Gains:
    """Return the (role id, scope id) of every grant to one of `principals` that is not over."""
    rows = RoleGrant.objects.filter(principal__in=set(principals), mode=Mode.ACTIVE).not_over(at)
    return set(rows.values_list("role_id", "scope_id"))


def of_membership(principal: Principal, *, at: datetime) -> Gains:
    """Return what a new member gains, and what those who hold something within the team gain over that member."""
    model = facts.model(at)
    team = model.teams_of_principals.get(principal.pk)
    above = model.above("team", team) if team is not None else ()
    return of_principals(model.chain(principal.pk), at=at) | within("team", above, at=at)


def of_person(person: Person, *, at: datetime) -> Gains:
    """Return all that reaches `person`, or will: their own grants, and those of their teams and the teams above."""
    rows = Membership.objects.filter(person=person).not_over(at)
    model = facts.model(at)
    reached = {above for principal in rows.values_list("principal_id", flat=True) for above in model.chain(principal)}
    return of_principals({person.principal_id, *reached}, at=at)


def within(dimension: str, places: Iterable[int], *, at: datetime) -> Gains:
    """Return the grants whose scope names one of `places`: what moves under a place comes within their reach."""
    rows = RoleGrant.objects.filter(
        scope__terms__dimension=dimension, scope__terms__ref_id__in=set(places), mode=Mode.ACTIVE
    )
    return set(rows.not_over(at).values_list("role_id", "scope_id"))


def require_gains(actor: Person, gains: Gains, *, at: datetime) -> None:
    """Pass an actor who may give all of `gains`. Raises NotAllowed: what the change is about, they can see."""
    try:
        require_give_all(actor, grants=gains, at=at)
    except NotVisible as refusal:
        raise NotAllowed(refusal.person, refusal.decision) from refusal
