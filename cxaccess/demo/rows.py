"""Writes the demo's places, people, teams and memberships, set by set."""

import secrets
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from accounts.models import (
    AttributeHistory,
    Authenticator,
    Membership,
    Node,
    Part,
    Person,
    PersonState,
    Principal,
    Team,
)
from audits.trail.record import System
from audits.trail.tags import Tag
from cxaccess.demo.company import TEAMS, TREES
from cxaccess.demo.main_people import MAIN, PASSWORD
from cxaccess.demo.plan import SETUP, Hire
from cxaccess.demo.town import LOADER, Town
from cxaccess.lib.tree import numbered
from permissions.models import Resource, ResourceType

IMPORT = System("staff-import")
TEAMS_MADE, TEAMS_FILLED = SETUP - 6, SETUP - 8


def places(town: Town) -> None:
    """Write the trees, parents first, numbered."""
    for kind, rows in TREES.items():
        made: dict[str, Node] = {}
        for code, name, parent in rows:
            node = Node(kind=kind, code=code.lower(), name=name, parent=made.get(parent))
            made[code] = node
        for depth in range(5):
            level = [made[code] for code, _name, _parent in rows if _depth(made[code]) == depth]
            for node in level:
                node.parent_id = node.parent.pk if node.parent else None
            Node.objects.bulk_create(level)
        _number(made)
        town.nodes.update(made)


def _depth(node: Node) -> int:
    return 0 if node.parent is None else _depth(node.parent) + 1


def _number(made: dict[str, Node]) -> None:
    rows = {node.pk: node for node in made.values()}
    order = sorted(rows, key=lambda pk: (rows[pk].name.casefold(), pk))
    for pk, (lft, rgt, depth) in numbered({pk: node.parent_id for pk, node in rows.items()}, order).items():
        rows[pk].lft, rows[pk].rgt, rows[pk].depth = lft, rgt, depth
    Node.objects.bulk_update(rows.values(), ["lft", "rgt", "depth"])


def people(town: Town) -> None:
    """Write the staff, managers after them, with the history of who moved, left or is away."""
    password = make_password(PASSWORD)
    main = {person.name for person in MAIN}
    principals = Principal.objects.bulk_create([Principal(kind="person", label=one.name) for one in town.staff])
    for one, principal in zip(town.staff, principals, strict=True):
        one.row = Person(
            principal=principal,
            name=one.name,
            email=one.email,
            title=one.title,
            state=one.state,
            claimed_at=one.known if one.claimed else None,
            department=town.nodes[one.department],
            region=town.nodes[one.region],
            employed_from=one.since.date(),
            employed_until=one.gone.date() if one.gone and one.state == PersonState.LEFT else None,
            leaves_at=one.gone if one.state == PersonState.LEFT else None,
            time_zone=one.zone,
            created_at=one.known,
            password=password if one.name in main else "!",
            demo=True,
        )
    Person.objects.bulk_create([one.person for one in town.staff])
    for one in town.staff:
        one.person.manager = one.manager.person if one.manager else None
    Person.objects.bulk_update([one.person for one in town.staff], ["manager"])
    AttributeHistory.objects.bulk_create([row for one in town.staff for row in _history(town, one)])
    Authenticator.objects.bulk_create([_authenticator(town.named(main.name)) for main in MAIN if main.factor])
    for one in town.staff:
        town.tell(Tag.PERSON_CREATED, actor=IMPORT, at=one.known, obj=one.person, about=one.person)


def _authenticator(one: Hire) -> Authenticator:
    """Return a second factor in use; its secret is real, and `demo_code` shows its codes."""
    found = Authenticator(user=one.person, name="authenticator", confirmed=True)
    found.keep_secret(secrets.token_bytes(20))
    return found


def _history(town: Town, one: Hire) -> list[AttributeHistory]:
    """Return the rows of what changed about somebody, the first change with the value before it."""
    changed: list[tuple[str, object, object, datetime]] = []
    if one.gone:
        changed.append(("state", PersonState.ACTIVE.value, str(one.state), one.gone))
    if one.moved and one.moved_from:
        region, department, _team = one.moved_from
        changed.append(("region", town.nodes[region].pk, town.nodes[one.region].pk, one.moved))
        if department != one.department:
            changed.append(("department", town.nodes[department].pk, town.nodes[one.department].pk, one.moved))
    return [
        AttributeHistory(of="person", of_id=one.person.pk, name=name, value=value, since=since)
        for name, old, new, moment in changed
        for value, since in ((old, one.known), (new, moment))
    ]


