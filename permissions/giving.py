"""The giving rule: who may let somebody gain a role, at every door where that can happen.

Giving role R within scope S is ``role.give`` on a target that lies exactly at S. Whoever passes on the right
to give also needs ``role.give_onward`` there. Nobody gains what the actor could not give.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import Membership, Person, PersonState, Principal
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Refused
from permissions import facts, gate, history, places
from permissions.engine import Model, Scope
from permissions.guards import require
from permissions.models import Mode, RoleGrant

GIVE = "role.give"
GIVE_ONWARD = "role.give_onward"


def require_give(actor: Person, *, role_id: int, scope: Scope, at: datetime) -> None:
    """Pass an actor who may give the role within `scope`. Raises NotAllowed or NotVisible."""
    require_give_actions(actor, actions=facts.model(at).holding.get(role_id, frozenset()), scope=scope, at=at)


def require_give_actions(actor: Person, *, actions: Iterable[str], scope: Scope, at: datetime) -> None:
    """Pass an actor who may let somebody gain `actions` within `scope`."""
    there = places.of_scope("role", scope)
    require(actor, GIVE, there, at=at)
    if {GIVE, GIVE_ONWARD} & set(actions):
        require(actor, GIVE_ONWARD, there, at=at)


def may_give(actor: Person, *, role_id: int, scope: Scope, at: datetime) -> bool:
    """Return whether `require_give` would pass; for menus and choices."""
    return may_give_actions(actor, actions=facts.model(at).holding.get(role_id, frozenset()), scope=scope, at=at)


def may_give_actions(actor: Person, *, actions: Iterable[str], scope: Scope, at: datetime) -> bool:
    """Return whether `require_give_actions` would pass; for previews and choices."""
    there = places.of_scope("role", scope)
    onward = not {GIVE, GIVE_ONWARD} & set(actions) or gate.may(actor, GIVE_ONWARD, there, at=at)
    return onward and gate.may(actor, GIVE, there, at=at)


def require_give_all(actor: Person, *, grants: Iterable[tuple[int, int]], at: datetime) -> None:
    """Pass an actor who may give every (role id, scope id) of `grants`: somebody is about to gain them all."""
    wanted = set(grants)
    scopes = history.scopes({scope for _role, scope in wanted})
    for role, scope in sorted(wanted):
        require_give(actor, role_id=role, scope=scopes[scope], at=at)


def grants_reaching(principal: Principal, *, at: datetime) -> set[tuple[int, int]]:
    """Return the (role id, scope id) of every grant, now or later, that a member of `principal` gains."""
    chain = facts.model(at).chain(principal.pk)
    rows = RoleGrant.objects.filter(principal__in=chain, mode=Mode.ACTIVE).not_over(at)
    return set(rows.values_list("role_id", "scope_id"))


def lock_administration() -> None:
    """Queue up with everybody else who might take away the last administrator; call before the change."""
    stamps.lock(stamps.MODEL)


def require_administrator(*, at: datetime) -> None:
    """Pass a change after which somebody active, able to sign in, may still give everything, without end.

    Call it after the change, in its transaction, after `lock_administration`. Raises Refused.
    """
    if not lasting_administrators(at=at).exists():
        raise Refused(
            _("This would leave nobody who can administer access. Give the administrator role to somebody first.")
        )


def lasting_administrators(*, at: datetime) -> QuerySet[Person]:
    """Return the active, claimed people who hold both giving permissions everywhere through rows that do not end.

    Whoever has neither a mail nor a single sign-on identity cannot sign in, so they do not count.
    """
    model = facts.model(at)
    roles = model.granting.get(GIVE, frozenset()) & model.granting.get(GIVE_ONWARD, frozenset())
    rows = RoleGrant.objects.filter(role__in=roles, scope__digest="", mode=Mode.ACTIVE, starts_at__lte=at, until=None)
    principals = set(rows.values_list("principal_id", flat=True))
    members = _lasting_members(model, principals, at)
    way_in = Q(email__gt="") | Q(socialaccount__isnull=False)
    able = Person.objects.filter(way_in, state=PersonState.ACTIVE, claimed_at__isnull=False)
    return able.filter(Q(principal__in=principals) | Q(pk__in=members)).distinct()


def _lasting_members(model: Model, principals: set[int], at: datetime) -> QuerySet[Any]:
    reached = [team for team in model.teams_of_principals if not principals.isdisjoint(model.chain(team))]
    rows = Membership.objects.filter(principal__in=reached, starts_at__lte=at, until=None)
    return rows.values("person")
