"""What a leaver answered for: each thing goes to who takes over, with what owning it brings.

Whoever asked for the leaving must be able to give that. Where they are not, or nobody takes over, the thing has no
owner for now, and the report says so: nobody gains what the actor could not give, and nobody stays because of it.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import QuerySet

from accounts.history import note_attribute
from accounts.models import Group, Integration, Person, Team
from accounts.people.leaving.why import heir_of
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.lifecycle import Ended
from permissions.guards import NotAllowed, use_case
from permissions.models import Action, Birthright, Policy, Resource, Role
from permissions.objects import owners
from permissions.policies.doors import opened_on


@dataclass(frozen=True, slots=True)
class Owned:
    """One kind of thing with an owner: its standing rows, and the event of a change."""

    kind: str
    tag: Tag
    rows: Callable[[], QuerySet[Any]]

    def of(self, person: Person) -> QuerySet[Any]:
        """Return what `person` owns of it."""
        return self.rows().filter(owner=person).order_by("pk")


KINDS = (
    Owned("owned_role", Tag.ROLE_EDITED, lambda: Role.objects.filter(retired_at=None).select_related("resource__type")),
    Owned("owned_birthright", Tag.BIRTHRIGHT_EDITED, Birthright.objects.all),
    Owned("owned_policy", Tag.POLICY_EDITED, Policy.objects.all),
    Owned("owned_permission", Tag.CATALOGUE_EDITED, Action.objects.all),
    Owned(
        "owned_resource",
        Tag.RESOURCE_EDITED,
        lambda: Resource.objects.filter(object_kind=None, archived_at=None).select_related("type"),
    ),
    Owned(
        "owned_integration",
        Tag.INTEGRATION_EDITED,
        lambda: Integration.objects.filter(retired_at=None).select_related("principal", "resource__type"),
    ),
    Owned(
        "owned_team",
        Tag.TEAM_EDITED,
        lambda: Team.objects.filter(archived_at=None).select_related("principal", "resource__type"),
    ),
    Owned(
        "owned_group",
        Tag.GROUP_EDITED,
        lambda: Group.objects.filter(archived_at=None).select_related("principal", "resource__type"),
    ),
)


def hold(person: Person) -> None:
    """Lock what they own, so that whoever edits it at this moment is waited for. Call it before they are locked."""
    for kind in KINDS:
        list(kind.of(person).select_related(None).select_for_update(no_key=True).values_list("pk"))


@use_case
def owned(person: Person, at: datetime, actor: Person) -> list[Ended]:
    """Pass on everything that they own."""
    heir = heir_of(person, at)
    return [_passed_on(kind, row, heir, at, actor) for kind in KINDS for row in _locked(kind, person)]


def _locked(kind: Owned, person: Person) -> list[Any]:
    return list(kind.of(person).select_for_update(of=("self",), no_key=True))


def _passed_on(kind: Owned, row: models.Model, heir: Person | None, at: datetime, actor: Person) -> Ended:
    """Give one thing to the heir; to nobody where the actor could not give that; else it stays as it is."""
    for to in _candidates(heir):
        try:
            with transaction.atomic():
                _give(kind, copy.copy(row), to, at, actor)
        except NotAllowed:
            continue
        return Ended(kind.kind, row.pk, str(row), to=to.pk if to else None, vacant=to is None)
    return Ended(kind.kind, row.pk, str(row), vacant=True)


def _candidates(heir: Person | None) -> Iterator[Person | None]:
    if heir is not None:
        yield heir
    yield None


def _give(kind: Owned, row: Any, to: Person | None, at: datetime, actor: Person) -> None:
    thing: Resource | None = row if isinstance(row, Resource) else getattr(row, "resource", None)
    before, was = copy.copy(thing), row.owner_id
    door = opened_on(actor, [before], at=at) if before is not None else None
    row.owner = to
    row.row_version += 1
    row.save(update_fields=["owner", "row_version"])
    if thing is not None and before is not None:
        _follow(row, thing, before, to, at, actor)
    if door is not None:
        door.settle([thing])
    record(kind.tag, actor=actor, at=at, obj=row, changes={"owner": (was, to.pk if to else None)})


def _follow(row: Any, thing: Resource, before: Resource, to: Person | None, at: datetime, actor: Person) -> None:
    """Write the owner on the thing that stands for it, too, with what owning brings."""
    if thing is not row:
        thing.owner = to
        thing.row_version += 1
        thing.save(update_fields=["owner", "row_version"])
    note_attribute("resource", thing.pk, "owner", before.owner_id, thing.owner_id, since=at, began=thing.created_at)
    owners.change(actor, before=before, after=thing, at=at)
