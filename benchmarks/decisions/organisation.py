"""A CX organisation of a size, drawn at random from a seed and written set by set.

What every size shares: about three of four memberships and grants are in force, the rest are over or begin later; a
team's grants and a person's own are limited by every kind of scope; of five policies about a type of thing one allows,
two block and two allow only, on its permissions or on the whole type.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Group as AuthGroup
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

from accounts.models import Membership, Node, Person, PersonDimension, Principal, Team
from benchmarks.decisions.drawn import CHANNELS, SKILLS, TAGS, TIERS, TITLES, Conditions
from benchmarks.decisions.filling import BATCH, insert, later_indexed, next_id
from benchmarks.decisions.sizes import Size
from cxaccess.jobs import stamps
from cxaccess.lib.conditions import read
from cxaccess.lib.tree import numbered
from permissions.models import (
    Action,
    AttributeDefinition,
    GroupObjectGrant,
    Implication,
    PersonObjectGrant,
    Policy,
    PolicyState,
    PolicyVersion,
    Resource,
    ResourceType,
    Role,
    RoleAction,
    RoleGrant,
    RoleInclude,
    RoleVersion,
    Scope,
    ScopeTerm,
)
from permissions.policies.schema import whole

ACTIONS = ("view", "reply", "edit", "export", "manage")
IMPLIES = (("manage", "edit"), ("manage", "export"), ("edit", "reply"), ("reply", "view"), ("export", "view"))
SYSTEM = "platform"
BRANCHES = {"department": (1, 6, 4), "product_line": (4, 5), "segment": (3, 3, 3)}
CUSTOM: tuple[tuple[str, str, str, Sequence[str]], ...] = (
    ("resource", "tags", "set", TAGS),
    ("resource", "score", "number", ()),
    ("resource", "tier", "choice", TIERS),
    ("subject", "skills", "set", SKILLS),
    ("subject", "level", "number", ()),
)
WINDOW = {
    "stated_from": None, "stated_until": None, "source": "manual", "source_ref": "", "reason": "", "given_by_id": None,
    "ended_by_id": None, "end_reason": "",
}  # fmt: skip


class Organisation:
    """Writes one organisation into an empty instance, all of it in one transaction."""

    def __init__(self, size: Size, seed: int, at: datetime) -> None:
        self.size, self.at, self.rng = size, at, random.Random(seed)
        self.long_ago = at - timedelta(days=900)
        self.nodes: dict[str, list[int]] = {}
        self.actions: dict[str, list[Action]] = {}
        self.scopes: dict[str, int] = {}

    @transaction.atomic
    def write(self) -> None:
        """Write everything; the indexes come last."""
        with later_indexed():
            self.fill()
        stamps.bump(stamps.MODEL)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")

    def fill(self) -> None:
        """Write the rows."""
        for kind, branches in {"region": self.size.branches, **BRANCHES}.items():
            self.nodes[kind] = self.tree(kind, branches)
        self.catalogue()
        self.people = self.write_people()
        self.teams = self.write_teams()
        self.nodes["team"] = [team for team, _principal, _group in self.teams]
        self.memberships()
        self.roles = self.write_roles()
        self.role_grants()
        self.things = self.resources()
        self.object_grants()
        self.policies()

    def tree(self, kind: str, branches: tuple[int, ...]) -> list[int]:
        """Write the nodes of one kind; return their ids, those near the roots first."""
        every: list[int] = []
        parents: dict[int, int | None] = {}
        level: list[int | None] = [None]
        for width in branches:
            rows = [
                Node(kind=kind, code=f"{kind}-{len(every) + n}", name=f"{kind} {len(every) + n}", parent_id=parent)
                for n, parent in enumerate(parent for parent in level for _ in range(width))
            ]
            made = [row.pk for row in Node.objects.bulk_create(rows)]
            parents |= {row.pk: row.parent_id for row in rows}
            level = list(made)
            every += made
        found = Node.objects.in_bulk(every)
        for pk, (lft, rgt, depth) in numbered(parents, every).items():
            found[pk].lft, found[pk].rgt, found[pk].depth = lft, rgt, depth
        Node.objects.bulk_update(found.values(), ["lft", "rgt", "depth"])
        return every

    def catalogue(self) -> None:
        """Write types with their permissions, and custom attributes."""
        content = ContentType.objects.get_for_model(Resource)
        for number in range(self.size.types):
            key = f"thing{number}"
            kind = ResourceType.objects.create(key=key, label=key, plural=key, area="Platform", position=100 + number)
            made = {}
            for name in ACTIONS:
                twin = Permission.objects.create(content_type=content, codename=f"{key}_{name}", name=f"{key}.{name}")
                made[name] = Action.objects.create(
                    type=kind, name=name, key=f"{key}.{name}", label=name, auth_permission=twin
                )
            Implication.objects.bulk_create(
                Implication(action=made[action], implies=made[implied]) for action, implied in IMPLIES
            )
            self.actions[key] = list(made.values())
        self.type_ids = dict(ResourceType.objects.values_list("key", "pk"))
        for entity, name, type_, choices in CUSTOM:
            listed = [{"value": value, "label": value} for value in choices]
            AttributeDefinition.objects.create(
                entity=entity, name=name, label=name, type=type_, choices=listed, created_at=self.at
            )

    def write_people(self) -> list[tuple[int, int]]:
        """Write people and what they answer for; return (id, principal)."""
        first = next_id(Principal)
        principals = range(first, first + self.size.people)
        insert(
            Principal,
            ("id", "kind", "label", "auth_group_id"),
            ((n, "person", f"Person {n}", None) for n in principals),
        )
        start = next_id(Person)
        people = [(start + n, principal) for n, principal in enumerate(principals)]
        columns = (
            "id", "principal_id", "name", "title", "region_id", "department_id", "clearance", "custom", "state",
            "employed_from", "created_at", "manager_id",
        )  # fmt: skip
        insert(Person, columns, (self.person(pk, principal, start) for pk, principal in people))
        rows = (row for pk, _principal in people for row in self.dimensions(pk))
        insert(PersonDimension, ("person_id", "node_id", "starts_at", "until"), rows)
        return people

    def person(self, pk: int, principal: int, first: int) -> tuple[Any, ...]:
        rng = self.rng
        custom: dict[str, Any] = {"level": rng.randrange(1, 8)} if rng.random() < 0.9 else {}
        if rng.random() < 0.9:
            custom["skills"] = sorted(rng.sample(SKILLS, rng.randrange(1, 4)))
        state = "active" if rng.random() < 0.96 else "left"
        manager = None if pk == first else rng.randrange(max(first, pk - 500), pk)
        joined = date(2021, 1, 1) + timedelta(days=rng.randrange(1900))
        return (
            pk, principal, f"Person {principal}", rng.choice(TITLES), rng.choice(self.nodes["region"]),
            rng.choice(self.nodes["department"]), rng.choice((None, 1, 2, 3, 3, 4, 4)), custom, state, joined,
            self.long_ago, manager,
        )  # fmt: skip

    def dimensions(self, person: int) -> Iterator[tuple[Any, ...]]:
        for kind, most in (("region", 3), ("product_line", 3), ("segment", 2)):
            for node in self.rng.sample(self.nodes[kind], self.rng.randrange(0, most + 1)):
                yield (person, node, *self.window())

    def window(self) -> tuple[datetime, datetime | None]:
        """Return when something begins and ends: most of it runs, some is over, some begins later."""
        drawn = self.rng.random()
        if drawn < 0.75:
            return self.at - timedelta(days=self.rng.randrange(10, 800)), None
        begins = -60 if drawn < 0.95 else 30
        ends = -5 if drawn < 0.85 else 90
        return self.at + timedelta(days=begins), self.at + timedelta(days=ends)

    def standing(self, kind: str, label: str, **places: Any) -> Resource:
        """Return the resource, not yet written, that stands for a team or a role."""
        return Resource(
            type_id=self.type_ids[kind], system="cxaccess", external_id=f"{kind}-{label}", name=label,
            created_at=self.long_ago, **places,
        )  # fmt: skip

    def write_teams(self) -> list[tuple[int, int, int]]:
        """Write teams, each under one of those before it or under none; return (id, principal, auth group)."""
        count, rng = self.size.teams, self.rng
        groups = AuthGroup.objects.bulk_create([AuthGroup(name=f"bench-{n}") for n in range(count)], BATCH)
        principals = Principal.objects.bulk_create(
            [Principal(kind="team", label=f"Team {n}", auth_group=group) for n, group in enumerate(groups)], BATCH
        )
        stands = Resource.objects.bulk_create(
            [
                self.standing(
                    "team", f"Team {n}", region_id=rng.choice(self.nodes["region"]),
                    department_id=rng.choice(self.nodes["department"]),
                )
                for n in range(count)
            ],
            BATCH,
        )  # fmt: skip
        first = next_id(Team)
        teams = [
            Team(
                pk=first + n, principal=principal, resource=stand,
                parent_id=self.parent(first, n),
            )
            for n, (principal, stand) in enumerate(zip(principals, stands, strict=True))
        ]  # fmt: skip
        Team.objects.bulk_create(teams, BATCH)
        for team, stand in zip(teams, stands, strict=True):
            stand.object_kind, stand.object_id, stand.owner_team_id = "team", team.pk, team.pk
        Resource.objects.bulk_update(stands, ["object_kind", "object_id", "owner_team"], 500)
        return [(team.pk, team.principal_id, group.pk) for team, group in zip(teams, groups, strict=True)]

    def parent(self, first: int, number: int) -> int | None:
        """Return under which team one is: one of those before it, or none."""
        if number <= 3 or self.rng.random() >= 0.8:
            return None
        return first + self.rng.randrange(max(0, number // 6), max(1, number // 3))

    def memberships(self) -> None:
        """Put everybody in a team, some in more."""
        rows = (
            (person, self.rng.choice(self.teams)[1], "lead" if self.rng.random() < 0.05 else "member", *self.window())
            for person, _principal in self.people
            for _ in range(self.rng.choice((1, 1, 1, 2, 3)))
        )
        insert(Membership, ("person_id", "principal_id", "part", "starts_at", "until"), rows, WINDOW)

    def write_roles(self) -> list[int]:
        """Write roles, each of the permissions of one type or two; some include one of those before."""
        rng, kinds = self.rng, list(self.actions)
        stands = Resource.objects.bulk_create([self.standing("role", f"Role {n}") for n in range(self.size.roles)])
        roles = Role.objects.bulk_create(
            [
                Role(key=f"role-{n}", name=f"Role {n}", purpose="Measured", resource=stand, created_at=self.long_ago)
                for n, stand in enumerate(stands)
            ]
        )
        versions = RoleVersion.objects.bulk_create(
            [RoleVersion(role=role, number=1, made_by=None, at=self.long_ago) for role in roles]
        )
        held, included = [], []
        for number, (role, version) in enumerate(zip(roles, versions, strict=True)):
            role.current = version
            for kind in {kinds[number % len(kinds)], rng.choice(kinds)}:
                held += [RoleAction(version=version, action=one) for one in rng.sample(self.actions[kind], 2)]
            if number and rng.random() < 0.3:
                included.append(RoleInclude(version=version, role=rng.choice(roles[:number])))
        RoleAction.objects.bulk_create(held)
        RoleInclude.objects.bulk_create(included)
        Role.objects.bulk_update(roles, ["current"], 500)
        for role, stand in zip(roles, stands, strict=True):
            stand.object_kind, stand.object_id = "role", role.pk
        Resource.objects.bulk_update(stands, ["object_kind", "object_id"], 500)
        return [role.pk for role in roles]

    def scope(self) -> int:
        """Return a scope: everywhere, or limited by one thing or two."""
        kinds = self.rng.choice(
            ((), ("region",), ("region",), ("region", "department"), ("department",), ("team",), ("product_line",),
             ("segment",), ("region", "segment"))
        )  # fmt: skip
        if not kinds and self.rng.random() < 0.7:
            kinds = ("region",)
        terms = {}
        for kind in kinds:
            nodes = self.nodes[kind]
            terms[kind] = self.rng.choice(nodes[: max(8, len(nodes) // 3)])
        digest = Scope.digest_of(terms)
        if digest not in self.scopes:
            found, _ = Scope.objects.get_or_create(digest=digest)
            ScopeTerm.objects.bulk_create(
                ScopeTerm(scope=found, dimension=kind, ref_id=ref) for kind, ref in terms.items()
            )
            self.scopes[digest] = found.pk
        return self.scopes[digest]

    def role_grants(self) -> None:
        """Give each team three roles, and each person one or two."""
        holders = [principal for _team, principal, _group in self.teams for _ in range(3)]
        holders += [principal for _person, principal in self.people for _ in range(self.rng.choice((0, 1, 1, 2)))]
        rows = (
            (holder, self.rng.choice(self.roles), self.scope(), *self.window(), self.long_ago) for holder in holders
        )
        columns = ("principal_id", "role_id", "scope_id", "starts_at", "until", "given_at")
        insert(RoleGrant, columns, rows, {**WINDOW, "mode": "active"})

    def resources(self) -> range:
        """Write the things of the platform."""
        first = next_id(Resource)
        found = range(first, first + self.size.resources)
        columns = (
            "id", "type_id", "external_id", "name", "region_id", "department_id", "product_line_id", "segment_id",
            "channel", "sensitivity", "owner_id", "owner_team_id", "system", "custom", "created_at", "archived_at",
        )  # fmt: skip
        kinds = list(self.actions)
        insert(Resource, columns, (self.thing(pk, kinds[pk % len(kinds)]) for pk in found))
        return found

    def thing(self, pk: int, kind: str) -> tuple[Any, ...]:
        rng, nodes = self.rng, self.nodes
        custom: dict[str, Any] = {}
        if rng.random() < 0.7:
            custom = {"tags": rng.sample(TAGS, rng.randrange(0, 4)), "score": rng.randrange(100)}
            custom["tier"] = rng.choice(TIERS)
        return (
            pk, self.type_ids[kind], f"thing-{pk}", f"Thing {pk}",
            rng.choice(nodes["region"]) if rng.random() < 0.95 else None, rng.choice(nodes["department"]),
            rng.choice(nodes["product_line"]) if rng.random() < 0.7 else None,
            rng.choice(nodes["segment"]) if rng.random() < 0.6 else None,
            rng.choice(("", *CHANNELS)), rng.choice((1, 2, 2, 3, 4)),
            rng.choice(self.people)[0] if rng.random() < 0.5 else None,
            rng.choice(self.teams)[0] if rng.random() < 0.8 else None,
            f"system-{pk % 3}", custom, self.at - timedelta(minutes=rng.randrange(60 * 24 * 800)),
            self.at - timedelta(days=3) if rng.random() < 0.01 else None,
        )  # fmt: skip

    def object_grants(self) -> None:
        """Give permissions on single things, one in seven to a team."""
        shared = self.size.object_grants // 7
        mine = self.size.object_grants - shared
        columns = ("permission_id", "content_object_id", "starts_at", "until", "given_at")
        for model, holder, holders, many in (
            (PersonObjectGrant, "user_id", [person for person, _principal in self.people], mine),
            (GroupObjectGrant, "group_id", [group for _team, _principal, group in self.teams], shared),
        ):
            rows = ((self.rng.choice(holders), *self.held()) for _ in range(many))
            insert(model, (holder, *columns), rows, WINDOW)

    def held(self) -> tuple[Any, ...]:
        thing, kinds = self.rng.choice(self.things), list(self.actions)
        action = self.rng.choice(self.actions[kinds[thing % len(kinds)]])
        return (action.auth_permission_id, thing, *self.window(), self.long_ago)

    def policies(self) -> None:
        """Put policies in force, the same number about each type."""
        drawn, known, kinds = Conditions(self.rng, self.nodes), whole(), list(self.actions)
        for number in range(self.size.policies):
            effect, condition = drawn.policy(number)
            read(condition, known)  # nothing here that a screen would refuse
            kind = kinds[number % len(kinds)]
            targets: dict[str, list[Any]] = {"permissions": [], "types": [kind]}
            if self.rng.random() < 0.5:
                some = self.rng.sample(self.actions[kind], 2)
                targets = {"permissions": [action.key for action in some], "types": []}
            if self.rng.random() < 0.2:
                targets["teams"] = self.rng.sample(self.nodes["team"], max(2, len(self.teams) // 4))
            policy = Policy.objects.create(name=f"Policy {number}", purpose="Measured", created_at=self.long_ago)
            version = PolicyVersion.objects.create(
                policy=policy, number=1, effect=effect, targets=targets, condition=condition, at=self.long_ago
            )
            policy.current = version
            policy.save(update_fields=["current"])
            PolicyState.objects.create(policy=policy, version=version, stage="enforced", starts_at=self.long_ago)


def counted() -> dict[str, int]:
    """Return how many rows of each kind there are."""
    labels = {
        "people": "accounts.Person", "teams": "accounts.Team", "roles": "permissions.Role",
        "resources": "permissions.Resource", "policies": "permissions.Policy", "role_grants": "permissions.RoleGrant",
    }  # fmt: skip
    found = {name: apps.get_model(label)._default_manager.count() for name, label in labels.items()}
    found["object_grants"] = PersonObjectGrant.objects.count() + GroupObjectGrant.objects.count()
    return found
