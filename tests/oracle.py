"""What the engine should say, worked out the slow and plain way: loops over rows, nothing shared with the engine.

It knows the present and any moment at which nothing but windows differs from now.
"""

from datetime import datetime

from django.db import models

from accounts.models import Membership, Node, Person, Team
from permissions.models import (
    GroupObjectGrant,
    Implication,
    PersonObjectGrant,
    Resource,
    Role,
    RoleAction,
    RoleGrant,
    RoleInclude,
    ScopeTerm,
)

ObjectGrant = PersonObjectGrant | GroupObjectGrant

COLUMNS = ("region", "department", "product_line", "segment")


class Oracle:
    """Reads every row once and answers from them."""

    def __init__(self) -> None:
        self.people = list(Person.objects.all())
        self.teams = {team.pk: team for team in Team.objects.select_related("resource")}
        self.nodes = {node.pk: node for node in Node.objects.all()}
        self.memberships = list(Membership.objects.select_related("principal"))
        self.roles = {role.pk: role for role in Role.objects.select_related("resource")}
        self.grants = list(RoleGrant.objects.select_related("principal"))
        self.terms = list(ScopeTerm.objects.all())
        self.actions = list(RoleAction.objects.select_related("action"))
        self.includes = list(RoleInclude.objects.all())
        self.objects = [
            *PersonObjectGrant.objects.select_related("user", "permission__catalogue_action"),
            *GroupObjectGrant.objects.select_related("group__principal", "permission__catalogue_action"),
        ]
        self.implications = list(Implication.objects.select_related("action", "implies"))

    def may(self, person: Person, action: str, thing: models.Model, at: datetime) -> bool:
        """Return whether `person` may do `action` to `thing` at `at`."""
        if person.state != "active" or action.split(".", maxsplit=1)[0] != self.type_of(thing):
            return False
        if isinstance(thing, RoleGrant) and thing.given_at > at:
            return False  # nobody had given it yet
        return any(self.allows(grant, person, action, thing, at) for grant in self.grants) or any(
            self.allows_on(grant, person, action, thing, at) for grant in self.objects
        )

    def allows_on(self, grant: ObjectGrant, person: Person, action: str, thing: models.Model, at: datetime) -> bool:
        holder = grant.user if isinstance(grant, PersonObjectGrant) else grant.group.principal
        return (
            self.runs(grant, at)
            and self.reaches(getattr(holder, "principal_id", holder.pk), person, at)
            and self.brings(grant.permission.catalogue_action.key, action)
            and grant.content_object_id == self.resource_of(thing)
        )

    def resource_of(self, thing: models.Model) -> int | None:
        """Return the resource that `thing` is, or that stands for it."""
        return thing.pk if isinstance(thing, Resource) else getattr(thing, "resource_id", None)

    def allows(self, grant: RoleGrant, person: Person, action: str, thing: models.Model, at: datetime) -> bool:
        return (
            grant.mode == "active"
            and self.runs(grant, at)
            and self.reaches(grant.principal_id, person, at)
            and self.gives(self.roles[grant.role_id], action)
            and all(
                any(
                    self.is_under(place, term.ref_id, term.dimension)
                    for place in self.places(thing, term.dimension, at)
                )
                for term in self.terms
                if term.scope_id == grant.scope_id
            )
        )

    def type_of(self, thing: models.Model) -> str:
        names = {Person: "person", Team: "team", Role: "role", RoleGrant: "grant"}
        return thing.type.key if isinstance(thing, Resource) else names[type(thing)]

    def runs(self, row: Membership | RoleGrant | ObjectGrant, at: datetime) -> bool:
        return row.starts_at <= at and (row.until is None or row.until > at)

    def reaches(self, principal: int, person: Person, at: datetime) -> bool:
        if principal == person.principal_id:
            return True
        mine = [row.principal_id for row in self.memberships if row.person_id == person.pk and self.runs(row, at)]
        return any(self.is_at_or_above(principal, team) for team in self.teams.values() if team.principal_id in mine)

    def is_at_or_above(self, principal: int, team: Team) -> bool:
        if team.archived_at is not None:
            return False
        if team.principal_id == principal:
            return True
        return team.parent_id is not None and self.is_at_or_above(principal, self.teams[team.parent_id])

    def gives(self, role: Role, action: str) -> bool:
        if role.retired_at is not None:
            return False
        own = [row.action.key for row in self.actions if row.version_id == role.current_id]
        if any(self.brings(held, action) for held in own):
            return True
        inner = [row.role_id for row in self.includes if row.version_id == role.current_id]
        return any(self.gives(self.roles[pk], action) for pk in inner)

    def brings(self, held: str, action: str) -> bool:
        if held == action:
            return True
        return any(self.brings(row.implies.key, action) for row in self.implications if row.action.key == held)

    def places(self, thing: models.Model, dimension: str, at: datetime) -> list[int]:
        """Return where `thing` is in `dimension`."""
        if isinstance(thing, RoleGrant):
            people = [one for one in self.people if one.principal_id == thing.principal_id]
            teams = [team for team in self.teams.values() if team.principal_id == thing.principal_id]
            return self.places((people + teams)[0], dimension, at)
        if dimension == "team":
            return self.teams_at(thing, at)
        found = getattr(self.holder(thing), f"{dimension}_id", None) if dimension in COLUMNS else None
        return [] if found is None else [found]

    def holder(self, thing: models.Model) -> models.Model:
        return thing if isinstance(thing, Person | Resource) else thing.resource

    def teams_at(self, thing: models.Model, at: datetime) -> list[int]:
        if isinstance(thing, Team):
            return [thing.pk]
        if isinstance(thing, Person):
            rows = [row for row in self.memberships if row.person_id == thing.pk and self.runs(row, at)]
            return [team.pk for team in self.teams.values() for row in rows if row.principal_id == team.principal_id]
        owner = self.holder(thing).owner_team_id
        return [] if owner is None else [owner]

    def is_under(self, place: int | None, top: int, dimension: str) -> bool:
        tree = self.teams if dimension == "team" else self.nodes
        while place is not None:
            if place == top:
                return True
            place = tree[place].parent_id
        return False
