"""Use cases on teams. A team's place (region, department) stands on its resource, where decisions read it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts import collectives, gains
from accounts.groups import doors
from accounts.history import note_parent
from accounts.models import Node, Person, Principal, PrincipalKind, Team
from accounts.reach import require_reach
from accounts.teams import selectors
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.errors import InUse, Refused, Stale
from cxaccess.lib.reasons import stated
from cxaccess.lib.tree import ancestors, would_cycle
from permissions import facts, places
from permissions.giving import Gains, lock_administration, require_administrator
from permissions.guards import locked, require, use_case
from permissions.models import Resource
from permissions.objects import owners

EDITABLE = ("name", "purpose", "owner", "region", "department")
TEAMS = Team.objects.select_related("principal", "resource", "owner")


@use_case
def create_team(
    actor: Person,
    *,
    name: str,
    purpose: str = "",
    parent: Team | None = None,
    owner: Person | None = None,
    region: Node | None = None,
    department: Node | None = None,
    at: datetime,
) -> Team:
    """Found a team with its principal and its resource; it holds nothing of its own yet."""
    lock_administration()
    there = places.prospect("team", region=_id(region), department=_id(department), team=_id(parent))
    require(actor, "team.create", there, at=at)
    collectives.require_sound(PrincipalKind.TEAM, name=name, owner=owner, region=region, department=department)
    parent = _standing_parent(actor, parent, at=at)
    team = insert(
        name=name, purpose=purpose, parent=parent, owner=owner, region=region, department=department, at=at
    )  # fmt: skip
    stamps.bump(stamps.MODEL)
    owners.give_right(actor, resource=team.resource, at=at)
    record(Tag.TEAM_CREATED, actor=actor, at=at, obj=team, changes={"name": ("", team.name), "parent": (None, parent)})
    return team


def insert(
    *,
    name: str,
    purpose: str,
    parent: Team | None,
    owner: Person | None,
    region: Node | None,
    department: Node | None,
    at: datetime,
) -> Team:
    """Write a new team with all that belongs to it. Authority and the event are the caller's. Raises Refused."""
    principal, resource = collectives.begin(
        PrincipalKind.TEAM, name=name, owner=owner, region=region, department=department, at=at
    )
    team = Team.objects.create(
        principal=principal, parent=parent, purpose=purpose.strip(), owner=owner, resource=resource
    )  # fmt: skip
    resource.object_kind, resource.object_id, resource.owner_team = "team", team.pk, team
    resource.save(update_fields=["object_kind", "object_id", "owner_team"])
    return team


@use_case
def edit_team(actor: Person, *, team: Team, row_version: int, changes: Mapping[str, Any], at: datetime) -> Team:
    """Change what `changes` names, of EDITABLE. Raises Stale when somebody else was quicker."""
    lock_administration()
    row = locked(TEAMS, team.pk)
    require(actor, "team.edit", row, at=at)
    _require_standing(row)
    require_version(row, row_version)
    before = selectors.editable(row)
    after = before | {name: value.strip() if isinstance(value, str) else value for name, value in changes.items()}
    changed = {name: (before[name], after[name]) for name in EDITABLE if before[name] != after[name]}
    if not changed:
        return row
    sound = {name: after[name] for name in ("name", "owner", "region", "department")}
    collectives.require_sound(PrincipalKind.TEAM, **sound)
    collectives.change(actor, row, after, at=at)
    stamps.bump(stamps.MODEL, row.principal_id)
    record(Tag.TEAM_EDITED, actor=actor, at=at, obj=row, changes=changed)
    return row


