"""What must hold of a resource that the tables cannot say. Each raises Refused with the field."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import NodeKind, Person, PersonState
from accounts.people.rules import require_place
from cxaccess.lib.errors import Refused
from cxaccess.lib.models import longest
from permissions import gate
from permissions.models import Resource, ResourceType, Sensitivity

PLACES = tuple(NodeKind.values)
OWN_SYSTEM = "cxaccess"
LONGEST_CONTENT = 2000
TEXTS = {"name": "name", "system": "system", "external_id": "external_id", "channel": "channel"}


def require_sound(actor: Person, row: Resource, changed: Collection[str], *, at: datetime) -> None:
    """Pass a resource whose `changed` attributes may stand so."""
    if not row.name:
        raise Refused(_("A resource needs a name."), field="name")
    for name in TEXTS:
        if "\x00" in getattr(row, name) or len(getattr(row, name)) > longest(Resource, name):
            raise Refused(_("This is too long, or holds what no text may hold."), field=name)
    if row.sensitivity not in Sensitivity.values:
        raise Refused(_("There is no such sensitivity."), field="sensitivity")
    for name in PLACES:
        if name in changed:
            require_place(name, getattr(row, name))
    if "owner" in changed:
        require_owner(actor, row.owner, at=at)
    if "owner_team" in changed:
        _require_owner_team(actor, row, at=at)


def require_owner(actor: Person, owner: Person | None, *, at: datetime) -> None:
    """Pass an owner whom the actor sees and who has not left, or none."""
    if owner is None:
        return
    if not gate.may(actor, "person.view", owner, at=at):
        raise Refused(_("Choose an owner you can see."), field="owner")
    if owner.state == PersonState.LEFT:
        raise Refused(_("%(name)s has left. Choose another owner.") % {"name": owner.name}, field="owner")


def _require_owner_team(actor: Person, row: Resource, *, at: datetime) -> None:
    team = row.owner_team
    if team is None:
        return
    if not gate.may(actor, "team.view", team, at=at):
        raise Refused(_("Choose a team you can see."), field="owner_team")
    if team.archived_at is not None:
        raise Refused(_("%(name)s is archived. Choose another team.") % {"name": team.name}, field="owner_team")


def is_reserved(system: str, external_id: str) -> bool:
    """Return whether only the console itself calls something so: its own teams, roles and pages have such ids.

    >>> is_reserved(" CXAccess ", "team:7"), is_reserved("cxaccess", "board-1"), is_reserved("helpdesk", "team:7")
    (True, False, False)
    """
    return system.strip().casefold() == OWN_SYSTEM and ":" in external_id


def require_free_id(system: str, external_id: str) -> None:
    """Pass an id that somebody states, unless the console's own things are named like it."""
    if is_reserved(system, external_id):
        message = _("The console names its own things with a colon. Use an id without one, or name another system.")
        raise Refused(message, field="external_id")


def require_platform(type_: ResourceType) -> None:
    """Pass a type of the platform: console objects are made by their own pages."""
    if type_.console:
        raise Refused(_("%(type)s are made on pages of their own.") % {"type": type_.plural}, field="type")


def content_after(type_: ResourceType, before: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, str]:
    """Return the content with what `wanted` ({field: text, empty for none}) changes. Raises Refused with its field."""
    known = {row["name"]: row["label"] for row in type_.fields}
    after = dict(before)
    for name, value in wanted.items():
        if name not in known:
            raise Refused(_("There is no field “%(name)s” here.") % {"name": name}, field=f"content_{name}")
        text = str(value if value is not None else "").strip()
        if "\x00" in text or len(text) > LONGEST_CONTENT:
            raise Refused(_("This is too long, or holds what no text may hold."), field=f"content_{name}")
        after.pop(name, None)
        if text:
            after[name] = text
    return after
