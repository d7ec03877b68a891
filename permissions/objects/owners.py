"""What owning brings, as long as somebody owns it: of a resource the right to edit exactly it and to share it, of a
team or group the right to edit exactly that.

The use cases that set an owner call this in their transaction, before the event of their own.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Person
from cxaccess.lib.models import Source
from permissions.giving import Gains, require_give_all
from permissions.guards import NotAllowed, NotVisible
from permissions.models import Resource
from permissions.objects import brought, rows


def give_right(actor: Person, *, resource: Resource, at: datetime) -> None:
    """Give the owner, if there is one, what comes with it; the actor must be able to give it. Raises NotAllowed."""
    if resource.owner is None or not brought.owning(resource):
        return
    right = brought.of_owner(resource, resource.owner, at=at, by=actor)
    brought.require_giving(actor, right, at=at)
    brought.write([right], actor=actor, at=at)


def require_owners(actor: Person, resources: Iterable[Resource], *, at: datetime) -> None:
    """Pass an actor who may give what owning brings on all of `resources` that carry an owner. Raises NotAllowed."""
    owned = [row.pk for row in resources if row.owner_id is not None]
    try:
        gains = Gains(objects=frozenset((action, pk) for pk in owned for action in brought.OWNING))
        require_give_all(actor, gains=gains, at=at)
    except NotVisible as refusal:
        raise NotAllowed(refusal.person, refusal.decision) from refusal


def follow(actor: Person, resources: Sequence[Resource], *, at: datetime) -> None:
    """Follow the new owners of many `resources`, which are written and carry them. Authority is the caller's."""
    standing = rows.table(rows.PEOPLE).not_over(at).filter(source=Source.OWNER, content_object__in=resources)
    for owned, reason in ((True, _("Somebody else owns it now.")), (False, _("Nobody owns it any more."))):
        ids = [row.pk for row in resources if (row.owner_id is not None) is owned]
        brought.end_rows(standing.filter(content_object__in=ids), until=at, by=actor, reason=reason, at=at)
    owners = Person.objects.select_related("principal").in_bulk({row.owner_id for row in resources} - {None})
    rights = [brought.of_owner(row, owners[row.owner_id], at=at, by=actor) for row in resources if row.owner_id]
    brought.write(rights, actor=actor, at=at)


def end_right(actor: Person, *, resource: Resource, at: datetime) -> None:
    """End what the owner until now had by owning it."""
    reason = _("Somebody else owns it now.") if resource.owner is not None else _("Nobody owns it any more.")
    brought.end(Source.OWNER, str(resource.pk), until=at, by=actor, reason=reason, at=at)


def change(actor: Person, *, before: Resource, after: Resource, at: datetime) -> None:
    """Follow a change of owner, if it is one. Raises NotAllowed."""
    if before.owner_id == after.owner_id:
        return
    end_right(actor, resource=after, at=at)
    give_right(actor, resource=after, at=at)
