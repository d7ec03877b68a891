"""Making roles, changing what they hold, retiring and reopening them.

A role's risk is never below that of its riskiest permission: a new version raises it, and the risk of the roles
that include it; only an edit lowers it.
"""

from collections.abc import Iterable, Mapping
from copy import copy
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Refused
from cxaccess.lib.reasons import stated
from permissions import giving, places
from permissions.guards import locked, require, use_case
from permissions.models import Resource, Role, RoleVersion
from permissions.policies.doors import opened_on
from permissions.roles import rows, rules
from permissions.roles.rows import Contents


@use_case
def create_role(
    actor: Person,
    *,
    name: str,
    purpose: str,
    owner: Person | None,
    risk: int,
    actions: Iterable[str],
    includes: Iterable[Role],
    note: str,
    at: datetime,
    key: str | None = None,
    cloned_from: Role | None = None,
) -> Role:
    """Make a role with version 1 and the resource that stands for it. `key` None: made from the name.

    Nobody holds it yet, so nobody gains anything. `cloned_from` is told in the trail.
    Raises NotAllowed, NotVisible, Refused.
    """
    require(actor, "role.create", places.prospect("role"), at=at)
    rules.require_name(name)
    rules.require_purpose(purpose)
    rules.require_owner(owner)
    first = _wanted(actions, includes)
    role = rows.new_role(
        key=rows.free_key(key or name), name=name.strip(), purpose=purpose.strip(), owner=owner, risk=risk, at=at
    )
    rows.write_version(role, first, actor=actor, note=note, at=at)
    stamps.bump(stamps.MODEL)
    origin = {"cloned_from": cloned_from.pk} if cloned_from else {}
    record(Tag.ROLE_CREATED, actor=actor, at=at, obj=role, details=_told(role, first) | origin)
    rows.raise_risk([role.pk], actor=actor, at=at)
    role.refresh_from_db(fields=["risk"])
    return role


@use_case
def clone_role(
    actor: Person, *, role: Role, name: str, purpose: str, owner: Person | None, at: datetime
) -> Role:  # fmt: skip
    """Make a role that holds and includes what `role` does today, as risky as that one is rated.

    Later changes of `role` do not follow. Raises NotAllowed, NotVisible, Refused.
    """
    source = locked(Role, role.pk)
    require(actor, "role.view", source, at=at)
    rules.require_usable(source)
    held = rows.contents(source.current)
    return create_role(
        actor,
        name=name,
        purpose=purpose,
        owner=owner,
        risk=source.risk,
        actions=held.actions,
        includes=list(Role.objects.filter(pk__in=held.includes)),
        note=_("Cloned from %(role)s") % {"role": source.name},
        cloned_from=source,
        at=at,
    )


@use_case
def save_version(
    actor: Person,
    *,
    role: Role,
    row_version: int,
    actions: Iterable[str],
    includes: Iterable[Role],
    note: str,
    at: datetime,
    restores: int | None = None,
) -> RoleVersion:
    """Give a role its next version: exactly `actions` of its own, and `includes`.

    `restores` is the number of an earlier version that it brings back; the trail tells it where that is what it does.

    Whatever that adds is gained by all who hold the role or one that includes it, so the actor must be able to
    give it within every scope where one of these is held, now or later. Raises NotAllowed, NotVisible, Refused, Stale.
    """
    giving.lock_administration()
    row = locked(Role, role.pk)
    require(actor, "role.edit", row, at=at)
    rules.require_usable(row)
    rules.require_fresh(row, row_version)
    before, after = rows.contents(row.current), _wanted(actions, includes)
    rules.require_difference(before, after)
    effect = rules.planned(row, after, at)
    rules.require_giving(actor, effect, at)
    rules.require_policies(actor, row, after, at)
    version = rows.write_version(row, after, actor=actor, note=note, at=at)
    stamps.bump(stamps.MODEL)
    if any(giving.GIVE in lost or giving.GIVE_ONWARD in lost for lost in effect.lost.values()):
        giving.require_administrator(at=at)
    told = _told(row, after) | _restored(row, after, restores)
    record(Tag.ROLE_VERSIONED, actor=actor, at=at, obj=row, changes=_difference(before, after), details=told)
    rows.raise_risk({*effect.touched, row.pk}, actor=actor, at=at)
    return version