def teams(town: Town) -> None:
    """Write the teams with the resource that stands for each."""
    type_ = ResourceType.objects.get(key="team")
    made_at = town.clock.ago(TEAMS_MADE)
    for row in TEAMS:
        lead = town.lead(row.code)
        owner = lead.person if lead else None
        group = Group.objects.create(name=f"principal-{uuid5(NAMESPACE_URL, row.code).hex}")
        principal = Principal.objects.create(kind="team", label=row.name, auth_group=group)
        thing = Resource.objects.create(
            type=type_, external_id=f"team:{principal.pk}", name=row.name, owner=owner, created_at=made_at,
            region=town.nodes[row.region], department=town.nodes[row.department],
        )  # fmt: skip
        team = Team.objects.create(
            principal=principal, parent=town.teams.get(row.parent), purpose=row.purpose, owner=owner, resource=thing
        )
        thing.object_kind, thing.object_id, thing.owner_team = "team", team.pk, team
        thing.save(update_fields=["object_kind", "object_id", "owner_team"])
        town.teams[row.code] = team
        town.tell(Tag.TEAM_CREATED, actor=town.named("Priya Raman").person, at=made_at, obj=team)


def memberships(town: Town) -> None:
    """Write who is in which team, since when, and until when."""
    rows: list[Membership] = []
    for one in town.staff:
        if not one.team:
            continue
        begins = max(one.since, town.clock.ago(TEAMS_FILLED))
        if one.moved and one.moved_from:
            rows.append(_membership(town, one, one.moved_from[2], begins, one.moved, "Moved to another region"))
            begins = one.moved
        left = one.gone if one.state == PersonState.LEFT else None
        rows.append(_membership(town, one, one.team, begins, left, "Left the company" if left else ""))
    Membership.objects.bulk_create(rows)
    teams_of = {team.principal_id: team for team in town.teams.values()}
    for row in rows:
        _tell_membership(town, row, teams_of[row.principal_id])


def _membership(
    town: Town, one: Hire, team: str, begins: datetime, ends: datetime | None, why: str
) -> Membership:  # fmt: skip
    giver = giver_for(town, one, next(row.region for row in TEAMS if row.code == team))
    return Membership(
        person=one.person,
        principal=town.teams[team].principal,
        part=Part.LEAD if one.lead else Part.MEMBER,
        starts_at=begins,
        until=ends,
        given_by=giver,
        ended_by=giver if ends else None,
        end_reason=why if ends else "",
    )


def _tell_membership(town: Town, row: Membership, team: Team) -> None:
    kept = {"membership": row.pk, "part": row.part, "starts_at": row.starts_at.isoformat()}
    giver = row.given_by or LOADER
    town.tell(Tag.MEMBERSHIP_GIVEN, actor=giver, at=row.starts_at, obj=team, about=row.person, details=kept)
    if row.until:
        told = {**kept, "until": row.until.isoformat(), "reason": row.end_reason}
        town.tell(Tag.MEMBERSHIP_ENDED, actor=giver, at=row.until, obj=team, about=row.person, details=told)


def administrator(town: Town, region: str) -> Hire:
    """Return who administers a region: the nearest regional administrator, or Priya for all else."""
    regional = {"emea": "Rosa Lind", "amer": "Marisol Echeverría", "apac": "Kenji Watanabe"}
    here: Node | None = town.nodes.get(region)
    while here is not None:
        if here.code in regional:
            return town.named(regional[here.code])
        here = here.parent
    return town.named("Priya Raman")


def giver_for(town: Town, taker: Hire | None, region: str) -> Person | None:
    """Return who gave it to `taker`: nobody gives to themselves, and the first administrator was set up."""
    giver = administrator(town, region)
    if giver is taker:
        giver = town.named("Priya Raman")
    return None if giver is taker else giver.person
