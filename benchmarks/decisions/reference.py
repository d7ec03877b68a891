"""The slow reference: the oracle of the tests over the rows that name the people and things asked about.

It shares nothing with the engine: conditions are JSON and every question loops over rows.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Membership, Node, Person, PersonDimension, Team
from cxaccess.jobs import settings as instance
from permissions.models import (
    Action,
    GroupObjectGrant,
    Implication,
    PersonObjectGrant,
    PolicyState,
    Resource,
    Role,
    RoleAction,
    RoleGrant,
    RoleInclude,
    ScopeTerm,
)
from tests.policy_oracle import PolicyOracle

DIMENSIONS = {"territories": "region", "product_lines": "product_line", "segments": "segment"}


class Reference(PolicyOracle):
    """Knows some people and things, and everything about them."""

    def __init__(
        self, people: Collection[int], things: Collection[int], at: datetime
    ) -> None:  # not all rows: a million
        self.at, self.zone = at, ZoneInfo(str(instance.get(instance.TIME_ZONE)))
        self.people = list(Person.objects.filter(pk__in=people))
        self.teams = {team.pk: team for team in Team.objects.select_related("resource")}
        self.team_of = {team.principal_id: team.pk for team in self.teams.values()}
        self.nodes = {node.pk: node for node in Node.objects.all()}
        mine = Membership.objects.filter(person__in=people).select_related("principal")
        self.of: dict[int, list[Membership]] = defaultdict(list)
        for row in mine:
            self.of[row.person_id].append(row)
        self.roles = {role.pk: role for role in Role.objects.select_related("resource")}
        principals = {person.principal_id for person in self.people} | self.team_of.keys()
        self.by_principal: dict[int, list[RoleGrant]] = defaultdict(list)
        for row in RoleGrant.objects.filter(principal__in=principals):
            self.by_principal[row.principal_id].append(row)
        self.terms_of: dict[int, list[ScopeTerm]] = defaultdict(list)
        for term in ScopeTerm.objects.all():
            self.terms_of[term.scope_id].append(term)
        self.actions = list(RoleAction.objects.select_related("action"))
        self.includes = list(RoleInclude.objects.all())
        self.grants: list[RoleGrant] = []  # no drawn policy is about those who hold a role
        self.on: dict[int, list[Any]] = defaultdict(list)
        for model, holder in ((PersonObjectGrant, "user"), (GroupObjectGrant, "group__principal")):
            rows = model.objects.filter(content_object__in=things)
            for row in rows.select_related(holder, "permission__catalogue_action"):
                self.on[row.content_object_id].append(row)
        self.implied: dict[str, list[str]] = defaultdict(list)
        for row in Implication.objects.select_related("action", "implies"):
            self.implied[row.action.key].append(row.implies.key)
        self.states = list(PolicyState.objects.select_related("version").filter(stage="enforced"))
        for state in self.states:  # one about a type is about each of its permissions
            targets = state.version.targets
            of_types = Action.objects.filter(type__key__in=targets["types"]).values_list("key", flat=True)
            targets["permissions"] = [*targets["permissions"], *of_types]
        self.dimensions_of: dict[int, list[PersonDimension]] = defaultdict(list)
        for held in PersonDimension.objects.select_related("node").filter(person__in=people):
            self.dimensions_of[held.person_id].append(held)
        self.told: dict[tuple[int, str], list[Any]] = {}  # the policies about a person and an action

    def may(self, person: Person, action: str, thing: Any, at: datetime) -> bool:
        """Return whether grants allow it: those of every principal that reaches the person."""
        grants = (grant for principal in self.reached(person, at) for grant in self.by_principal[principal])
        return any(self.allows(grant, person, action, thing, at) for grant in grants) or any(
            self.allows_on(grant, person, action, thing, at) for grant in self.on[thing.pk]
        )

    def decide(self, person: Person, action: str, thing: Any, at: datetime, context: dict[str, Any]) -> bool:
        """Return the answer; to a thing that is put away nothing is done."""
        gone = isinstance(thing, Resource) and thing.archived_at is not None
        return not gone and super().decide(person, action, thing, at, context)

    def reached(self, person: Person, at: datetime) -> set[int]:
        """Return the principals that reach the person, climbing team by team."""
        found = {person.principal_id}
        for row in self.of[person.pk]:
            team = self.teams.get(self.team_of.get(row.principal_id, 0)) if self.runs(row, at) else None
            while team is not None and team.archived_at is None:
                found.add(team.principal_id)
                team = self.teams.get(team.parent_id or 0)
        return found

    def reaches(self, principal: int, person: Person, at: datetime) -> bool:
        return principal in self.reached(person, at)

    def allows(self, grant: RoleGrant, person: Person, action: str, thing: Any, at: datetime) -> bool:
        return (
            grant.mode == "active"
            and self.runs(grant, at)
            and self.gives(self.roles[grant.role_id], action)
            and all(
                any(
                    self.is_under(place, term.ref_id, term.dimension)
                    for place in self.places(thing, term.dimension, at)
                )
                for term in self.terms_of[grant.scope_id]
            )
        )

    def about(self, person: Person, action: str, at: datetime) -> list[Any]:
        found = self.told.get((person.pk, action))
        if found is None:
            found = self.told[person.pk, action] = super().about(person, action, at)
        return found

    def brings(self, held: str, action: str) -> bool:
        return held == action or any(self.brings(implied, action) for implied in self.implied[held])

    def facts(self, person: Person, thing: Any, at: datetime, context: dict[str, Any]) -> dict[str, Any]:
        """Return what the drawn conditions read; a set with nothing in it is missing."""
        found = {
            "subject.person": person.pk, "subject.region": person.region_id, "subject.title": person.title,
            "subject.department": person.department_id, "subject.clearance": person.clearance,
            "subject.state": person.state, "subject.employed_from": person.employed_from, "context.at": at,
        }  # fmt: skip
        for name, kind in DIMENSIONS.items():
            held = self.dimensions_of[person.pk]
            found[f"subject.{name}"] = [row.node_id for row in held if row.node.kind == kind and self.runs(row, at)]  # type: ignore[arg-type]  # it has a window
        teams = [self.team_of.get(row.principal_id) for row in self.of[person.pk] if self.runs(row, at)]
        found["subject.teams"] = [team for team in teams if team is not None]
        found |= {f"subject.custom.{name}": value for name, value in person.custom.items()}
        if thing is not None:
            found |= self.facts_of(thing)
        return found | context

    def facts_of(self, thing: Resource) -> dict[str, Any]:
        """Return what conditions read of a thing."""
        return {
            "resource.region": thing.region_id, "resource.department": thing.department_id,
            "resource.product_line": thing.product_line_id, "resource.segment": thing.segment_id,
            "resource.teams": [] if thing.owner_team_id is None else [thing.owner_team_id],
            "resource.owner": thing.owner_id, "resource.sensitivity": thing.sensitivity,
            "resource.channel": thing.channel, "resource.system": thing.system,
            "resource.created_at": thing.created_at,
            **{f"resource.custom.{name}": value for name, value in thing.custom.items()},
        }  # fmt: skip

    def moment(self, value: Any, like: Any) -> Any:
        """Return a stated day or moment; one so many days from now as the beginning of that day."""
        if isinstance(value, dict):
            day = self.at.astimezone(self.zone).date() + timedelta(days=value["days_from_now"])
            return datetime.combine(day, time(), self.zone) if isinstance(like, datetime) else day
        if not isinstance(value, str):
            return value
        return datetime.fromisoformat(value) if isinstance(like, datetime) else date.fromisoformat(value)

    def _before(self, left: Any, right: Any, _key: str) -> bool:
        return left < self.moment(right, left)

    def _after(self, left: Any, right: Any, _key: str) -> bool:
        return left > self.moment(right, left)

    def _between(self, left: Any, right: Any, _key: str) -> bool:
        return self.moment(right[0], left) <= left <= self.moment(right[1], left)

    def _less(self, left: Any, right: Any, _key: str) -> bool:
        return left < right

    def _more(self, left: Any, right: Any, _key: str) -> bool:
        return left > right

    def _within(self, left: Any, right: Any, key: str) -> bool:
        tops, places = (one if isinstance(one, list) else [one] for one in (right, left))
        tree = "team" if key.endswith("teams") else "region"
        return any(self.is_under(place, top, tree) for place in places for top in tops)
