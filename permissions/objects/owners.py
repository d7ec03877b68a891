"""What owning a resource brings: the right to edit exactly it and to share it, as long as somebody owns it.

The use cases that set an owner call this in their transaction, before the event of their own.
"""

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Person
from cxaccess.lib.models import Source
from permissions.models import Resource
from permissions.objects import brought


def give_right(actor: Person, *, resource: Resource, at: datetime) -> None:
    """Give the owner, if there is one, what comes with it; the actor must be able to give it. Raises NotAllowed."""
    if resource.owner is None or resource.object_kind is not None:
        return
    right = brought.of_owner(resource, resource.owner, at=at, by=actor)
    brought.require_giving(actor, right, at=at)
    brought.write([right], actor=actor, at=at)


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
