"""What the place of a resource lets people do: whoever reaches it where it goes gains, so moving counts as giving.

Otherwise whoever keeps the registry would bring a thing to where they may read it.
"""

from datetime import datetime

from accounts.models import Person
from permissions import facts, giving, history
from permissions.engine import Target
from permissions.guards import NotAllowed, NotVisible, passes
from permissions.models import Mode, Resource, RoleGrant


def gained(type_: str, here: Target, there: Target, *, at: datetime) -> frozenset[str]:
    """Return what roles, given now or for later, allow on a resource of `type_` at `there` and not at `here`."""
    model = facts.model(at)
    arriving: set[tuple[int, int]] = set()
    for dimension, places in there.places.items():
        reached = frozenset().union(*(model.above(dimension, place) for place in places - _at(here, dimension)))
        rows = RoleGrant.objects.not_over(at).filter(
            scope__terms__dimension=dimension, scope__terms__ref_id__in=reached, mode=Mode.ACTIVE
        )
        arriving |= set(rows.values_list("role_id", "scope_id")) if reached else set()
    scopes = history.scopes({scope for _role, scope in arriving})
    new = {pk for pk, scope in scopes.items() if model.covers(scope, there) and not model.covers(scope, here)}
    held = {action for role, scope in arriving if scope in new for action in model.holding.get(role, ())}
    if giving.GIVE in held:  # whoever gives there can have all of it
        held |= model.implies.keys()
    return frozenset(action for action in held if action.partition(".")[0] in (type_, "resource"))


def _at(target: Target, dimension: str) -> frozenset[int]:
    return target.places.get(dimension, frozenset())


def require_move(actor: Person, before: Resource, here: Target, there: Target, *, at: datetime) -> None:
    """Pass an actor who may give what people gain on `before` at `there`. Call it before the change is written.

    Raises NotAllowed: what the change is about, they can see.
    """
    actions = gained(before.type.key, here, there, at=at)
    if not actions:
        return
    try:
        giving.require_give_on(actor, actions=actions, resource=before, at=at)
    except NotVisible as refusal:
        raise NotAllowed(refusal.person, refusal.decision) from refusal


def may_move(actor: Person, before: Resource, here: Target, there: Target, *, at: datetime) -> bool:
    """Return whether `require_move` would pass. Raises NotYet where something is to be met first."""
    actions = gained(before.type.key, here, there, at=at)
    return not actions or giving.may_give_on(actor, actions=actions, resource=before, at=at, asks=passes)
