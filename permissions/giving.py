"""The giving rule: who may let somebody gain a role, at every door where that can happen.

Giving role R within scope S is ``role.give`` on a target that lies exactly at S. Whoever passes on the right
to give also needs ``role.give_onward`` there. Nobody gains what the actor could not give.

Giving a permission on one resource is ``role.give`` at the places where that lies, or ``resource.give`` on itself for
what its own type allows: so its owner shares exactly it. Whoever may keep the members of exactly one team (by a grant
on that team) hands out what the team holds; so giving that right takes being able to give all of it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership, Person, PersonState, Principal, PrincipalKind, Team
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Refused
from permissions import facts, gate, history, places
from permissions.engine import Model, Scope, Target
from permissions.engine.policies import Kind, Rule
from permissions.guards import passes, require
from permissions.models import GroupObjectGrant, Mode, PersonObjectGrant, Resource, RoleGrant

GIVE = "role.give"
GIVE_ONWARD = "role.give_onward"
SHARE = "resource.give"
EVERYWHERE = Scope(0)
CHUNK = 5_000  # ids in one statement
Asks = Callable[..., bool]  # `gate.may` for menus and choices, `guards.passes` for what is written
MANAGE_MEMBERS = ("team.manage_members", "group.manage_members")


def require_give(actor: Person, *, role_id: int, scope: Scope, at: datetime) -> None:
    """Pass an actor who may give the role within `scope`, and everywhere what policies allow to whoever holds it.

    Raises NotAllowed or NotVisible.
    """
    allowed = allowed_by_policies(facts.model(at), roles={role_id})
    if allowed:
        require_give_actions(actor, actions=allowed, scope=EVERYWHERE, at=at)
    require_give_actions(actor, actions=facts.model(at).holding.get(role_id, frozenset()), scope=scope, at=at)


def require_give_actions(actor: Person, *, actions: Iterable[str], scope: Scope, at: datetime) -> None:
    """Pass an actor who may let somebody gain `actions` within `scope`."""
    there = places.of_scope("role", scope)
    require(actor, GIVE, there, at=at)
    if {GIVE, GIVE_ONWARD} & set(actions):
        require(actor, GIVE_ONWARD, there, at=at)


def may_give(actor: Person, *, role_id: int, scope: Scope, at: datetime) -> bool:
    """Return whether `require_give` would pass; for menus and choices."""
    allowed = allowed_by_policies(facts.model(at), roles={role_id})
    if allowed and not may_give_actions(actor, actions=allowed, scope=EVERYWHERE, at=at):
        return False
    return may_give_actions(actor, actions=facts.model(at).holding.get(role_id, frozenset()), scope=scope, at=at)


def require_give_on(actor: Person, *, actions: Iterable[str], resource: Resource, at: datetime) -> None:
    """Pass an actor who may let somebody gain `actions` on exactly `resource`. Raises NotAllowed or NotVisible."""
    require_give_all(actor, gains=Gains(objects=frozenset((action, resource.pk) for action in actions)), at=at)


def may_give_on(
    actor: Person, *, actions: Iterable[str], resource: Resource, at: datetime, asks: Asks = gate.may
) -> bool:  # fmt: skip
    """Return whether `require_give_on` would pass; for menus and choices."""
    gains = Gains(objects=frozenset((action, resource.pk) for action in actions))
    return may_give_all(actor, gains=gains, at=at, asks=asks)


def may_give_there(actor: Person, *, resource: Resource, at: datetime) -> bool:
    """Return whether `actor` may give roles where `resource` lies, and so most of what can be had on it."""
    return gate.may(actor, GIVE, _at_the_places_of(resource, at), at=at)


def may_share(
    actor: Person, *, actions: Iterable[str], resource: Resource, at: datetime, asks: Asks = gate.may
) -> bool:  # fmt: skip
    """Return whether `actions` are what the resource's own type allows, and the actor shares exactly this resource."""
    own = all(action.partition(".")[0] == resource.type.key for action in actions)
    if not own or resource.object_kind is not None:
        return False
    return asks(actor, SHARE, places.target(resource, at, as_type="resource"), at=at)


def _at_the_places_of(resource: Resource, at: datetime) -> Target:
    """Return the target that giving on `resource` is asked about: a role exactly there, and no one thing."""
    return replace(places.target(resource, at, as_type="role"), id=None, resource=None)


def may_give_actions(actor: Person, *, actions: Iterable[str], scope: Scope, at: datetime) -> bool:
    """Return whether `require_give_actions` would pass; for previews and choices."""
    there = places.of_scope("role", scope)
    onward = not {GIVE, GIVE_ONWARD} & set(actions) or gate.may(actor, GIVE_ONWARD, there, at=at)
    return onward and gate.may(actor, GIVE, there, at=at)


def allowed_by_policies(
    model: Model, *, roles: Collection[int] = (), principals: Collection[int] = ()
) -> frozenset[str]:  # fmt: skip
    """Return what policies in force allow to whoever holds one of `roles`, or is reached by one of `principals`."""
    return frozenset(
        action for rule in allowing_policies(model, roles=roles, principals=principals) for action in rule.actions
    )


