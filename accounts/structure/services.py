"""Use cases on the organisation's trees. Every change numbers one kind's tree anew, in one set-based write."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts import gains
from accounts.groups import doors
from accounts.history import note_parent
from accounts.models import Node, NodeKind, Person
from accounts.structure import selectors
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.errors import InUse, Refused, Stale
from cxaccess.lib.reasons import stated
from cxaccess.lib.tree import ancestors, numbered, would_cycle
from permissions import facts
from permissions.guards import locked, require, use_case

EDITABLE = ("name", "code")
EDIT = "structure.edit"
BATCH = 500


@use_case
def add_node(actor: Person, *, kind: str, name: str, code: str = "", parent: Node | None = None, at: datetime) -> Node:
    """Add a place under `parent`, or as a root. No code: one is made of the name."""
    stamps.lock()
    require(actor, EDIT, parent, at=at)
    parent = _standing_parent(NodeKind(kind), parent)
    node = Node(kind=NodeKind(kind), parent=parent, name=name.strip(), code=code.strip() or slugify(name)[:40])
    _save_unless_code_taken(node)
    renumber(node.kind)
    stamps.bump(stamps.MODEL)
    node.refresh_from_db()
    record(Tag.NODE_CREATED, actor=actor, at=at, obj=node, changes={"name": ("", node.name), "parent": (None, parent)})
    return node


@use_case
def edit_node(actor: Person, *, node: Node, row_version: int, changes: Mapping[str, Any], at: datetime) -> Node:
    """Change name and code. Raises Stale when somebody else was quicker."""
    row = _opened(actor, node, row_version, at)
    before = {name: getattr(row, name) for name in EDITABLE}
    for name in EDITABLE:
        setattr(row, name, str(changes.get(name, before[name])).strip())
    changed = {name: (before[name], getattr(row, name)) for name in EDITABLE if before[name] != getattr(row, name)}
    if not changed:
        return row
    row.row_version += 1
    _save_unless_code_taken(row)
    if "name" in changed:
        renumber(row.kind)
    stamps.bump(stamps.MODEL)
    record(Tag.NODE_EDITED, actor=actor, at=at, obj=row, changes=changed)
    return row


@use_case
def move_node(actor: Person, *, node: Node, row_version: int, parent: Node | None, at: datetime) -> Node:
    """Put a place, with all below it, under another: grants within the places newly above reach more, as if given."""
    watch = doors.watch(actor, doors.of_tree(node.kind), at=at)
    row = _opened(actor, node, row_version, at)
    old = row.parent
    if old == parent:
        return row
    parent = _standing_parent(row.kind, parent)
    require(actor, EDIT, parent, at=at)
    if parent is not None:
        _require_no_cycle(row, parent, at)
        model = facts.model(at)
        above = model.above(row.kind, parent.pk) - model.above(row.kind, row.pk)
        gains.require_gains(actor, gains.within(row.kind, above, at=at), at=at)
    row.parent = parent
    row.row_version += 1
    row.save(update_fields=["parent", "row_version"])
    note_parent("node", row.pk, old.pk if old else None, parent.pk if parent else None, since=at)
    renumber(row.kind)
    stamps.bump(stamps.MODEL)
    record(Tag.NODE_MOVED, actor=actor, at=at, obj=row, changes={"parent": (old, parent)})
    watch.settle(None)
    row.refresh_from_db()
    return row


@use_case
def archive_node(actor: Person, *, node: Node, reason: str, at: datetime) -> Node:
    """Take a place out of use. Raises InUse, saying who is there and what names it."""
    row = _opened(actor, node, node.row_version, at)
    users = selectors.users_of(row, at=at)
    if users:
        raise InUse(
            _("%(place)s is still in use: %(users)s.") % {"place": row.name, "users": "; ".join(users)},
            facts={"users": users},
        )
    row.archived_at = at
    row.row_version += 1
    row.save(update_fields=["archived_at", "row_version"])
    stamps.bump(stamps.MODEL)
    record(Tag.NODE_ARCHIVED, actor=actor, at=at, obj=row, details={"reason": stated(reason)})
    return row


def renumber(kind: str) -> None:
    """Number the tree of `kind`, siblings by name. The caller holds the lock on the model's stamp."""
    rows = {node.pk: node for node in Node.objects.filter(kind=kind)}
    order = sorted(rows, key=lambda pk: (rows[pk].name.casefold(), pk))
    moved = []
    for pk, place in numbered({pk: node.parent_id for pk, node in rows.items()}, order).items():
        node = rows[pk]
        if (node.lft, node.rgt, node.depth) != place:
            node.lft, node.rgt, node.depth = place
            moved.append(node)
    Node.objects.bulk_update(moved, ["lft", "rgt", "depth"], batch_size=BATCH)


def _opened(actor: Person, node: Node, row_version: int, at: datetime) -> Node:
    """Return the place, locked, once the actor may change it and it is as they saw it."""
    stamps.lock()
    row = locked(Node.objects.select_related("parent"), node.pk)
    require(actor, EDIT, row, at=at)
    if row.archived_at is not None:
        raise Stale(_("%(name)s is archived.") % {"name": row.name})
    if row.row_version != row_version:
        raise Stale(
            _("Somebody else changed %(name)s while you were editing.") % {"name": row.name},
            facts={
                "now": {"name": row.name, "code": row.code, "parent": row.parent},
                "row_version": row.row_version,
            },
        )
    return row


def _standing_parent(kind: str, parent: Node | None) -> Node | None:
    """Return `parent` as it is now: of the same kind and in use."""
    if parent is None:
        return None
    row = Node.objects.get(pk=parent.pk)
    if row.kind != kind:
        raise Refused(_("A place goes under one of its own kind."), field="parent")
    if row.archived_at is not None:
        raise Refused(_("%(place)s is archived. Choose another place.") % {"place": row.name}, field="parent")
    return row


def _require_no_cycle(row: Node, parent: Node, at: datetime) -> None:
    parents = facts.model(at).parents.get(row.kind, {})
    if not would_cycle(parents, row.pk, parent.pk):
        return
    way = ancestors(parents, parent.pk)
    names = dict(Node.objects.filter(pk__in=way).values_list("pk", "name"))
    path = " > ".join(names[pk] for pk in way[: way.index(row.pk) + 1])
    raise Refused(
        _("%(name)s would come under itself: %(path)s.") % {"name": row.name, "path": path}, field="parent"
    )  # fmt: skip


def _save_unless_code_taken(node: Node) -> None:
    if not node.name:
        raise Refused(_("A place needs a name."), field="name")
    if not node.code:
        raise Refused(_("A place needs a code."), field="code")
    try:
        with transaction.atomic():
            node.save()
    except IntegrityError as error:
        if "code" not in str(error):
            raise
        raise Refused(_("This code is taken. Codes are unique within a tree."), field="code") from error
