"""Changes drawn at random, each through the use case that the console makes it by: for test_interleavings."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from accounts.models import Membership, Node, Person, PersonState, Team
from accounts.people import services as people
from accounts.teams import memberships
from accounts.teams import services as teams
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions.grants import scopes
from permissions.grants import services as grants
from permissions.models import Action, Policy, Resource, Role, RoleGrant
from permissions.objects import services as objects
from permissions.policies import services as policies
from permissions.policies.wording import Wording
from permissions.resources import services as resources
from permissions.roles import services as roles
from tests import world
from tests.cast import Cast

ACTIONS = ("feedback.view", "feedback.export")
TITLES = ("", "Agent", "Care lead")
WHY = "So it was drawn"


@dataclass
class Changes:
    """Whom and what changes are about, and what was given so far. `done` counts what was changed."""

    chance: random.Random
    by: Person
    people: list[Person]
    teams: list[Team]
    regions: list[Node]
    things: list[Resource]
    roles: list[Role]
    policies: list[Policy]
    given: list[Any] = field(default_factory=list)
    on: list[Any] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    waiting: list[Callable[[], Any]] = field(default_factory=list)

    def one(self) -> str:
        """Make one change, and return which. What a use case refuses is none, so another is drawn."""
        while True:
            if not self.waiting:
                self.waiting = [
                    self.give, self.give, self.end, self.move_end, self.suspend_or_back, self.member, self.member,
                    self.role_version, self.role_version, self.policy, self.policy, self.move_thing, self.move_thing,
                    self.person, self.give_on, self.end_on, self.move_team, self.archive,
                ]  # fmt: skip
                self.chance.shuffle(self.waiting)
            change = self.waiting.pop()
            try:
                made = change()
            except Refused:
                continue
            if made:
                self.done[change.__name__] += 1
                return change.__name__

    def pick(self, rows: Any) -> Any:
        return self.chance.choice(list(rows))

    def give(self) -> Any:
        to, role = self.pick([*self.people, *self.teams]), self.pick(self.roles)
        terms = self.pick([{}, {"region": self.pick(self.regions).pk}, {"team": self.pick(self.teams).pk}])
        until = self.pick([None, clock.now() + timedelta(days=30)])
        self.given.append(
            grants.give_role(
                self.by, principal=to.principal, role=Role.objects.get(pk=role.pk), scope=scopes.intern(terms),
                starts_at=None, until=until, reason=WHY, at=clock.now(),
            )
        )  # fmt: skip
        return True

    def end(self) -> Any:
        if not self.given:
            return None
        grant = self.given.pop(self.chance.randrange(len(self.given)))
        return grants.end_grant(self.by, grant=RoleGrant.objects.get(pk=grant.pk), reason=WHY, at=clock.now())

    def move_end(self) -> Any:
        if not self.given:
            return None
        until = clock.now() + timedelta(days=self.chance.randrange(1, 90), microseconds=self.chance.randrange(1000))
        return grants.change_end(self.by, grant=self.pick(self.given), until=until, reason=WHY, at=clock.now())

    def suspend_or_back(self) -> Any:
        person = Person.objects.get(pk=self.pick(self.people).pk)
        change = people.suspend if person.state == PersonState.ACTIVE else people.reactivate
        return change(self.by, person=person, reason=WHY, at=clock.now())

    def member(self) -> Any:
        person, team = self.pick(self.people), self.pick(self.teams)
        at = clock.now()
        row = Membership.objects.in_force(at).filter(person=person, principal=team.principal).first()
        if row is not None:
            return memberships.end_membership(self.by, membership=row, reason=WHY, at=at)
        return memberships.add_member(self.by, team=team, person=person, reason=WHY, at=at)

    def role_version(self) -> Any:
        role = Role.objects.get(pk=self.pick(self.roles).pk)
        actions = {action for action in (*ACTIONS, "ticket.reply") if self.chance.random() < 0.5}
        return roles.save_version(
            self.by, role=role, row_version=role.row_version, actions=actions, includes=[], note="", at=clock.now()
        )

    def policy(self) -> Any:
        policy = Policy.objects.get(pk=self.pick(self.policies).pk)
        if policy.retired_at is not None:
            policy = policies.reopen_policy(self.by, policy=policy, row_version=policy.row_version, at=clock.now())
        elif self.chance.random() < 0.4:
            return policies.retire_policy(
                self.by, policy=policy, row_version=policy.row_version, reason=WHY, at=clock.now()
            )
        policies.save_version(
            self.by, policy=policy, row_version=policy.row_version, says=self.wording(), note="", at=clock.now()
        )
        policy = Policy.objects.get(pk=policy.pk)
        return policies.enforce_policy(
            self.by, policy=policy, row_version=policy.row_version, reason=WHY, at=clock.now()
        )

    def wording(self) -> Wording:
        """Return a wording about some of these people, places or titles."""
        condition = self.pick(
            [
                {"attribute": "subject.title", "operator": "equals", "value": self.pick(TITLES[1:])},
                {"attribute": "resource.region", "operator": "within", "value": [self.pick(self.regions).pk]},
                {"attribute": "resource.region", "operator": "within", "other": "subject.region"},
            ]
        )
        effect = self.pick(["allow", "block", "only"])
        to = [{}, {"teams": [self.pick(self.teams).pk]}]
        if effect == "allow":  # what limits names no role
            to.append({"roles": [self.pick(self.roles).pk]})
        return Wording(effect, {"permissions": [self.pick(ACTIONS)], **self.pick(to)}, condition, [])

    def move_thing(self) -> Any:
        thing = Resource.objects.select_related("type").get(pk=self.pick(self.things).pk)
        name, rows = self.pick([("region", self.regions), ("owner_team", self.teams)])
        place = {name: self.pick([row for row in rows if row.pk != getattr(thing, f"{name}_id")])}
        return resources.edit_resource(
            self.by, resource=thing, row_version=thing.row_version, changes=place, at=clock.now()
        )

    def person(self) -> Any:
        person = Person.objects.get(pk=self.pick(self.people).pk)
        changes = self.pick([{"title": self.pick(TITLES)}, {"region": self.pick(self.regions)}])
        before = person.row_version
        found = people.edit_person(self.by, person=person, row_version=before, changes=changes, at=clock.now())
        return found.row_version != before

    def give_on(self) -> Any:
        to, thing = self.pick([*self.people, *self.teams]), self.pick(self.things)
        self.on.append(
            objects.give_on(
                self.by, principal=to.principal, action=Action.objects.get(key=self.pick(ACTIONS)), resource=thing,
                starts_at=None, until=None, reason=WHY, at=clock.now(),
            )
        )  # fmt: skip
        return True

    def end_on(self) -> Any:
        if not self.on:
            return None
        grant = self.on.pop(self.chance.randrange(len(self.on)))
        return objects.end_grant(self.by, grant=type(grant).objects.get(pk=grant.pk), reason=WHY, at=clock.now())

    def move_team(self) -> Any:
        team, under = Team.objects.get(pk=self.pick(self.teams).pk), self.pick([None, *self.teams])
        if team.parent_id == (under.pk if under else None):
            return None
        return teams.move_team(self.by, team=team, row_version=team.row_version, parent=under, at=clock.now())

    def archive(self) -> Any:
        number = Team.objects.count()
        team = teams.create_team(self.by, name=f"Task force {number}", parent=self.pick(self.teams), at=clock.now())
        return teams.archive_team(self.by, team=team, reason=WHY, at=clock.now())


def drawn(cast: Cast, seed: int, *, crowd: int) -> Changes:
    """Return changes to Kestrel Home, drawn by `seed`: to `crowd` people, and to things and policies its cast lacks."""
    regions, owners = [cast.emea, cast.dach, cast.germany, cast.mena], [cast.care_emea, cast.care_dach, None]
    more = [
        world.resource(f"Reviews {number}", "feedback", region=regions[number], owner_team=owners[number % 3])
        for number in range(4)
    ]
    found = Changes(
        random.Random(seed),
        cast.priya,
        [
            *(cast.maya, cast.ali, cast.chiara, cast.jonas, cast.ivy),
            *(world.person(f"Drawn {number}", region=regions[number % 4]) for number in range(crowd - 5)),
        ],
        [cast.care_emea, cast.care_dach, cast.insights_dach],
        regions,
        sorted([cast.german_reviews, cast.mena_reviews, *more], key=lambda row: row.pk),
        [cast.feedback_reader, cast.analyst, world.role("Exporter", {"feedback.export"})],
        [],
    )
    world.give(cast.priya, world.role("Everything", Action.objects.values_list("key", flat=True)))
    found.policies += [
        policies.create_policy(
            cast.priya, name=f"Drawn {number}", purpose="To be tested", owner=cast.priya, says=found.wording(),
            at=clock.now(),
        )
        for number in range(3)
    ]  # fmt: skip
    return found
