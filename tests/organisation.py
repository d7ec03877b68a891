"""Random organisations: a plan that hypothesis draws and shrinks, and `build`, which puts it into the tables.

Moments are whole days from NOON, so that windows meet, touch and overlap often. Everything may be missing: places,
ends, members, terms.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from accounts.models import Membership, Node, NodeKind, Person, PersonState, Team
from permissions.models import Mode, Resource, Role, RoleGrant
from tests import world

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
ACTIONS = (
    "feedback.view", "feedback.edit", "feedback.export", "survey.view", "survey.delete", "person.view", "person.edit",
    "team.view", "team.manage_members", "role.view", "role.give_onward", "grant.view", "grant.end",
)  # fmt: skip
DIMENSIONS = ("region", "department", "product_line", "team")
TYPES = ("feedback", "survey")

days = st.integers(-3, 3)
few = st.integers(0, 3)
maybe = st.none() | few


def day(number: int) -> datetime:
    """Return the moment `number` days from NOON."""
    return NOON + timedelta(days=number)


rarely = st.integers(0, 9).map(lambda number: number == 0)
windows = st.tuples(days, st.none() | days).map(lambda w: (w[0], w[1] if w[1] is None else max(w)))


@dataclass(frozen=True)
class Plan:
    """Numbers that point at each other modulo how many there are; see `build`."""

    regions: tuple
    departments: tuple
    teams: tuple  # (parent, region, department, archived)
    people: tuple  # (state, region, department)
    memberships: tuple  # (person, team, window)
    roles: tuple  # (actions, included, retired)
    grants: tuple  # (to a team?, whom, role, terms, active?, window)
    resources: tuple  # (type, region, department, product line, team)
    objects: tuple = ()  # (to a team?, whom, action, on what, window)


def _some(item, least=0, most=4):
    return st.lists(item, min_size=least, max_size=most).map(tuple)


plans = st.builds(
    Plan,
    regions=_some(maybe, 1, 5),
    departments=_some(maybe, 1, 3),
    teams=_some(st.tuples(maybe, maybe, maybe, rarely), 1, 4),
    people=_some(st.tuples(st.sampled_from(["active"] * 4 + ["suspended", "left"]), maybe, maybe), 2, 4),
    memberships=_some(st.tuples(few, few, windows), 0, 5),
    roles=_some(
        st.tuples(_some(st.sampled_from(ACTIONS), 0, 3), _some(few, 0, 2), rarely), 1, 4
    ),
    grants=_some(
        st.tuples(
            st.booleans(), few, few, st.dictionaries(st.sampled_from(DIMENSIONS), few, max_size=2),
            st.integers(0, 5).map(bool), windows,
        ), 0, 7,
    ),
    resources=_some(st.tuples(st.sampled_from(TYPES), maybe, maybe, maybe, maybe), 1, 4),
    objects=_some(st.tuples(st.booleans(), few, st.sampled_from(ACTIONS), st.integers(0, 9), windows), 0, 6),
)  # fmt: skip


@dataclass
class Organisation:
    """The rows of one plan."""

    people: list[Person]
    teams: list[Team]
    roles: list[Role]
    grants: list[RoleGrant]
    memberships: list[Membership]
    resources: list[Resource]
    places: dict[str, list]


def _tree(kind: str, parents: tuple) -> list[Node]:
    made: list[Node] = []
    for number, parent in enumerate(parents):
        above = made[parent % number] if number and parent is not None else None
        made.append(world.node(f"{kind} {number}", above, kind=kind))
    return made


def _at(rows: list, number: int | None):
    return rows[number % len(rows)] if number is not None and rows else None


def build(plan: Plan) -> Organisation:
    """Put `plan` into the tables."""
    places: dict[str, list] = {
        "region": _tree(NodeKind.REGION, plan.regions),
        "department": _tree(NodeKind.DEPARTMENT, plan.departments),
        "product_line": _tree(NodeKind.PRODUCT_LINE, (None, 0)),
    }
    teams: list[Team] = []
    for number, (parent, region, department, archived) in enumerate(plan.teams):
        above = teams[parent % number] if number and parent is not None else None
        where = {"region": _at(places["region"], region), "department": _at(places["department"], department)}
        teams.append(world.team(f"Team {number}", above, **where))
        if archived:
            Team.objects.filter(pk=teams[-1].pk).update(archived_at=world.LONG_AGO)
    places["team"] = teams
    people = [
        world.person(
            f"Person {n}", state=PersonState(state), region=_at(places["region"], region),
            department=_at(places["department"], department),
        )
        for n, (state, region, department) in enumerate(plan.people)
    ]  # fmt: skip
    memberships = [
        world.join(_at(people, who), _at(teams, team), starts=day(start), until=None if end is None else day(end))
        for who, team, (start, end) in plan.memberships
    ]
    roles: list[Role] = []
    for number, (actions, included, retired) in enumerate(plan.roles):
        inner = {roles[n % number].pk: roles[n % number] for n in included} if number else {}
        roles.append(world.role(f"Role {number}", set(actions), inner.values()))
        if retired:
            Role.objects.filter(pk=roles[-1].pk).update(retired_at=world.LONG_AGO)
    grants = [_grant(places, people, roles, *row) for row in plan.grants]
    resources = [
        world.resource(
            f"Thing {n}", type_, region=_at(places["region"], region), department=_at(places["department"], department),
            product_line=_at(places["product_line"], line), owner_team=_at(teams, team),
        )
        for n, (type_, region, department, line, team) in enumerate(plan.resources)
    ]  # fmt: skip
    on = [*resources, *(team.resource for team in teams), *(role.resource for role in roles)]
    for to_team, whom, action, what, (start, end) in plan.objects:
        to = _at(teams if to_team else people, whom)
        world.give_on(to, action, _at(on, what), starts=day(start), until=None if end is None else day(end))
    return Organisation(people, teams, roles, grants, memberships, resources, places)


def _grant(places, people, roles, to_team, whom, role, terms, active, window) -> RoleGrant:
    to = _at(places["team"] if to_team else people, whom)
    where = {dimension: _at(places[dimension], number) for dimension, number in terms.items()}
    start, end = window
    made = world.give(to, _at(roles, role), starts=day(start), until=None if end is None else day(end), **where)
    RoleGrant.objects.filter(pk=made.pk).update(
        mode=Mode.ACTIVE if active else Mode.ELIGIBLE, given_at=min(day(start), NOON)
    )
    made.refresh_from_db()
    return made
