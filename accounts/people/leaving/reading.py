"""What a leaving would end and pass on, and what it did: in words, grouped, for pages and the file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from accounts.integrations.selectors import opening
from accounts.models import Authenticator, IntegrationToken, Leaving, Membership, Person, PersonState, Session
from cxaccess.lib.models import WindowQuerySet
from permissions import gate
from permissions.grants.scopes import labels
from permissions.leaving.owned import KINDS as OWNED
from permissions.models import RoleGrant
from permissions.objects import rows as on_things

NAMED = 5  # of each kind that a page names before it says how many more
SIGN_IN: dict[str, Any] = {
    "sessions": _("Open sessions"),
    "password": _("Password"),
    "factor": _("Second factor and recovery codes"),
}
KINDS: dict[str, Any] = {
    "role": _("Roles"),
    "thing": _("Rights on one resource"),
    "membership": _("Teams and groups"),
    "place": _("What they answer for"),
    "sign_in": _("Sign-in"),
    "token": _("Tokens of integrations that they made"),
    "report": _("People who report to them"),
    "owned_team": _("Teams they own"),
    "owned_group": _("Groups they own"),
    "owned_role": _("Roles they own"),
    "owned_resource": _("Resources they own"),
    "owned_birthright": _("Birthright rules they own"),
    "owned_policy": _("Policies they own"),
    "owned_permission": _("Permissions they answer for"),
    "owned_integration": _("Integrations they own"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing: what it is called, more about it, who has it now, and whether nobody has who should."""

    label: str
    detail: str = ""
    to: str = ""
    vacant: bool = False
    id: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """All things of one kind."""

    kind: str
    title: Any
    lines: tuple[Line, ...]

    @property
    def named(self) -> tuple[Line, ...]:
        """Return the first few."""
        return self.lines[:NAMED]

    @property
    def more(self) -> int:
        """Return how many there are beside those."""
        return max(0, len(self.lines) - NAMED)


def ahead(person: Person, at: datetime) -> tuple[list[Section], list[Section]]:
    """Return what ends when somebody leaves, and what is passed on, as both stand now."""
    ending = {
        "role": _roles(person, at),
        "thing": [
            Line(row.content_object.name, row.permission.catalogue_action.key)
            for row in _standing(on_things.table(on_things.PEOPLE).filter(user=person), at)
        ],
        "membership": [
            Line(row.principal.label, str(row.get_part_display()))
            for row in _standing(Membership.objects.filter(person=person).select_related("principal"), at)
        ],
        "place": [Line(row.node.name) for row in _standing(person.dimensions.select_related("node"), at)],
        "sign_in": _sign_in(person, at),
        "token": [
            Line(row.integration.name, f"{row.prefix}…")
            for row in IntegrationToken.objects.filter(opening(at), created_by=person).select_related(
                "integration__principal"
            )
        ],
    }
    reports = Person.objects.filter(manager=person).exclude(state=PersonState.LEFT).order_by("name")
    passing = {"report": [Line(one.name) for one in reports]}
    passing |= {kind.kind: [Line(str(row)) for row in kind.of(person)] for kind in OWNED}
    return _sections(ending), _sections(passing)


def _sign_in(person: Person, at: datetime) -> list[Line]:
    sessions = Session.objects.filter(person=person, ended_at=None, ends_at__gt=at).count()
    factor = Authenticator.objects.filter(user=person, confirmed=True).exists()
    found = [Line(str(SIGN_IN["sessions"]), str(sessions))] if sessions else []
    found += [Line(str(SIGN_IN["password"]))] if person.has_usable_password() else []
    return found + ([Line(str(SIGN_IN["factor"]))] if factor else [])


def _roles(person: Person, at: datetime) -> list[Line]:
    found = list(_standing(RoleGrant.objects.filter(principal=person.principal_id).select_related("role"), at))
    where = labels({row.scope_id for row in found})
    return [Line(row.role.name, where[row.scope_id]) for row in found]


def _standing(rows: WindowQuerySet, at: datetime) -> WindowQuerySet:
    return rows.not_over(at).exclude(until=F("starts_at")).order_by("pk")


def report(reader: Person, leaving: Leaving, *, at: datetime) -> list[Section]:
    """Return what a leaving ended and passed on; people whom the reader does not see are not named."""
    kept: list[Mapping[str, Any]] = list(leaving.report)
    people = {one["to"] for one in kept if one["to"]} | {one["id"] for one in kept if one["kind"] == "report"}
    seen = gate.visible(reader, "person.view", Person.objects.filter(pk__in=people), at=at)
    names: dict[int, str] = dict(seen.values_list("pk", "name"))
    found: dict[str, list[Line]] = {}
    for one in kept:
        kind = "sign_in" if one["kind"] in SIGN_IN else one["kind"]
        found.setdefault(kind, []).append(_line(one, names))
    return _sections(found)


def _line(one: Mapping[str, Any], names: Mapping[int, str]) -> Line:
    if one["kind"] in SIGN_IN:
        return Line(str(SIGN_IN[one["kind"]]), one["label"], id=one["id"])
    somebody = str(_("Somebody you cannot see"))
    label = names.get(one["id"], somebody) if one["kind"] == "report" else one["label"]
    to = names.get(one["to"], somebody) if one["to"] else ""
    return Line(label, one["detail"], to, one["vacant"], one["id"])


def _sections(found: Mapping[str, list[Line]]) -> list[Section]:
    return [Section(kind, title, tuple(found[kind])) for kind, title in KINDS.items() if found.get(kind)]


HEAD = (_("Kind"), _("What"), _("More"), _("Has it now"), _("Needs somebody"), _("Number"))


def file_rows(sections: list[Section]) -> Iterator[tuple[Any, ...]]:
    """Yield a row of the file for each line."""
    for section in sections:
        for line in section.lines:
            yield section.title, line.label, line.detail, line.to, _("Yes") if line.vacant else "", line.id