def allowing_policies(
    model: Model, *, roles: Collection[int] = (), principals: Collection[int] = ()
) -> frozenset[Rule]:  # fmt: skip
    """Return the allow-whens in force that name one of `roles` or `principals`."""
    allowing = [rule for rule in model.policies if isinstance(rule, Rule) and rule.kind is Kind.ALLOW]
    return frozenset(
        rule for rule in allowing if not (rule.roles.isdisjoint(roles) and rule.principals.isdisjoint(principals))
    )


@dataclass(frozen=True, slots=True)
class Gains:
    """What somebody is about to gain: (role id, scope id) by roles, (permission, resource id) by object grants.

    `everywhere` are the permissions that policies allow, which may be anywhere.
    """

    roles: frozenset[tuple[int, int]] = frozenset()
    objects: frozenset[tuple[str, int]] = frozenset()
    everywhere: frozenset[str] = frozenset()

    def __or__(self, other: "Gains") -> "Gains":
        """Return what either names."""
        return Gains(self.roles | other.roles, self.objects | other.objects, self.everywhere | other.everywhere)

    def __bool__(self) -> bool:
        """Return whether there is anything to gain."""
        return bool(self.roles or self.objects or self.everywhere)


NOTHING = Gains()


def gains_of(principals: Iterable[int], *, at: datetime) -> Gains:
    """Return all that is granted to `principals`, now or later."""
    wanted = set(principals)
    rows = RoleGrant.objects.filter(principal__in=wanted, mode=Mode.ACTIVE).not_over(at)
    mine = PersonObjectGrant.objects.filter(user__principal__in=wanted).not_over(at)
    shared = GroupObjectGrant.objects.filter(group__principal__in=wanted).not_over(at)
    on = ("permission__catalogue_action__key", "content_object_id")
    return Gains(
        frozenset(rows.values_list("role_id", "scope_id")),
        frozenset([*mine.values_list(*on), *shared.values_list(*on)]),
        allowed_by_policies(facts.model(at), principals=wanted),
    )


def passes_on(gains: Gains, *, at: datetime) -> bool:
    """Return whether `gains` hold the right to give, which is passed on only by who holds that."""
    holding = facts.model(at).holding
    by_roles = any({GIVE, GIVE_ONWARD} & holding.get(role, frozenset()) for role, _scope in gains.roles)
    return by_roles or bool({GIVE, GIVE_ONWARD} & gains.everywhere)


def whole(gains: Gains, *, at: datetime) -> Gains:
    """Return `gains` with what they let somebody hand out: who keeps a team's members gives what the team holds."""
    return _handed_out(gains, at)[0]


def _handed_out(gains: Gains, at: datetime) -> tuple[Gains, set[int]]:
    """Return `gains` with what they let somebody hand out, and the principals whose grants that is."""
    model = facts.model(at)
    handing_out = frozenset(one for action in MANAGE_MEMBERS for one in model.implied_by.get(action, ()))
    found, kept, principals = gains, set[int](), set[int]()
    while keys := {resource for action, resource in found.objects if action in handing_out} - kept:
        kept |= keys
        owners = Principal.objects.filter(Q(team__resource__in=keys) | Q(group__resource__in=keys))
        reached = {above for owner in owners.values_list("pk", flat=True) for above in model.chain(owner)}
        found |= gains_of(reached, at=at)
        principals |= reached
    return found, principals


def require_give_all(actor: Person, *, gains: Gains, at: datetime) -> None:
    """Pass an actor who may give every one of `gains`: somebody is about to gain them all."""
    wanted = whole(gains, at=at)
    if wanted.everywhere:
        require_give_actions(actor, actions=wanted.everywhere, scope=EVERYWHERE, at=at)
    scopes = history.scopes({scope for _role, scope in wanted.roles})
    for role, scope in sorted(wanted.roles):
        require_give(actor, role_id=role, scope=scopes[scope], at=at)
    for place, lacking in _by_place(actor, wanted, at, passes):
        if lacking:
            require(actor, GIVE, place, at=at)


def may_give_all(actor: Person, *, gains: Gains, at: datetime, asks: Asks = gate.may) -> bool:
    """Return whether `require_give_all` would pass; by `gate.may` once what policies ask for first is met."""
    wanted = whole(gains, at=at)
    if wanted.everywhere and not may_give_actions(actor, actions=wanted.everywhere, scope=EVERYWHERE, at=at):
        return False
    scopes = history.scopes({scope for _role, scope in wanted.roles})
    return all(may_give(actor, role_id=role, scope=scopes[scope], at=at) for role, scope in wanted.roles) and not any(
        lacking for _place, lacking in _by_place(actor, wanted, at, asks)
    )


