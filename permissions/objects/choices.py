"""What the form that gives on one resource offers: only what its reader may give, as far as can be said beforehand."""

from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Person, Principal
from accounts.people import lookups
from permissions import gate, giving
from permissions.grants import choices
from permissions.models import Action, Resource
from permissions.objects.services import is_fitting


def may_give_somewhere(actor: Person, *, at: datetime) -> bool:
    """Return whether there is anything that `actor` may give on: for menus and the door of the form."""
    return gate.may_somewhere(actor, giving.GIVE, at=at) or gate.may_somewhere(actor, giving.SHARE, at=at)


def may_give_on(actor: Person, resource: Resource, *, at: datetime) -> bool:
    """Return whether `actor` may give anything on this resource."""
    return giving.may_give_there(actor, resource=resource, at=at) or giving.may_share(
        actor, actions=(), resource=resource, at=at
    )


def takers(actor: Person, *, at: datetime, found: str = "") -> QuerySet[Principal]:
    """Return the people and teams that `actor` may see, and whom they found by the whole address (`found`: the proof).

    Whoever shares one thing sees hardly anybody; they know the address of a colleague, and need no list of all.
    """
    seen = choices.takers(actor, at=at)
    known = lookups.proven(actor, found) if found else None
    if known is None:
        return seen
    return Principal.objects.filter(Q(pk__in=seen.values("pk")) | Q(pk=known)).select_related(
        "person__region", "person__department", "team"
    )


def things(actor: Person, *, at: datetime) -> QuerySet[Resource]:
    """Return the resources on which `actor` may give something."""
    standing = Resource.objects.filter(archived_at=None)
    there = gate.visible(actor, giving.GIVE, standing, at=at, as_type="role")
    own = gate.visible(actor, giving.SHARE, standing.filter(object_kind=None), at=at, as_type="resource")
    return Resource.objects.filter(Q(pk__in=there.values("pk")) | Q(pk__in=own.values("pk"))).select_related(
        "type", "region", "owner"
    )


def actions(actor: Person, resource: Resource, *, at: datetime) -> QuerySet[Action]:
    """Return the permissions that `actor` may give on `resource`."""
    rows = Action.objects.select_related("type").filter(type__key__in=(resource.type.key, "resource"))
    fitting = [action for action in rows if is_fitting(action, resource)]
    there = giving.may_give_there(actor, resource=resource, at=at)
    ids = [action.pk for action in fitting if _may(actor, action, resource, there, at)]
    return rows.filter(pk__in=ids)


def _may(actor: Person, action: Action, resource: Resource, there: bool, at: datetime) -> bool:
    """Return whether it may be given; what hands out more than itself is asked about in full."""
    if action.key in giving.MANAGE_MEMBERS:
        return giving.may_give_on(actor, actions=[action.key], resource=resource, at=at)
    return there or giving.may_share(actor, actions=[action.key], resource=resource, at=at)
