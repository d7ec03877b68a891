"""What somebody holds and what it lets them do, read for themselves."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Membership, Person, Principal, PrincipalKind
from cxaccess.lib import statements
from cxaccess.lib.related import attach
from permissions import facts, gate
from permissions.birthrights.reasons import Because, reasons
from permissions.check.names import address
from permissions.check.ways import SOON_DAYS
from permissions.grants.held import standing
from permissions.grants.scopes import labels
from permissions.models import Action, ResourceType, RoleGrant
from permissions.objects import held, uses
from permissions.usage import selectors as usage

GRANT = (
    "starts_at", "until", "given_at", "source", "source_ref", "reason", "scope_id", "principal_id", "role__name",
    "role__risk", "role__purpose", "given_by__name",
)  # fmt: skip
MEMBERSHIP = (
    "starts_at", "until", "source", "source_ref", "part", "reason", "principal__kind", "principal__label",
    "principal__team__principal_id", "principal__group__principal_id",
)  # fmt: skip
ACTION = ("key", "label", "purpose", "risk", "position", "type_id")


@dataclass(frozen=True, slots=True)
class Held:
    """One role as it reaches somebody: directly, or by a team or group."""

    grant: RoleGrant
    where: str
    via: str
    via_url: str
    via_kind: str
    state: str  # now, soon (ends within a fortnight) or later (has not begun)
    used: datetime | None  # when they last did anything it lets them do
    because: Because | None = None  # the birthright rule that gave it


@dataclass(frozen=True, slots=True)
class Ability:
    """One permission somebody has, and where."""

    action: Action
    where: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """What somebody can do with one type of thing."""

    type: ResourceType
    abilities: tuple[Ability, ...]


def overview(person: Person, at: datetime) -> dict[str, Any]:
    """Return roles, teams and abilities of `person` at `at`."""
    teams = teams_of(person, at)
    grants = _grants(person, at)
    places = _places(person, at)
    names = labels({grant.scope_id for grant in grants}.union(*places.values()))
    things = held.of_person(person, at)
    used = usage.by_person(person, [row.pk for row in grants], uses.shared(things.standing))
    because = reasons([*grants, *teams])
    roles = [replace(one, because=because.get(one.grant)) for one in _roles(grants, teams, names, used.roles, at)]
    areas = _areas(person, places, names, at)
    return {
        "roles": roles,
        "things": things,
        "thing_uses": uses.by_person(things.standing, used.shared),
        "teams": teams,
        "because": because,
        "areas": areas,
        "count": sum(len(area.abilities) for area in areas),
        "ending": sum(one.state == "soon" for one in roles) + len(things.ending),
        "soon": at + timedelta(days=SOON_DAYS),
    }


def teams_of(person: Person, at: datetime) -> list[Membership]:
    """Return the memberships of `person` in teams and groups that are not over."""
    found: list[Membership] = statements.rows("memberships", _memberships, at=at, person=person.pk)
    return found


def _memberships(*, at: datetime, person: int) -> QuerySet[Membership]:
    rows = Membership.objects.not_over(at).filter(person=person).select_related("principal__team", "principal__group")
    return rows.only(*MEMBERSHIP).order_by("-principal__kind", "principal__label")


def _grants(person: Person, at: datetime) -> list[RoleGrant]:
    """Return every grant of a role that reaches `person` now or will."""
    found: list[RoleGrant] = statements.rows("grants of one's own", _by_id, ids=standing(person, at))
    return found


def _by_id(*, ids: list[int]) -> QuerySet[RoleGrant]:
    return RoleGrant.objects.filter(pk__in=ids).select_related("role", "given_by").only(*GRANT)


def _roles(
    grants: list[RoleGrant], teams: list[Membership], names: dict[int, str], used: dict[int, datetime], at: datetime
) -> list[Held]:
    """Return the grants as roles held, what ends first on top."""
    ways = _ways_in(teams, at)
    found = [_held(row, names[row.scope_id], ways.get(row.principal_id), used.get(row.pk), at) for row in grants]
    return sorted(found, key=lambda one: (one.grant.until is None, one.grant.until or at, one.grant.role.name))


def _ways_in(teams: list[Membership], at: datetime) -> dict[int, Principal]:
    """Return {principal: the team or group whose membership reaches it}."""
    model = facts.model(at)
    found: dict[int, Principal] = {}
    for row in teams:
        for principal in model.chain(row.principal_id) if row.starts_at <= at else ():
            found.setdefault(principal, row.principal)
    return found


def _held(row: RoleGrant, where: str, via: Principal | None, used: datetime | None, at: datetime) -> Held:
    soon = row.until is not None and row.until - at < timedelta(days=SOON_DAYS)
    state = "later" if row.starts_at > at else "soon" if soon else "now"
    if via is None:
        return Held(row, where, "", "", "", state, used)
    of = getattr(via, via.kind)
    page = "groups:detail" if via.kind == PrincipalKind.GROUP else "teams:detail"
    return Held(row, where, via.label, address(page, of.pk), via.get_kind_display(), state, used)


def _places(person: Person, at: datetime) -> dict[str, set[int]]:
    """Return {permission: the scopes within which `person` holds it}; none for what is held on single things only."""
    found = facts.snapshot(person.pk, at)
    return {key: {scope.id for scope in found.scopes(key, at)} for key in gate.held(person, at=at)}


def _areas(person: Person, places: dict[str, set[int]], names: dict[int, str], at: datetime) -> list[Area]:
    """Return what `person` can do somewhere, by type, in the catalogue's order."""
    found = facts.snapshot(person.pk, at)
    everywhere = {scope.id for grant in found.subject.grants if (scope := grant.scope).everywhere}
    areas: dict[ResourceType, list[Ability]] = defaultdict(list)
    actions = list(Action.objects.filter(key__in=places).only(*ACTION))
    attach(actions, "type__key", "type__plural")
    for action in actions:
        where = _widest(places[action.key], everywhere, names)
        where += _things(len(found.objects(action.key, at)))
        areas[action.type].append(Ability(action, where or (_("where a policy allows it"),)))
    return [Area(type_, tuple(abilities)) for type_, abilities in areas.items()]


def _things(count: int) -> tuple[str, ...]:
    return (ngettext("on one thing", "on %(n)d things", count) % {"n": count},) if count else ()


def _widest(ids: Iterable[int], everywhere: set[int], names: dict[int, str]) -> tuple[str, ...]:
    """Return where, in words; everywhere makes the rest needless."""
    found = set(ids)
    return tuple(sorted({names[pk] for pk in (found & everywhere or found)}))
