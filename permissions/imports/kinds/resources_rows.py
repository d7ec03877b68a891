"""Writing resources of an import: registered and changed by the chunk, each with its event and its history."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.history import note_attributes, note_custom
from accounts.models import Person
from audits.trail.record import Entry, record_many
from audits.trail.tags import Tag
from cxaccess.jobs.imports import Staged
from cxaccess.jobs.models import Verdict
from cxaccess.lib.errors import Refused
from permissions.guards import NotAllowed
from permissions.imports.kinds.base import Desk, Outdated
from permissions.models import Resource
from permissions.objects import brought, owners
from permissions.policies.doors import Door, opened_on
from permissions.resources.opening import stay_guarded
from permissions.resources.services import DECIDING


def write(desk: Desk, rows: Sequence[Staged]) -> None:
    """Register and change the resources of `rows`."""
    _add(desk, [row for row in rows if row.verdict == Verdict.CREATE])
    _change(desk, [row for row in rows if row.verdict == Verdict.CHANGE])


def _add(desk: Desk, rows: Sequence[Staged]) -> None:
    new = [
        Resource(
            type_id=row.plan["type"],
            system=row.plan["system"],
            external_id=row.payload["external_id"],
            created_at=desk.at,
            **row.plan["set"],
        )
        for row in rows
    ]
    Resource.objects.bulk_create(new)
    _give_owners(desk, new)
    record_many(
        Entry(
            Tag.RESOURCE_CREATED,
            desk.actor,
            desk.at,
            one,
            changes={name: (None, getattr(one, _column(name))) for name in DECIDING if getattr(one, _column(name))},
            details={"import": desk.batch.pk},
        )
        for one in new
    )


def _column(name: str) -> str:
    return name if name in ("sensitivity", "channel") else f"{name}_id"


def _change(desk: Desk, rows: Sequence[Staged]) -> None:
    if not rows:
        return
    here = Resource.objects.select_related("type").filter(pk__in=[row.plan["id"] for row in rows])
    found = {one.pk: one for one in here}
    late = [row.line for row in rows if found[row.plan["id"]].row_version != row.plan["version"]]
    if late:
        raise Outdated(late)
    _note(desk, rows, found)
    door = opened_on(desk.actor, list(found.values()), at=desk.at)
    for row in rows:
        _set(found[row.plan["id"]], row.plan["set"])
        stay_guarded(found[row.plan["id"]], row.plan["was"].get("sensitivity", 0), at=desk.at)
    written = {name.removesuffix("_id") for row in rows for name in row.plan["set"]}
    fields = sorted(written | {"row_version"} | ({"guarded_until"} if "sensitivity" in written else set()))
    Resource.objects.bulk_update(found.values(), fields, batch_size=200)
    _settle(door, list(found.values()))
    _pass_on(desk, [found[row.plan["id"]] for row in rows if "owner_id" in row.plan["set"]])
    record_many(_edited(desk, row, found[row.plan["id"]]) for row in rows)


def _settle(door: Door, resources: Sequence[Resource]) -> None:
    """Refuse what a policy would open by this. Raises Refused."""
    try:
        door.settle(resources)
    except NotAllowed as refusal:
        raise Refused(
            _("By a policy these changes would let people come by what you may not give. Nothing was changed; ask "
              "somebody who may give it.")
        ) from refusal  # fmt: skip


def _give_owners(desk: Desk, resources: Sequence[Resource]) -> None:
    """Give the owners what comes with owning; that the actor may was judged."""
    owned = {resource.owner_id for resource in resources if resource.owner_id is not None}
    people = Person.objects.select_related("principal").in_bulk(owned)
    rights = [
        brought.of_owner(resource, people[resource.owner_id], at=desk.at, by=desk.actor)
        for resource in resources
        if resource.owner_id is not None
    ]
    if rights:
        brought.write(rights, actor=desk.actor, at=desk.at)


def _pass_on(desk: Desk, resources: Sequence[Resource]) -> None:
    """Let what comes with owning follow the owner."""
    for resource in resources:
        owners.end_right(desk.actor, resource=resource, at=desk.at)
    _give_owners(desk, resources)


def _set(resource: Resource, changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        setattr(resource, name, value)
    resource.row_version += 1


def _note(desk: Desk, rows: Sequence[Staged], found: Mapping[int, Resource]) -> None:
    """Write what decisions about the past will read."""
    for name in (*DECIDING, "owner", "channel"):
        column = _column(name)
        moved = [
            (row.plan["id"], row.plan["was"][column], row.plan["set"][column], found[row.plan["id"]].created_at)
            for row in rows
            if column in row.plan["set"]
        ]
        note_attributes("resource", name, moved, since=desk.at)
    born = {pk: resource.created_at for pk, resource in found.items()}
    note_custom("resource", [(row.plan["id"], row.plan) for row in rows], born, since=desk.at)


def _edited(desk: Desk, row: Staged, resource: Resource) -> Entry:
    was, new = row.plan["was"], row.plan["set"]
    plain = {name.removesuffix("_id"): (was[name], new[name]) for name in new if name != "custom"}
    own = {
        f"custom.{name}": ("", "changed")
        for name in {**was.get("custom", {}), **new.get("custom", {})}
        if was.get("custom", {}).get(name) != new.get("custom", {}).get(name)
    }
    details = {"import": desk.batch.pk}
    return Entry(Tag.RESOURCE_EDITED, desk.actor, desk.at, resource, changes=plain | own, details=details)
