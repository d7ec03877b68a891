"""What teams, groups and integrations share: a principal with a name, and the resource on which their place stands.

Authority to act, versions and events are the use cases' business; here is what they write, and what must hold of it.
"""

import copy
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group as AuthGroup
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.history import note_attribute
from accounts.models import Group, Node, Person, PersonState, Principal, PrincipalKind, Team
from accounts.people.rules import PLACES, require_place
from accounts.reach import require_held_there, require_reach
from cxaccess.lib.errors import Refused
from permissions.models import Resource, ResourceType
from permissions.objects import owners
from permissions.policies.doors import opened_on

NAMELESS = {
    PrincipalKind.TEAM: gettext_lazy("A team needs a name."),
    PrincipalKind.GROUP: gettext_lazy("A group needs a name."),
    PrincipalKind.INTEGRATION: gettext_lazy("An integration needs a name."),
}
NAME_TAKEN = {
    PrincipalKind.TEAM: gettext_lazy("There is a team with this name already, perhaps archived."),
    PrincipalKind.GROUP: gettext_lazy("There is a group with this name already, perhaps archived."),
    PrincipalKind.INTEGRATION: gettext_lazy("There is an integration with this name already, perhaps retired."),
}


def require_sound(
    kind: PrincipalKind, *, name: str, owner: Person | None, region: Node | None, department: Node | None
) -> None:
    """Pass what a team or group may be called, whose it may be and where it may lie. Raises Refused with the field."""
    if not name.strip():
        raise Refused(str(NAMELESS[kind]), field="name")
    if owner is not None and owner.state == PersonState.LEFT:
        raise Refused(_("%(name)s has left. Choose another owner.") % {"name": owner.name}, field="owner")
    require_place("region", region)
    require_place("department", department)


def begin(
    kind: PrincipalKind,
    *,
    name: str,
    owner: Person | None,
    region: Node | None,
    department: Node | None,
    at: datetime,
) -> tuple[Principal, Resource]:
    """Write the principal and the resource of something new that has a name. Raises Refused where it is taken."""
    principal = Principal(kind=kind, label=name.strip())
    principal.auth_group = AuthGroup.objects.create(name=f"principal-{uuid4().hex}")
    _save_unless_name_taken(principal)
    resource = Resource.objects.create(
        type=ResourceType.objects.get(key=kind.value),
        external_id=f"{kind.value}:{principal.pk}",
        name=principal.label,
        region=region,
        department=department,
        owner=owner,
        created_at=at,
    )
    return principal, resource


def change(actor: Person, row: Team | Group, after: Mapping[str, Any], *, at: datetime) -> None:
    """Write a new name, purpose, owner and place; what owning brings goes with the owner.

    The actor must reach what they changed where it is now, too. Raises Refused, NotAllowed.
    """
    kind, was = PrincipalKind(row.principal.kind), copy.copy(row.resource)
    door = opened_on(actor, [was], at=at)
    _write(row, after)
    door.settle([row.resource])
    moved = [name for name in PLACES if getattr(was, f"{name}_id") != getattr(row.resource, f"{name}_id")]
    for name in moved:
        old, new = getattr(was, f"{name}_id"), getattr(row.resource, f"{name}_id")
        note_attribute("resource", was.pk, name, old, new, since=at, began=was.created_at)
    require_reach(actor, f"{kind.value}.edit", row, at=at)
    if moved:
        require_held_there(actor, f"{kind.value}.edit", row, at=at)
    owners.change(actor, before=was, after=row.resource, at=at)


def rename(principal: Principal, resource: Resource, *, name: str, owner: Person | None) -> None:
    """Write a new name and owner of something that has no place. Raises Refused where the name is taken."""
    principal.label = resource.name = name
    resource.owner = owner
    resource.row_version += 1
    _save_unless_name_taken(principal)
    resource.save(update_fields=["name", "owner", "row_version"])


def _write(row: Team | Group, after: Mapping[str, Any]) -> None:
    row.principal.label = row.resource.name = after["name"]
    row.purpose, row.owner, row.resource.owner = after["purpose"], after["owner"], after["owner"]
    row.resource.region, row.resource.department = after["region"], after["department"]
    row.row_version += 1
    row.resource.row_version += 1
    _save_unless_name_taken(row.principal)
    row.resource.save(update_fields=["name", "owner", "region", "department", "row_version"])
    row.save(update_fields=["purpose", "owner", "row_version"])


def _save_unless_name_taken(principal: Principal) -> None:
    try:
        with transaction.atomic():
            principal.save()
    except IntegrityError as error:
        if "principal_label_unique" not in str(error):
            raise
        raise Refused(str(NAME_TAKEN[PrincipalKind(principal.kind)]), field="name") from error