@use_case
def edit_role(actor: Person, *, role: Role, row_version: int, changes: Mapping[str, Any], at: datetime) -> Role:
    """Change a role's name, purpose, owner or risk; `changes` maps those it names to their new values.

    Raises NotAllowed, NotVisible, Refused, Stale.
    """
    row = locked(Role, role.pk)
    require(actor, "role.edit", row, at=at)
    rules.require_usable(row)
    rules.require_fresh(row, row_version)
    before = copy(row)
    for name, value in _editable(changes).items():
        setattr(row, name, value)
    rules.require_name(row.name, but=row.pk)
    rules.require_purpose(row.purpose)
    if row.owner_id != before.owner_id:
        rules.require_owner(row.owner)
    rules.require_risk(row)
    row.row_version += 1
    row.save(update_fields=[*rules.EDITABLE, "row_version"])
    door = opened_on(actor, [row.resource], at=at)
    row.resource.name, row.resource.owner = row.name, row.owner
    row.resource.save(update_fields=["name", "owner"])
    door.settle([row.resource])
    record(Tag.ROLE_EDITED, actor=actor, at=at, obj=row, before=before, details={"row_version": row.row_version})
    return row


@use_case
def retire_role(actor: Person, *, role: Role, reason: str, at: datetime) -> Role:
    """Take a role out of use for good. Raises NotAllowed, NotVisible, Refused, or InUse naming what holds it."""
    giving.lock_administration()
    row = locked(Role, role.pk)
    require(actor, "role.retire", row, at=at)
    rules.require_usable(row)
    why = stated(reason)
    rules.require_unused(actor, row, at)
    before = copy(row)
    row.retired_at = at
    row.row_version += 1
    row.save(update_fields=["retired_at", "row_version"])
    Resource.objects.filter(pk=row.resource_id).update(archived_at=at)
    stamps.bump(stamps.MODEL)
    record(Tag.ROLE_RETIRED, actor=actor, at=at, obj=row, before=before, details={"reason": why})
    return row


@use_case
def reopen_role(actor: Person, *, role: Role, reason: str, at: datetime) -> Role:
    """Bring a retired role back as it was. Nobody holds it, but roles reopened before it may include it.

    Their holders gain what it gives, so the actor must be able to give that there. Raises NotAllowed, NotVisible,
    Refused.
    """
    giving.lock_administration()
    row = locked(Role, role.pk)
    require(actor, "role.retire", row, at=at)
    rules.require_retired(row)
    why = stated(reason)
    effect = rules.planned(row, rows.contents(row.current), at)
    rules.require_giving(actor, effect, at)
    rules.require_policies(actor, row, rows.contents(row.current), at)
    before = copy(row)
    row.retired_at = None
    row.row_version += 1
    row.save(update_fields=["retired_at", "row_version"])
    Resource.objects.filter(pk=row.resource_id).update(archived_at=None)
    stamps.bump(stamps.MODEL)
    record(Tag.ROLE_REOPENED, actor=actor, at=at, obj=row, before=before, details={"reason": why})
    rows.raise_risk({*effect.touched, row.pk}, actor=actor, at=at)
    return row


def _restored(role: Role, after: Contents, number: int | None) -> dict[str, object]:
    """Return the number of the version brought back, where the new one is exactly that."""
    earlier = role.versions.filter(number=number).first() if number else None
    return {"restores": number} if earlier is not None and rows.contents(earlier) == after else {}


def _wanted(actions: Iterable[str], includes: Iterable[Role]) -> Contents:
    wanted, included = frozenset(actions), tuple(includes)
    rules.require_known(wanted)
    rules.require_includable(included)
    return Contents(wanted, frozenset(role.pk for role in included))


def _editable(changes: Mapping[str, Any]) -> dict[str, Any]:
    for name in changes:
        if name not in rules.EDITABLE:
            raise Refused(_("A role has no “%(name)s” to edit.") % {"name": name}, field=name)
    return {name: value.strip() if isinstance(value, str) else value for name, value in changes.items()}


def _difference(before: Contents, after: Contents) -> dict[str, tuple[object, object]]:
    """Return what the trail shows: only what was taken out and what was put in."""
    found: dict[str, tuple[object, object]] = {}
    for name, old, new in (
        ("actions", before.actions, after.actions),
        ("includes", before.includes, after.includes),
    ):
        if old != new:
            found[name] = (sorted(old - new), sorted(new - old))
    return found


def _told(role: Role, after: Contents) -> dict[str, object]:
    version = role.current
    return {
        "version": version.number if version else None,
        "note": version.note if version else "",
        "actions": sorted(after.actions),
        "includes": sorted(after.includes),
        "row_version": role.row_version,
    }