def _by_place(actor: Person, gains: Gains, at: datetime, asks: Asks) -> Iterator[tuple[Target, bool]]:
    """Yield where the things of `gains` lie, and whether the actor may neither give there nor share the thing.

    Many things lie at the same places: the gate is asked once for each place, however many there are.
    """
    known: dict[frozenset[tuple[str, frozenset[int]]], bool] = {}
    for resource, actions in _by_resource(gains):
        there = _at_the_places_of(resource, at)
        spot = frozenset(there.places.items())
        if spot not in known:
            known[spot] = asks(actor, GIVE, there, at=at)
        yield there, not (known[spot] or may_share(actor, actions=actions, resource=resource, at=at, asks=asks))


def _by_resource(gains: Gains) -> Iterator[tuple[Resource, set[str]]]:
    """Yield each resource of `gains` with what is gained on it."""
    actions: dict[int, set[str]] = defaultdict(set)
    for action, resource in gains.objects:
        actions[resource].add(action)
    ids = sorted(actions)
    for start in range(0, len(ids), CHUNK):
        some = ids[start : start + CHUNK]
        for row in Resource.objects.select_related("type").filter(pk__in=some).order_by("pk"):
            yield row, actions[row.pk]


def lock_administration() -> None:
    """Queue up with everybody else who might take away the last administrator; call before the change."""
    stamps.lock(stamps.MODEL)


def hold(principals: Iterable[int], *, at: datetime) -> None:
    """Hold still what `principals` have, and what that lets somebody hand out: somebody is to come by all of it.

    Whoever gives to one of them waits, and who gave already is seen. Call it before authority is read, and after
    `lock_administration`, so that nobody waits in a circle (decision 27).
    """
    if not connection.features.has_select_for_update:
        return  # there is one writer at a time
    wanted, held = set(principals), set[int]()
    while not wanted <= held:
        wanted |= _handed_out(gains_of(wanted, at=at), at)[1]
        _lock_principals(wanted - held)
        held |= wanted
        wanted = wanted | _handed_out(gains_of(wanted, at=at), at)[1]


def hold_collectives() -> None:
    """Hold still what every team and group has: for a set of changes, which meets them in any order."""
    if connection.features.has_select_for_update:
        collective = (PrincipalKind.TEAM, PrincipalKind.GROUP, PrincipalKind.INTEGRATION)
        _lock_principals(Principal.objects.filter(kind__in=collective).values_list("pk", flat=True))


def hold_takers(
    principals: Iterable[int], *, scope: Scope | None = None, gains: Gains = NOTHING, at: datetime
) -> dict[int, Principal]:  # fmt: skip
    """Return {id: those who are given to}, locked with the teams whose members `scope` or `gains` are power over.

    So nobody joins one of them unseen at the same moment. Call it before authority is read.
    """
    wanted = set(principals)
    named = {ref for dimension, ref in (scope.terms if scope else ()) if dimension == "team"}
    over = set(Team.objects.filter(pk__in=named).values_list("principal_id", flat=True)) if named else set()
    over |= _handed_out(gains, at)[1]
    if len(wanted | over) > 1:
        lock_administration()
    _lock_principals(wanted | over)
    return Principal.objects.select_related("person", "team", "group").in_bulk(wanted)


def _lock_principals(ids: Collection[int]) -> None:
    ordered = sorted(ids)
    for start in range(0, len(ordered), CHUNK):
        rows = Principal.objects.filter(pk__in=ordered[start : start + CHUNK]).order_by("pk")
        list(rows.select_for_update(no_key=True).values_list("pk"))


def require_administrator(*, at: datetime) -> None:
    """Pass a change after which somebody active, able to sign in, may still give everything, without end.

    Call it after the change, in its transaction, after `lock_administration`. Raises Refused.
    """
    if not lasting_administrators(at=at).exists():
        raise Refused(
            _("This would leave nobody who can administer access. Give the administrator role to somebody first.")
        )


def lasting_administrators(*, at: datetime) -> QuerySet[Person]:
    """Return the active, claimed people, not about to leave, who hold both giving permissions everywhere without end.

    Whoever has neither a mail nor a single sign-on identity cannot sign in, so they do not count.
    """
    model = facts.model(at)
    roles = model.granting.get(GIVE, frozenset()) & model.granting.get(GIVE_ONWARD, frozenset())
    rows = RoleGrant.objects.filter(role__in=roles, scope__digest="", mode=Mode.ACTIVE, starts_at__lte=at, until=None)
    principals = set(rows.values_list("principal_id", flat=True))
    members = _lasting_members(model, principals, at)
    way_in = Q(email__gt="") | Q(socialaccount__isnull=False)
    able = Person.objects.filter(way_in, state=PersonState.ACTIVE, leaves_at=None, claimed_at__isnull=False)
    return able.filter(Q(principal__in=principals) | Q(pk__in=members)).distinct()


def _lasting_members(model: Model, principals: set[int], at: datetime) -> QuerySet[Any]:
    inside = {"principal__in": model.reaching(principals), "principal__kind__in": history.COLLECTIVE}
    rows = Membership.objects.filter(starts_at__lte=at, until=None, **inside)
    return rows.values("person")
