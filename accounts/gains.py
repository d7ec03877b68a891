"""What somebody gains at the doors that are not grants: memberships, moves in trees, a return to active.

Each counts as giving: whoever opens it must be able to give all of it (`permissions.giving`).
"""

from collections.abc import Iterable
from datetime import datetime

from accounts.models import Membership, Person, Principal
from cxaccess.lib.models import Risk
from permissions import facts
from permissions.giving import MANAGE_MEMBERS, Gains, gains_of, hold, passes_on, require_give_all
from permissions.guards import NotAllowed, NotVisible
from permissions.models import Action, Mode, Resource, RoleGrant


def of_principals(principals: Iterable[int], *, at: datetime) -> Gains:
    """Return every grant to one of `principals` that is not over."""
    return gains_of(principals, at=at)


def of_membership(principal: Principal, *, at: datetime) -> Gains:
    """Return what a new member gains, and what those who hold something within the team gain over that member."""
    return of_principals(facts.model(at).chain(principal.pk), at=at) | _over_members(principal, at)


def _over_members(principal: Principal, at: datetime) -> Gains:
    model = facts.model(at)
    team = model.teams_of_principals.get(principal.pk)
    return within("team", model.above("team", team), at=at) if team is not None else Gains()


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
    return Gains(frozenset(rows.not_over(at).values_list("role_id", "scope_id")))


def hold_joining(principal: Principal, *, at: datetime) -> None:
    """Let nobody give to a team or group, or to one above it, while somebody may come into it.

    Call it after `lock_administration`, which holds the tree of teams still, and before authority is read.
    """
    hold(facts.model(at).chain(principal.pk), at=at)


def hold_person(person: Person, *, at: datetime) -> None:
    """Let nobody give to `person`, or to where they are in, while somebody may come by all they hold.

    Call it after `lock_administration` and before authority is read.
    """
    rows = Membership.objects.filter(person=person).not_over(at).values_list("principal_id", flat=True)
    chain = facts.model(at).chain
    hold({person.principal_id, *(above for principal in rows for above in chain(principal))}, at=at)


def require_gains(actor: Person, gains: Gains, *, at: datetime) -> None:
    """Pass an actor who may give all of `gains`. Raises NotAllowed: what the change is about, they can see."""
    try:
        require_give_all(actor, gains=gains, at=at)
    except NotVisible as refusal:
        raise NotAllowed(refusal.person, refusal.decision) from refusal


def require_joining(actor: Person, *, person: Person, principal: Principal, resource: Resource, at: datetime) -> None:
    """Pass an actor who may let `person` gain what `principal`'s members have. Raises NotAllowed.

    Whoever was given the keeping of exactly this team or group hands out what it holds: to others, never to
    themselves, never the right to give, and not where that brings somebody under a power to stop them.
    """
    if actor.pk != person.pk and hands_out(actor, principal=principal, resource=resource, at=at):
        return
    require_gains(actor, of_membership(principal, at=at), at=at)


def hands_out(actor: Person, *, principal: Principal, resource: Resource, at: datetime) -> bool:
    """Return whether the keeping of exactly this team or group lets the actor put others into it as it is."""
    if not _is_delegated(actor, resource, at) or passes_on(of_membership(principal, at=at), at=at):
        return False
    return not _is_harmful(_over_members(principal, at), at)


def _is_harmful(gains: Gains, at: datetime) -> bool:
    """Return whether they can stop people or take their access: then nobody is brought under them unasked."""
    holding = facts.model(at).holding
    held = {action for role, _scope in gains.roles for action in holding.get(role, ())}
    return Action.objects.filter(key__in=held, risk__gte=Risk.HIGH, type__key__in=("person", "grant")).exists()


def _is_delegated(actor: Person, resource: Resource, at: datetime) -> bool:
    """Return whether the actor may keep the members by a grant on the team or group itself."""
    found = facts.snapshot(actor.pk, at)
    return any(resource.pk in found.objects(action, at) for action in MANAGE_MEMBERS)