@use_case
def move_team(actor: Person, *, team: Team, row_version: int, parent: Team | None, at: datetime) -> Team:
    """Put a team under another, or on top. Members gain what those above hold, so the actor must be able to give it."""
    lock_administration()
    watch = doors.watch(actor, doors.of_tree("team"), at=at)
    if parent is not None:
        gains.hold_joining(parent.principal, at=at)
    row = locked(TEAMS, team.pk)
    require(actor, "team.edit", row, at=at)
    _require_standing(row)
    require_version(row, row_version)
    old = row.parent
    if _id(old) == _id(parent):
        return row
    parent = _standing_parent(actor, parent, at=at)
    if parent is not None:
        _require_no_cycle(row, parent, at=at)
    gains.require_gains(actor, _gained(row, parent, at), at=at)
    row.parent = parent
    row.row_version += 1
    row.save(update_fields=["parent", "row_version"])
    note_parent("team", row.pk, _id(old), _id(parent), since=at)
    stamps.bump(stamps.MODEL)
    require_reach(actor, "team.edit", row, at=at)
    require_administrator(at=at)
    record(Tag.TEAM_MOVED, actor=actor, at=at, obj=row, changes={"parent": (old, parent)})
    watch.settle(None)
    return row


def _gained(team: Team, parent: Team | None, at: datetime) -> Gains:
    """Return what the members of `team` gain under `parent`, and what is gained over them."""
    if parent is None:
        return Gains()
    model = facts.model(at)
    principals = set(model.chain(parent.principal_id)) - set(model.chain(team.principal_id))
    above = model.above("team", parent.pk) - model.above("team", team.pk)
    return gains.of_principals(principals, at=at) | gains.within("team", above, at=at)


@use_case
def archive_team(actor: Person, *, team: Team, reason: str, at: datetime) -> Team:
    """Close a team that nobody is in and nothing hangs on. Raises InUse, saying who and what."""
    lock_administration()
    row = locked(TEAMS, team.pk)
    require(actor, "team.edit", row, at=at)
    _require_standing(row)
    # Whoever gives to it or on it at this very moment is waited for.
    locked(Principal, row.principal_id)
    locked(Resource, row.resource_id)
    users = selectors.users_of(row, actor, at=at)
    if users:
        raise InUse(
            _("%(team)s is still in use: %(users)s.") % {"team": row.name, "users": "; ".join(users)},
            facts={"users": users},
        )
    row.archived_at = row.resource.archived_at = at
    row.row_version += 1
    row.save(update_fields=["archived_at", "row_version"])
    row.resource.save(update_fields=["archived_at"])
    stamps.bump(stamps.MODEL)
    record(Tag.TEAM_ARCHIVED, actor=actor, at=at, obj=row, details={"reason": stated(reason)})
    return row


def require_version(row: Team, row_version: int) -> None:
    """Pass the version that the form was opened on. Raises Stale with the values as they are now."""
    if row.row_version != row_version:
        raise Stale(
            _("Somebody else changed %(name)s while you were editing.") % {"name": row.name},
            facts={"now": selectors.editable(row) | {"parent": row.parent}, "row_version": row.row_version},
        )


def _require_standing(row: Team) -> None:
    if row.archived_at is not None:
        raise Stale(_("%(name)s is archived.") % {"name": row.name})


def _standing_parent(actor: Person, parent: Team | None, *, at: datetime) -> Team | None:
    """Return `parent` as it is now, which the actor sees and which is not archived."""
    if parent is None:
        return None
    row = TEAMS.get(pk=parent.pk)
    require(actor, "team.view", row, at=at)
    if row.archived_at is not None:
        raise Refused(_("%(name)s is archived. Choose another team.") % {"name": row.name}, field="parent")
    return row


def _require_no_cycle(row: Team, parent: Team, *, at: datetime) -> None:
    parents = facts.model(at).parents.get("team", {})
    if not would_cycle(parents, row.pk, parent.pk):
        return
    way = ancestors(parents, parent.pk)
    names = dict(TEAMS.filter(pk__in=way).values_list("pk", "principal__label"))
    path = " > ".join(names[pk] for pk in way[: way.index(row.pk) + 1])
    raise Refused(
        _("%(name)s would come under itself: %(path)s.") % {"name": row.name, "path": path}, field="parent"
    )  # fmt: skip


def _id(row: Node | Team | None) -> int | None:
    return row.pk if row else None
