"""What somebody holds and what it lets them do, read for themselves."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import ngettext

from accounts.models import Membership, Person, Principal, PrincipalKind
from permissions import facts, gate
from permissions.check.names import address
from permissions.check.ways import SOON_DAYS
from permissions.engine import scopes_for
from permissions.grants.scopes import labels
from permissions.models import Action, ResourceType, RoleGrant
from permissions.objects import held
from permissions.usage import selectors as usage


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
    roles = held_roles(person, at)
    areas = abilities(person, at)
    things = held.of(person.principal, _ways_in(person, at).keys() - {person.principal_id}, at, recently=timedelta())
    return {
        "roles": roles,
        "things": things,
        "teams": teams_of(person, at),
        "areas": areas,
        "count": sum(len(area.abilities) for area in areas),
        "ending": sum(one.state == "soon" for one in roles) + len(things.ending),
        "soon": at + timedelta(days=SOON_DAYS),
        "line": usage.line_of_person(person, at=at),
    }


def held_roles(person: Person, at: datetime) -> list[Held]:
    """Return every role that reaches `person` now or will, what ends first on top."""
    found = facts.snapshot(person.pk, at)
    reaching = _ways_in(person, at)
    ids = {
        grant.id for grant in found.subject.grants if grant.principal in reaching and not _over(grant.window.until, at)
    }
    rows = RoleGrant.objects.filter(pk__in=ids).select_related("role", "principal", "given_by")
    where = labels({row.scope_id for row in rows})
    used = usage.by_person(person, ids)
    found_roles = [_held(row, where[row.scope_id], reaching[row.principal_id], used.get(row.pk), at) for row in rows]
    return sorted(found_roles, key=lambda one: (one.grant.until is None, one.grant.until or at, one.grant.role.name))


def _over(until: datetime | None, at: datetime) -> bool:
    return until is not None and until <= at


def _ways_in(person: Person, at: datetime) -> dict[int, Principal | None]:
    """Return {principal: the team or group whose membership reaches it}; None for the person's own."""
    model = facts.model(at)
    found: dict[int, Principal | None] = {}
    rows = Membership.objects.in_force(at).filter(person=person)
    for row in rows.select_related("principal__team", "principal__group"):
        for principal in model.chain(row.principal_id):
            found.setdefault(principal, row.principal)
    return found | {person.principal_id: None}


def _held(row: RoleGrant, where: str, via: Principal | None, used: datetime | None, at: datetime) -> Held:
    soon = row.until is not None and row.until - at < timedelta(days=SOON_DAYS)
    state = "later" if row.starts_at > at else "soon" if soon else "now"
    if via is None:
        return Held(row, where, "", "", "", state, used)
    of = getattr(via, via.kind)
    page = "groups:detail" if via.kind == PrincipalKind.GROUP else "teams:detail"
    return Held(row, where, via.label, address(page, of.pk), via.get_kind_display(), state, used)


def teams_of(person: Person, at: datetime) -> list[Membership]:
    """Return the memberships of `person` in teams and groups that are not over."""
    rows = Membership.objects.not_over(at).filter(person=person)
    return list(rows.select_related("principal", "given_by").order_by("-principal__kind", "principal__label"))


def abilities(person: Person, at: datetime) -> list[Area]:
    """Return what `person` can do somewhere, by type, in the catalogue's order."""
    found = facts.snapshot(person.pk, at)
    keys = gate.held(person, at=at)
    scopes = {key: {scope.id for scope in scopes_for(found.model, found.subject, key, at)} for key in keys}
    names = labels({scope for ids in scopes.values() for scope in ids})
    everywhere = {scope.id for grant in found.subject.grants if (scope := grant.scope).everywhere}
    things = {key: found.objects(key, at) for key in keys}
    areas: dict[ResourceType, list[Ability]] = defaultdict(list)
    for action in Action.objects.filter(key__in=keys).select_related("type", "owner"):
        where = _widest(scopes[action.key], everywhere, names)
        areas[action.type].append(Ability(action, where + _things(len(things[action.key]))))
    return [Area(type_, tuple(found)) for type_, found in areas.items()]


def _things(count: int) -> tuple[str, ...]:
    return (ngettext("on one thing", "on %(n)d things", count) % {"n": count},) if count else ()


def _widest(ids: Iterable[int], everywhere: set[int], names: dict[int, str]) -> tuple[str, ...]:
    """Return where, in words; everywhere makes the rest needless."""
    found = set(ids)
    return tuple(sorted({names[pk] for pk in (found & everywhere or found)}))
