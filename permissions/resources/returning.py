"""What comes back when archived resources are taken into use again: all that was given on them, so it counts as giving.

What the registry lets people do (``resource.…``) was never away.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from accounts.gains import require_gains
from accounts.models import Person
from permissions import facts, giving, history, places
from permissions.engine import Scope
from permissions.giving import Gains
from permissions.models import GroupObjectGrant, Mode, PersonObjectGrant, Resource, RoleGrant
from permissions.policies.doors import allowed_on
from permissions.resources.opening import TYPE


def require_return(actor: Person, rows: Collection[Resource], *, at: datetime) -> None:
    """Pass an actor who may give what people have on `rows` once these are in use. Raises NotAllowed."""
    require_gains(actor, returning(rows, at=at), at=at)


def may_return(actor: Person, rows: Collection[Resource], *, at: datetime) -> bool:
    """Return whether `require_return` would pass; for menus and notices."""
    return giving.may_give_all(actor, gains=returning(rows, at=at), at=at)


def returning(rows: Collection[Resource], *, at: datetime) -> Gains:
    """Return what is given on `rows`, now or for later, by roles or on themselves, or allowed by policies.

    It is asked once for each type.
    """
    by_type: dict[str, list[Resource]] = defaultdict(list)
    for row in rows:
        by_type[row.type.key].append(row)
    found = {gain for type_, same in by_type.items() for gain in _by_roles(type_, same, at)}
    return Gains(objects=frozenset(found.union(_on_themselves(rows, at))), everywhere=allowed_on(rows, at=at))


def _by_roles(type_: str, rows: Collection[Resource], at: datetime) -> Iterator[tuple[str, int]]:
    model = facts.model(at)
    own = {action: roles for action, roles in model.granting.items() if action.partition(".")[0] == type_}
    grants = RoleGrant.objects.not_over(at).filter(role__in=frozenset().union(*own.values()), mode=Mode.ACTIVE)
    given = set(grants.order_by().values_list("role_id", "scope_id").distinct())
    scopes = history.scopes({scope for _role, scope in given})
    allowed: dict[Scope, set[str]] = defaultdict(set)
    for role, scope in given:
        allowed[scopes[scope]] |= {action for action, roles in own.items() if role in roles}
    for pk, there in places.targets(list(rows), at, as_type=TYPE).items():
        for scope, actions in allowed.items():
            if model.covers(scope, there):
                yield from ((action, pk) for action in actions)


def _on_themselves(rows: Collection[Resource], at: datetime) -> set[tuple[str, int]]:
    types = {row.pk: row.type.key for row in rows}
    named = ("permission__catalogue_action__key", "content_object_id")
    mine = PersonObjectGrant.objects.not_over(at).filter(content_object__in=types).values_list(*named)
    shared = GroupObjectGrant.objects.not_over(at).filter(content_object__in=types).values_list(*named)
    return {(action, pk) for action, pk in [*mine, *shared] if action.partition(".")[0] == types[pk]}
