"""Who works with the model and on what, as rows of a document: by option, to be brought into an empty instance."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from accounts.attributes import schema as attributes
from accounts.models import Group, Membership, Person, PersonDimension, Principal, PrincipalKind, Team
from cxaccess.lib.models import Source
from permissions.document.names import STATES, Names
from permissions.document.shape import SENSITIVITIES
from permissions.models import GroupObjectGrant, Mode, PersonObjectGrant, Resource, RoleGrant, ScopeTerm
from permissions.objects.rows import BROUGHT
from permissions.places import NODE_DIMENSIONS

Rows = list[dict[str, Any]]
BY_ITSELF = (*BROUGHT, Source.RULE, Source.BIRTHRIGHT)  # comes with leading, owning or a rule, and so again by itself


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def people(names: Names, at: datetime) -> Rows:
    """Return the people who have a mail and have not left, managers before those who report to them."""
    rows = Person.objects.filter(state__in=STATES).exclude(email="").order_by("name", "email")
    answers = _answers(names, at)
    found = {row.pk: (row.manager_id, _person(row, names, answers.get(row.pk, []))) for row in rows}
    ordered: dict[int, dict[str, Any]] = {}
    for pk in found:
        line = []
        here: int | None = pk
        while here is not None and here in found and here not in ordered and here not in line:
            line.append(here)
            here = found[here][0]
        ordered |= {each: found[each][1] for each in reversed(line)}
    return list(ordered.values())


def _person(row: Person, names: Names, answers: Rows) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in ("name", "title", "state", "time_zone", "language")}
    return {
        "mail": row.email,
        **plain,
        "department": names.codes.get(row.department_id or 0),
        "region": names.codes.get(row.region_id or 0),
        "manager": names.mails.get(row.manager_id or 0),
        "employed_from": row.employed_from.isoformat() if row.employed_from else None,
        "employed_until": row.employed_until.isoformat() if row.employed_until else None,
        "clearance": SENSITIVITIES.get(row.clearance or 0),
        "custom": row.custom,
        "answers_for": answers,
    }


def _answers(names: Names, at: datetime) -> Mapping[int, Rows]:
    found: dict[int, Rows] = defaultdict(list)
    held = PersonDimension.objects.in_force(at).filter(node__kind__in=attributes.DIMENSIONS).order_by("node__code")
    for person, kind, code, until in held.values_list("person_id", "node__kind", "node__code", "until"):
        found[person].append({"kind": kind, "code": code, "until": _moment(until)})
    return found


def teams(names: Names, *, with_people: bool) -> Rows:
    """Return the teams in use, each after the one that it is under."""
    rows = Team.objects.filter(archived_at=None).select_related("principal", "resource").order_by("principal__label")
    found = {row.pk: row for row in rows}
    ordered: dict[int, Team] = {}
    while len(ordered) < len(found):
        ordered |= {pk: row for pk, row in found.items() if row.parent_id not in found or row.parent_id in ordered}
    return [
        _collective(row, names, with_people) | {"under": names.teams.get(row.parent_id or 0)}
        for row in ordered.values()
    ]


def groups(names: Names, *, with_people: bool) -> Rows:
    """Return the groups in use, those by rule with their rule."""
    rows = Group.objects.filter(archived_at=None).select_related("principal", "resource").order_by("principal__label")
    known = attributes.of_people()
    return [
        _collective(row, names, with_people) | ({"rule": names.outward(row.rule, known)} if row.rule else {})
        for row in rows
    ]


def _collective(row: Team | Group, names: Names, with_people: bool) -> dict[str, Any]:
    return {
        "name": row.name,
        "purpose": row.purpose,
        **({"owner": names.mails.get(row.owner_id or 0)} if with_people else {}),
        "region": names.codes.get(row.resource.region_id or 0),
        "department": names.codes.get(row.resource.department_id or 0),
    }


def memberships(names: Names, at: datetime, *, teams: bool, groups: bool) -> Rows:
    """Return who is in which team or group now, but for those whom a rule puts there."""
    rows = (
        Membership.objects.in_force(at)
        .exclude(source__in=(Source.RULE, Source.BIRTHRIGHT))
        .filter(person__state__in=STATES)
    )
    rows = rows.select_related("principal").order_by("principal__label", "person__name", "person__email")
    kinds = {kind for kind, wanted in (("team", teams), ("group", groups)) if wanted}
    return [
        {
            "person": names.mails[row.person_id],
            row.principal.kind: row.principal.label,
            "part": row.part,
            "until": _moment(row.until),
            "reason": row.reason,
        }
        for row in rows
        if row.principal.kind in kinds and row.person_id in names.mails
    ]


def resources(names: Names, options: Collection[str]) -> Rows:
    """Return the resources of the registry, without what their fields hold: masks are met where content is shown."""
    teams: Mapping[int, str] = names.teams if "teams" in options else {}
    owners: Mapping[int, str] = names.mails if "people" in options else {}
    rows = Resource.objects.filter(object_kind=None, archived_at=None).select_related("type").order_by("pk")
    return [
        {
            "type": row.type.key,
            "system": row.system,
            "id": row.external_id,
            "name": row.name,
            "sensitivity": SENSITIVITIES[row.sensitivity],
            "channel": row.channel,
            **{kind: names.codes.get(getattr(row, f"{kind}_id") or 0) for kind in NODE_DIMENSIONS},
            "team": teams.get(row.owner_team_id or 0),
            "owner": owners.get(row.owner_id or 0),
            "custom": row.custom,
        }
        for row in rows.iterator()
    ]


def grants(names: Names, options: Collection[str], at: datetime) -> Rows:
    """Return the grants that are not over, of roles and on one thing, as far as the document holds what they name.

    Those that come by themselves are left out.
    """
    terms: dict[int, dict[str, str]] = defaultdict(dict)
    for scope, dimension, ref in ScopeTerm.objects.values_list("scope_id", "dimension", "ref_id"):
        terms[scope][dimension] = (names.teams if dimension == "team" else names.codes).get(ref, str(ref))
    rows = RoleGrant.objects.not_over(at).filter(mode=Mode.ACTIVE).exclude(source__in=BY_ITSELF)
    rows = rows.select_related("principal__person", "role").order_by("pk")
    found = [
        {**to, "role": row.role.key, "scope": terms[row.scope_id], **_window(row, at)}
        for row in rows
        if (to := _taker(row.principal, names, options)) is not None
        and ("teams" in options or "team" not in terms[row.scope_id])
    ]
    return found + _object_grants(names, options, at)


def _object_grants(names: Names, options: Collection[str], at: datetime) -> Rows:
    found: Rows = []
    for model, holder in ((PersonObjectGrant, "user__principal"), (GroupObjectGrant, "group__principal")):
        rows = model.objects.not_over(at).exclude(source__in=BY_ITSELF)
        rows = rows.select_related(holder, "permission__catalogue_action", "content_object").order_by("pk")
        for row in rows:
            holding = row.user.principal if isinstance(row, PersonObjectGrant) else row.group.principal
            to, on = _taker(holding, names, options), _on(row.content_object, names, options)
            if to is not None and on is not None:
                key = row.permission.catalogue_action.key
                found.append({**to, "permission": key, "on": on, **_window(row, at)})
    return found


def _taker(principal: Principal, names: Names, options: Collection[str]) -> dict[str, str] | None:
    """Return who holds it; None for connected systems, and for whom the document does not hold."""
    if principal.kind in (PrincipalKind.TEAM, PrincipalKind.GROUP):
        return {principal.kind: principal.label} if f"{principal.kind}s" in options else None
    is_here = "people" in options and principal.kind == PrincipalKind.PERSON
    mail = names.mails.get(principal.person.pk) if is_here else None
    return {"person": mail} if mail else None


def _on(thing: Resource, names: Names, options: Collection[str]) -> dict[str, str] | None:
    if thing.object_kind is None:
        return {"system": thing.system, "id": thing.external_id} if "resources" in options else None
    called: Mapping[int, str] = {
        "team": names.teams if "teams" in options else {},
        "group": names.groups if "groups" in options else {},
        "role": names.roles,
    }.get(thing.object_kind, {})
    name = called.get(thing.object_id or 0)
    return None if name is None else {thing.object_kind: name}


def _window(row: Any, at: datetime) -> dict[str, str | None]:
    """Return from when (left out where it has begun) until when, and why."""
    begins = {"from": _moment(row.starts_at)} if row.starts_at > at else {}
    return {**begins, "until": _moment(row.until), "reason": row.reason}
