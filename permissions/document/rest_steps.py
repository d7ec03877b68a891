"""Bringing people, teams, groups, resources and grants into an empty instance, through the use cases of the screens."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from accounts.groups import rules
from accounts.groups import services as groups
from accounts.models import Group, Person, Principal, Team
from accounts.people import ranges
from accounts.people import services as people
from accounts.teams import memberships
from accounts.teams import services as teams
from cxaccess.lib.conditions import InvalidCondition
from cxaccess.lib.errors import Refused
from permissions.document.desk import Desk, Row, at_place, day, filled, moment, one_of
from permissions.document.names import LEVELS, unknown
from permissions.grants import services as grants
from permissions.models import Action, Resource, ResourceType
from permissions.objects import services as objects
from permissions.places import NODE_DIMENSIONS
from permissions.resources import services as resources

Rows = Sequence[Row]
Step = Callable[[Desk, dict[str, Any]], None]


def is_empty() -> bool:
    """Return whether nobody works here yet but whoever set it up: no second person, team, group or resource."""
    if Team.objects.exists() or Group.objects.exists() or Resource.objects.filter(object_kind=None).exists():
        return False
    return Person.objects.count() <= 1


def bring(desk: Desk, section: str, rows: Rows) -> None:
    """Bring a section of the document in, row by row."""
    step, told = STEPS[section], len(desk.passed_over)
    for number, row in enumerate(rows):
        with at_place(f"{section}[{number}]"):
            step(desk, filled(section, row))
    if brought := len(rows) - (len(desk.passed_over) - told):
        desk.say(f"+ {brought} {section}")


def _person(desk: Desk, row: dict[str, Any]) -> None:
    names = desk.names
    if Person.objects.filter(email__iexact=row["mail"]).exists():
        desk.pass_over(_("%(mail)s, who is here already and stays as they are") % {"mail": row["mail"]})
        return
    person = people.create_person(
        desk.actor, name=row["name"], email=row["mail"], title=row["title"],
        department=names.node("department", row["department"]), region=names.node("region", row["region"]),
        manager=names.person(row["manager"]), state="prehire" if row["state"] == "prehire" else "active",
        employed_from=day(row["employed_from"]), employed_until=day(row["employed_until"]), time_zone=row["time_zone"],
        language=row["language"], at=desk.at,
    )  # fmt: skip
    names.know("person", person.email.casefold(), person)
    level = row["clearance"]
    more = {"clearance": LEVELS[level]} if level is not None else {}
    if more or row["custom"]:
        person = people.edit_person(
            desk.actor, person=person, row_version=person.row_version, changes={**more, "custom": row["custom"]},
            at=desk.at,
        )  # fmt: skip
    for number, place in enumerate(row["answers_for"]):
        with at_place(f"answers_for[{number}]"):
            node = names.node(place["kind"], place["code"])
            if node is not None:
                until = moment(place.get("until"))
                ranges.add_places(
                    desk.actor, person=person, places=[node], until=until, reason=desk.reason, at=desk.at
                )  # fmt: skip
    if row["state"] == "suspended":
        people.suspend(desk.actor, person=person, reason=desk.reason, at=desk.at)


def _collective(desk: Desk, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": row["name"],
        "purpose": row["purpose"],
        "owner": desk.names.person(row.get("owner")),
        "region": desk.names.node("region", row["region"]),
        "department": desk.names.node("department", row["department"]),
    }


def _team(desk: Desk, row: dict[str, Any]) -> None:
    made = teams.create_team(desk.actor, parent=desk.names.team(row["under"]), at=desk.at, **_collective(desk, row))
    desk.names.know("team", made.name.casefold(), made)


def _group(desk: Desk, row: dict[str, Any]) -> None:
    rule = _rule(desk, row["rule"]) if row.get("rule") is not None else None
    made = groups.create_group(desk.actor, rule=rule, at=desk.at, **_collective(desk, row))
    desk.names.know("group", made.name.casefold(), made)


def _rule(desk: Desk, raw: Any) -> rules.Rule:
    known = rules.schema.of_people()
    try:
        return rules.parsed(desk.names.inward(raw, known), known)
    except InvalidCondition as error:
        raise Refused(str(error), field="rule") from error


def _membership(desk: Desk, row: dict[str, Any]) -> None:
    kind, person = one_of(row, "team", "group"), desk.names.person(row["person"])
    into = desk.names.team(row["team"]) if kind == "team" else desk.names.group(row["group"])
    assert person is not None
    assert into is not None
    memberships.add_member(
        desk.actor, team=into, person=person, part=row["part"], until=moment(row["until"]), reason=row["reason"],
        at=desk.at,
    )  # fmt: skip


def _resource(desk: Desk, row: dict[str, Any]) -> None:
    type_ = ResourceType.objects.filter(key=row["type"]).first()
    if type_ is None:
        raise unknown(row["type"])
    given: Mapping[str, Any] = {
        "name": row["name"],
        "system": row["system"],
        "external_id": row["id"],
        "channel": row["channel"],
        **({"sensitivity": LEVELS[row["sensitivity"]]} if row.get("sensitivity") else {}),
        **{kind: desk.names.node(kind, row[kind]) for kind in NODE_DIMENSIONS},
        "owner_team": desk.names.team(row["team"]),
        "owner": desk.names.person(row["owner"]),
        **{f"custom_{name}": value for name, value in row["custom"].items()},
    }
    resources.create_resource(desk.actor, type=type_, given=given, at=desk.at)


def _grant(desk: Desk, row: dict[str, Any]) -> None:
    taker = one_of(row, "person", "team", "group")
    principal: Principal = getattr(desk.names, taker)(row[taker]).principal
    what = one_of(row, "role", "permission")
    window: dict[str, Any] = {
        "starts_at": moment(row["from"]), "until": moment(row["until"]), "reason": row.get("reason") or desk.reason,
        "at": desk.at,
    }  # fmt: skip
    if what == "role":
        terms = {kind: _place(desk, kind, name) for kind, name in row.get("scope", {}).items()}
        role = desk.names.role(row["role"])
        grants.give_in_words(desk.actor, terms=terms, principal=principal, role=role, **window)
        return
    action = Action.objects.filter(key=row["permission"]).first()
    if action is None:
        raise unknown(row["permission"])
    thing = desk.names.thing(row.get("on", {}))
    objects.give_on(desk.actor, principal=principal, action=action, resource=thing, **window)


def _place(desk: Desk, kind: str, name: str) -> int:
    found = desk.names.team(name) if kind == "team" else desk.names.node(kind, name)
    assert found is not None
    return found.pk


STEPS: dict[str, Step] = {
    "people": _person,
    "teams": _team,
    "groups": _group,
    "memberships": _membership,
    "resources": _resource,
    "grants": _grant,
}
