"""Who may open the page of a resource, and how much of it they then see.

Whoever may view resources there (``resource.view``), whoever may view what it holds (``type.view``), and its owner.
The attributes are shown to the first and the owner; the content only to the second.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.models import Person
from permissions import gate, places
from permissions.engine import Decision, Target
from permissions.guards import decided, require
from permissions.models import Resource, Sensitivity

TYPE, VIEW, EDIT, CREATE, ARCHIVE, EXPORT = (
    "resource", "resource.view", "resource.edit", "resource.create", "resource.archive", "resource.export"
)  # fmt: skip
GUARDED = (Sensitivity.CONFIDENTIAL, Sensitivity.RESTRICTED)  # whoever opens one of these leaves an event
STAYS_GUARDED = timedelta(weeks=4)  # after one is lowered, so that lowering is no way to read unseen


@dataclass(frozen=True, slots=True)
class Opening:
    """What one reader may do with one resource: `here` is where it is, asked about as a resource of the registry."""

    reader: Person
    resource: Resource
    here: Target
    attributes: bool
    content: Decision

    def may(self, action: str, *, at: datetime) -> bool:
        """Return whether the reader may do `action` here; one of another type is asked about under that type."""
        return gate.may(self.reader, action, places.retyped(self.here, action.partition(".")[0]), at=at)


def is_guarded(resource: Resource, at: datetime) -> bool:
    """Return whether reading it is an event: it is confidential or restricted, or was lately."""
    return resource.sensitivity in GUARDED or lowered_until(resource, at) is not None


def lowered_until(resource: Resource, at: datetime) -> datetime | None:
    """Return until when reading it stays on record though its sensitivity no longer says so; None: it need not."""
    until = resource.guarded_until
    return until if until is not None and at < until and resource.sensitivity not in GUARDED else None


def stay_guarded(resource: Resource, was: int, *, at: datetime) -> None:
    """Set, unsaved, how long reading stays on record where the sensitivity is lowered from `was` out of GUARDED."""
    if was in GUARDED and resource.sensitivity not in GUARDED:
        resource.guarded_until = at + STAYS_GUARDED


def opened(reader: Person, resource: Resource, *, at: datetime) -> Opening:
    """Return how `reader` may open `resource`. Raises NotVisible for whoever may not at all."""
    here = places.target(resource, at, as_type=TYPE)
    content = decided(reader, f"{resource.type.key}.view", resource, at=at)
    attributes = resource.owner_id == reader.pk or decided(reader, VIEW, here, at=at).allowed
    if not attributes and not content.allowed:
        require(reader, VIEW, here, at=at)
    return Opening(reader, resource, here, attributes, content)


def opens_console(reader: Person, resource: Resource, *, at: datetime) -> bool:
    """Return whether `reader` may know of what stands for a console object: in the registry, or that object itself."""
    listed = gate.may(reader, VIEW, places.target(resource, at, as_type=TYPE), at=at)
    return listed or gate.may(reader, f"{resource.type.key}.view", resource, at=at)


def seen(reader: Person, action: str = VIEW, *, at: datetime) -> QuerySet[Resource]:
    """Return the resources on which `reader` holds `action` of the registry, console objects among them."""
    return gate.visible(reader, action, Resource.objects.all(), at=at, as_type=TYPE)


def content_decision(reader: Person, resource: Resource, verb: str, *, at: datetime) -> Decision:
    """Return the decision on ``type.verb`` of this resource: whether its content may be edited, or taken out."""
    return gate.decide(reader, f"{resource.type.key}.{verb}", resource, at=at)


def prospect(type_: str, at_places: Mapping[str, int | None]) -> Target:
    """Return the target of a resource that would stand at these places; `owner_team` is the dimension “team”."""
    return places.prospect(
        type_,
        region=at_places.get("region"),
        department=at_places.get("department"),
        product_line=at_places.get("product_line"),
        segment=at_places.get("segment"),
        team=at_places.get("owner_team"),
    )
