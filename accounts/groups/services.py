"""Use cases on groups. A group's place (region, department) stands on its resource, as a team's does."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import collectives, gains
from accounts.groups import recompute, selectors
from accounts.groups.rules import Rule, Standing, zone
from accounts.models import Group, Membership, Node, Person, Principal, PrincipalKind
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.conditions import write
from cxaccess.lib.errors import InUse, Refused, Stale
from cxaccess.lib.reasons import stated
from permissions import places
from permissions.giving import lock_administration, require_administrator
from permissions.guards import locked, require, use_case
from permissions.models import Resource
from permissions.objects import owners
from permissions.policies.doors import opened_by

EDITABLE = ("name", "purpose", "owner", "region", "department")
GROUPS = Group.objects.select_related("principal", "resource", "owner")


@use_case
def create_group(
    actor: Person,
    *,
    name: str,
    purpose: str = "",
    owner: Person | None = None,
    region: Node | None = None,
    department: Node | None = None,
    rule: Rule | None = None,
    at: datetime,
) -> Group:
    """Make a group, by hand or, with a `rule`, filled at once with whom it takes in. It holds nothing yet."""
    there = places.prospect("group", region=_id(region), department=_id(department))
    require(actor, "group.create", there, at=at)
    collectives.require_sound(PrincipalKind.GROUP, name=name, owner=owner, region=region, department=department)
    group = insert(
        name=name, purpose=purpose, owner=owner, region=region, department=department, rule=rule, at=at
    )  # fmt: skip
    owners.give_right(actor, resource=group.resource, at=at)
    record(Tag.GROUP_CREATED, actor=actor, at=at, obj=group, changes={"name": ("", group.name)}, details=_told(rule))
    if rule is not None:
        recompute.recompute([Standing(group, rule)], at=at)
    return group


def insert(
    *,
    name: str,
    purpose: str,
    owner: Person | None,
    region: Node | None,
    department: Node | None,
    rule: Rule | None,
    at: datetime,
) -> Group:
    """Write a new group with all that belongs to it. Authority and the event are the caller's. Raises Refused."""
    principal, resource = collectives.begin(
        PrincipalKind.GROUP, name=name, owner=owner, region=region, department=department, at=at
    )
    group = Group.objects.create(
        principal=principal, purpose=purpose.strip(), owner=owner, resource=resource,
        rule=None if rule is None else write(rule.condition),
    )  # fmt: skip
    resource.object_kind, resource.object_id = "group", group.pk
    resource.save(update_fields=["object_kind", "object_id"])
    return group


@use_case
def edit_group(actor: Person, *, group: Group, row_version: int, changes: Mapping[str, Any], at: datetime) -> Group:
    """Change what `changes` names, of EDITABLE. Raises Stale when somebody else was quicker."""
    row = _opened(actor, group, row_version, at)
    before = selectors.editable(row)
    after = before | {name: value.strip() if isinstance(value, str) else value for name, value in changes.items()}
    changed = {name: (before[name], after[name]) for name in EDITABLE if before[name] != after[name]}
    if not changed:
        return row
    sound = {name: after[name] for name in ("name", "owner", "region", "department")}
    collectives.require_sound(PrincipalKind.GROUP, **sound)
    collectives.change(actor, row, after, at=at)
    stamps.bump(row.principal_id)
    record(Tag.GROUP_EDITED, actor=actor, at=at, obj=row, changes=changed)
    return row


@use_case
def change_rule(actor: Person, *, group: Group, row_version: int, rule: Rule, at: datetime) -> Group:
    """Let another rule say who is in the group. The actor must be able to give all that the group holds.

    A policy may name the group, too: then who comes and who goes is asked about as if it were by hand.
    Raises Stale, Refused, NotAllowed, NotCompilable.
    """
    lock_administration()
    row = _opened(actor, group, row_version, at)
    if row.rule is None:
        raise Refused(_("%(name)s is a group by hand; no rule says who is in it.") % {"name": row.name})
    gains.hold_joining(row.principal, at=at)
    gains.require_gains(actor, gains.of_membership(row.principal, at=at), at=at)
    before, row.rule = row.rule, write(rule.condition)
    if before == row.rule:
        return row
    inside, taken = Membership.objects.filter(principal=row.principal_id), rule.takes_in(at, zone())
    concerned = Person.objects.filter(Q(pk__in=inside.values("person")) | Q(pk__in=taken.values("pk")))
    door = opened_by(actor, frozenset(), concerned, at=at)
    row.row_version += 1
    row.save(update_fields=["rule", "row_version"])
    recompute.recompute([Standing(row, rule)], at=at)
    require_administrator(at=at)
    door.settle(concerned)
    record(Tag.GROUP_RULE_CHANGED, actor=actor, at=at, obj=row, details={"old": before, **_told(rule)})
    return row


@use_case
def archive_group(actor: Person, *, group: Group, reason: str, at: datetime) -> Group:
    """Close a group that holds nothing; by hand, that nobody is in. Raises InUse, saying who and what.

    Those whom a rule took in are let go: they lose nothing, for the group holds nothing.
    """
    row = _opened(actor, group, group.row_version, at)
    # Whoever gives to it or on it at this very moment is waited for.
    locked(Principal, row.principal_id)
    locked(Resource, row.resource_id)
    users = selectors.users_of(row, actor, at=at)
    if users:
        raise InUse(
            _("%(group)s is still in use: %(users)s.") % {"group": row.name, "users": "; ".join(users)},
            facts={"users": users},
        )
    if row.rule is not None:
        recompute.recompute([Standing(row, None)], at=at)
    row.archived_at = row.resource.archived_at = at
    row.row_version += 1
    row.save(update_fields=["archived_at", "row_version"])
    row.resource.save(update_fields=["archived_at"])
    stamps.bump(stamps.MODEL)
    record(Tag.GROUP_ARCHIVED, actor=actor, at=at, obj=row, details={"reason": stated(reason)})
    return row


def _opened(actor: Person, group: Group, row_version: int, at: datetime) -> Group:
    """Return the group, locked, once the actor may edit it and it is as they saw it."""
    lock_administration()
    row = locked(GROUPS, group.pk)
    require(actor, "group.edit", row, at=at)
    if row.archived_at is not None:
        raise Stale(_("%(name)s is archived.") % {"name": row.name})
    if row.row_version != row_version:
        raise Stale(
            _("Somebody else changed %(name)s while you were editing.") % {"name": row.name},
            facts={"now": selectors.editable(row), "row_version": row.row_version},
        )
    return row


def _told(rule: Rule | None) -> dict[str, Any]:
    """Return what the trail keeps of a rule: the condition, whose places and people are ids."""
    return {} if rule is None else {"rule": write(rule.condition), "reads": sorted(rule.reads)}


def _id(row: Node | None) -> int | None:
    return row.pk if row else None
