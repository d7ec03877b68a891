"""Rows by what a document calls them, and the other way round; and conditions with names instead of ids."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from django.db.models import Manager, Model
from django.utils.translation import gettext as _

from accounts.models import Group, Node, Person, PersonState, Team
from cxaccess.lib.conditions import Schema
from cxaccess.lib.errors import Refused
from permissions.document.shape import SENSITIVITIES
from permissions.models import Resource, Role
from permissions.places import NODE_DIMENSIONS

STATES = (PersonState.ACTIVE, PersonState.PREHIRE, PersonState.SUSPENDED)  # of the people whom a document holds
LEVELS = {name: int(level) for level, name in SENSITIVITIES.items()}


def unknown(name: object) -> Refused:
    """Return the refusal of a name that nothing has."""
    return Refused(_("There is no “%(name)s”.") % {"name": str(name)[:80]})


class Names:
    """Looks names up, each table once for a whole document. `know` what is new, `forget` what changed."""

    def __init__(self) -> None:
        self._known: dict[str, dict[Any, Any]] = {}

    def forget(self, *kinds: str) -> None:
        """Read these kinds anew when they are asked for next."""
        for kind in kinds:
            self._known.pop(kind, None)

    def know(self, kind: str, name: str, row: Any) -> None:
        """Take in a new row, so that the others are not read anew because of it."""
        if kind in self._known:
            self._known[kind][name] = row

    def _by(self, kind: str, rows: Callable[[], Mapping[Any, Any]]) -> Mapping[Any, Any]:
        if kind not in self._known:
            self._known[kind] = dict(rows())
        return self._known[kind]

    def _found(self, kind: str, rows: Callable[[], Mapping[Any, Any]], name: str, *, any_case: bool = False) -> Any:
        found, wanted = self._by(kind, rows), name.casefold() if any_case else name
        if wanted not in found:
            raise unknown(name)
        return found[wanted]

    def node(self, kind: str, code: str | None) -> Node | None:
        """Return the place in use with this code. Raises Refused."""
        rows = Node.objects.filter(kind=kind, archived_at=None)
        return None if code is None else self._found(kind, lambda: {row.code: row for row in rows}, code)

    def person(self, mail: str | None) -> Person | None:
        """Return the person with this mail, whatever its case. Raises Refused."""
        rows = Person.objects.exclude(email="")
        if mail is None:
            return None
        return self._found("person", lambda: {row.email.casefold(): row for row in rows}, mail, any_case=True)

    def team(self, name: str | None) -> Team | None:
        """Return the team in use with this name. Raises Refused."""
        return None if name is None else self._found("team", lambda: _by_label(Team.objects), name, any_case=True)

    def group(self, name: str | None) -> Group | None:
        """Return the group in use with this name. Raises Refused."""
        return None if name is None else self._found("group", lambda: _by_label(Group.objects), name, any_case=True)

    def role(self, key: str) -> Role:
        """Return the role in use with this key. Raises Refused."""
        rows = Role.objects.filter(retired_at=None).select_related("current", "owner", "resource")
        return self._found("role", lambda: {row.key: row for row in rows}, key)

    def thing(self, named: Mapping[str, Any]) -> Resource:
        """Return the resource that ``{system, id}``, ``{team}``, ``{group}`` or ``{role}`` names. Raises Refused."""
        if set(named) == {"system", "id"}:
            found = Resource.objects.filter(system=named["system"], external_id=named["id"], object_kind=None).first()
            if found is None:
                raise unknown(f"{named['system']}: {named['id']}")
            return found
        if len(named) == 1 and set(named) <= {"team", "group", "role"}:
            kind, name = next(iter(named.items()))
            return getattr(self, kind)(name).resource
        raise Refused(_("Name one thing: by system and id, or a team, a group or a role."))

    # The other way round, by id.

    @cached_property
    def codes(self) -> Mapping[int, str]:
        """Return the codes of all places, those out of use too."""
        return dict(Node.objects.values_list("pk", "code"))

    @cached_property
    def mails(self) -> Mapping[int, str]:
        """Return the mails of those whom a document holds."""
        return dict(Person.objects.filter(state__in=STATES).exclude(email="").values_list("pk", "email"))

    @cached_property
    def all_mails(self) -> Mapping[int, str]:
        """Return the mails of whoever has one: a condition may name somebody who is not here."""
        return dict(Person.objects.exclude(email="").values_list("pk", "email"))

    @cached_property
    def teams(self) -> Mapping[int, str]:
        """Return the names of all teams."""
        return dict(Team.objects.values_list("pk", "principal__label"))

    @cached_property
    def groups(self) -> Mapping[int, str]:
        """Return the names of all groups."""
        return dict(Group.objects.values_list("pk", "principal__label"))

    @cached_property
    def roles(self) -> Mapping[int, str]:
        """Return the keys of all roles."""
        return dict(Role.objects.values_list("pk", "key"))

    def outward(self, raw: Any, known: Schema) -> Any:
        """Return a kept condition with names for ids; what names something gone keeps its id, and will be refused."""
        by_domain: dict[str, Mapping[Any, Any]] = {
            **dict.fromkeys(NODE_DIMENSIONS, self.codes), "person": self.all_mails, "team": self.teams,
            "sensitivity": {level: name for name, level in LEVELS.items()},
        }  # fmt: skip

        def name(domain: str, value: Any) -> Any:
            return by_domain.get(domain, {}).get(value, value) if isinstance(value, int) else value

        return _renamed(raw, known, name)

    def inward(self, raw: Any, known: Schema) -> Any:
        """Return a condition of a document with ids for names. Raises Refused for a name that nothing has."""
        return _renamed(raw, known, self._id)

    def _id(self, domain: str, value: Any) -> Any:
        if domain == "sensitivity" and isinstance(value, str) and value in LEVELS:
            return LEVELS[value]
        find: dict[str, Callable[[str], Model | None]] = {"person": self.person, "team": self.team}
        find |= {kind: lambda code, kind=kind: self.node(kind, code) for kind in NODE_DIMENSIONS}  # type: ignore[misc]
        if domain in find and isinstance(value, str):
            row = find[domain](value)
            return row.pk if row is not None else None
        if domain in find or domain == "sensitivity":
            raise unknown(value)  # a number would be the id of a row, and another one elsewhere
        return value


def _by_label(rows: Manager[Any]) -> dict[str, Any]:
    found = rows.filter(archived_at=None).select_related("principal", "resource", "owner")
    return {row.principal.label.casefold(): row for row in found}


def _renamed(raw: Any, known: Schema, change: Callable[[str, Any], Any]) -> Any:
    """Return a condition with every value of a domain changed; what is no condition stays for its reader to refuse."""
    if not isinstance(raw, Mapping):
        return raw
    found = dict(raw)
    for kind in ("all", "any"):
        if isinstance(raw.get(kind), list):
            found[kind] = [_renamed(part, known, change) for part in raw[kind]]
    if "not" in raw:
        found["not"] = _renamed(raw["not"], known, change)
    attribute = known.get(raw.get("attribute"))
    if "value" in raw and attribute is not None and attribute.domain is not None:
        key, value = attribute.domain.key, raw["value"]
        found["value"] = [change(key, each) for each in value] if isinstance(value, list) else change(key, value)
    return found
