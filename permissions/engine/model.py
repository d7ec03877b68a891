"""The model that everybody's decisions share: roles, implications, trees. Built once per change."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from heapq import heappop, heappush
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

from cxaccess.lib.clock import start_of_day
from cxaccess.lib.conditions.evaluation import World
from cxaccess.lib.conditions.schema import Schema
from cxaccess.lib.conditions.tree import Leaf, attributes_of, leaves
from cxaccess.lib.tree import ancestors
from permissions.engine.combine import Policy
from permissions.engine.policies import Rule
from permissions.engine.types import Scope, Target

MAX_PATHS = 100  # per grant; a longer list explains nothing more
MAX_WAYS = 5_000  # pairs of a role and a permission of which the ways are kept
Way = tuple[tuple[int, ...], tuple[str, ...]]  # roles, the outer one first, and permissions


@dataclass(frozen=True, slots=True)
class Role:
    """A role's current version: what it holds itself, and which roles it includes."""

    id: int
    actions: frozenset[str]
    includes: tuple[int, ...] = ()


@dataclass(frozen=True)
class Model:
    """Roles, the implications of actions, the trees of places and of teams.

    `implies` maps every known action to what it implies directly. `parents` maps a dimension to {id: parent};
    the dimension "team" has team ids. `team_principals` maps a team's id to its principal's. What was granted to a
    principal in `closed` (an archived team's or group's) reaches nobody, and nothing from above reaches anybody
    through it. `policies` are in force; those in `recording` are judged beside them and enforce nothing. `zone` is the
    one whose days count in their conditions. `types` are the numbers of the types of things, by their keys.
    """

    roles: Mapping[int, Role]
    implies: Mapping[str, frozenset[str]]
    parents: Mapping[str, Mapping[int, int | None]]
    team_principals: Mapping[int, int]
    policies: tuple[Policy, ...] = ()
    closed: frozenset[int] = frozenset()
    recording: tuple[Policy, ...] = ()
    zone: str = "UTC"
    types: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def is_ruled(self) -> bool:
        """Return whether there are policies, in force or recorded."""
        return bool(self.policies or self.recording)

    @cached_property
    def schema(self) -> Schema:
        """Return the attributes that policies know."""
        known = (getattr(policy, "schema", None) for policy in (*self.policies, *self.recording))
        return next((found for found in known if found is not None), Schema(()))

    @cached_property
    def judging(self) -> Mapping[str, tuple[Policy, ...]]:
        """Return {action: the policies in force that are about it}; an action that none is about has no key."""
        return _by_action(self.policies)

    @cached_property
    def momentary(self) -> Mapping[str, tuple[tuple[Leaf, Schema], ...]]:
        """Return {action: the comparisons of policies in force about it that read the moment of asking}."""
        return {
            action: tuple(
                (leaf, policy.schema)
                for policy in about
                if isinstance(policy, Rule) and policy.condition is not None
                for leaf in leaves(policy.condition)
                if any(is_momentary(key) for key in attributes_of(leaf))
            )
            for action, about in self.judging.items()
        }

    @cached_property
    def watching(self) -> Mapping[str, tuple[Policy, ...]]:
        """Return {action: the policies being recorded that are about it, or whose enforced version is}."""
        enforced = {policy.policy: policy.actions for policy in self.policies}
        found: dict[str, tuple[Policy, ...]] = {}
        for policy in self.recording:
            for action in policy.actions | enforced.get(policy.policy, frozenset()):
                found[action] = (*found.get(action, ()), policy)
        return found

    @cached_property
    def implied_by(self) -> Mapping[str, frozenset[str]]:
        """Return {action: every action that implies it, however indirectly, and itself}."""
        direct: dict[str, set[str]] = {action: set() for action in self.implies}
        for action, implied in self.implies.items():
            for target in implied:
                direct.setdefault(target, set()).add(action)
        return {action: frozenset(_reachable(action, direct)) for action in direct}

    @cached_property
    def granting(self) -> Mapping[str, frozenset[int]]:
        """Return {action: ids of the roles that give it, by themselves, by inclusion or by implication}."""
        result: dict[str, frozenset[int]] = {}
        for action in self.implies:
            sources = self.implied_by[action]
            holders = [role.id for role in self.roles.values() if role.actions & sources]
            result[action] = frozenset(found for holder in holders for found in _reachable(holder, self._included_in))
        return result

    @cached_property
    def holding(self) -> Mapping[int, frozenset[str]]:
        """Return {role: every action it gives}, the inverse of `granting`."""
        result: dict[int, set[str]] = {role: set() for role in self.roles}
        for action, roles in self.granting.items():
            for role in roles:
                result[role].add(action)
        return {role: frozenset(actions) for role, actions in result.items()}

    @cached_property
    def teams_of_principals(self) -> Mapping[int, int]:
        """Return {principal: team id}."""
        return {principal: team for team, principal in self.team_principals.items()}

    @cached_property
    def _above(self) -> dict[tuple[str, int], frozenset[int]]:
        return {}

    def above(self, dimension: str, place: int) -> frozenset[int]:
        """Return `place` and everything above it in `dimension`'s tree."""
        try:
            return self._above[dimension, place]
        except KeyError:
            found = self._above[dimension, place] = frozenset(ancestors(self.parents.get(dimension, {}), place))
            return found

    def below(self, dimension: str, place: int) -> frozenset[int]:
        """Return `place` and everything under it."""
        found = self._below.get((dimension, place))
        if found is None:
            found = self._below[dimension, place] = frozenset(_reachable(place, self._children(dimension)))
        return found

    def _children(self, dimension: str) -> Mapping[int, set[int]]:
        """Return {place: those right under it}."""
        found = self._trees.get(dimension)
        if found is None:
            found = self._trees[dimension] = {}
            for node, parent in self.parents.get(dimension, {}).items():
                if parent is not None:
                    found.setdefault(parent, set()).add(node)
        return found

    @cached_property
    def _below(self) -> dict[tuple[str, int], frozenset[int]]:
        return {}

    @cached_property
    def _trees(self) -> dict[str, dict[int, set[int]]]:
        return {}

    def world(self, at: datetime) -> World:
        """Return what conditions need beside facts: the same all day, as what they state relative to now is."""
        return self._of_day(at)[2]

    def day(self, at: datetime) -> tuple[datetime, datetime]:
        """Return when the day of `at` begins and ends in the zone whose days count."""
        return self._of_day(at)[:2]

    def _of_day(self, at: datetime) -> tuple[datetime, datetime, World]:
        held = self._worlds.get("last")
        if held is None or not held[0] <= at < held[1]:
            day = at.astimezone(ZoneInfo(self.zone)).date()
            begins, ends = (start_of_day(day + timedelta(days=more), self.zone) for more in (0, 1))
            held = self._worlds["last"] = (begins, ends, World(at, self.above, self.below, self.zone))
        return held

    @cached_property
    def _worlds(self) -> dict[str, tuple[datetime, datetime, World]]:
        return {}

    def covers(self, scope: Scope, target: Target) -> bool:
        """Return whether every term of `scope` holds one of the target's places. An unknown place is not covered."""
        for dimension, node in scope.terms:
            for place in target.places.get(dimension, ()):
                if node in self.above(dimension, place):
                    break
            else:
                return False
        return True

    def chain(self, principal: int) -> tuple[int, ...]:
        """Return the principals whose grants reach a member of `principal`: itself, then the teams above it."""
        found = self._chains.get(principal)
        if found is None:
            team = self.teams_of_principals.get(principal)
            lineage = ancestors(self.parents.get("team", {}), team) if team is not None else ()
            whole = [self.team_principals[above] for above in lineage if above in self.team_principals] or [principal]
            found = tuple(takewhile(lambda reached: reached not in self.closed, whole))
            self._chains[principal] = found
        return found

    def reaching(self, principals: Collection[int]) -> set[int]:
        """Return the teams and groups whose members a grant to one of `principals` reaches: also teams under others.

        Whoever asks looks for memberships there, so a principal of another kind among them does no harm.
        """
        given = set(principals)
        teams = given & self.teams_of_principals.keys()
        others = given - teams - self.closed
        return others.union(*(self._reached.get(principal, ()) for principal in teams))

    @cached_property
    def _reached(self) -> Mapping[int, list[int]]:
        """Return {principal of a team: those of the teams whose members a grant to it reaches}."""
        found: dict[int, list[int]] = {}
        for team in self.teams_of_principals:
            for above in self.chain(team):
                found.setdefault(above, []).append(team)
        return found

    @cached_property
    def above_others(self) -> frozenset[int]:
        """Return the principals of the teams under which there are others that a grant to them reaches."""
        return frozenset(principal for principal, reached in self._reached.items() if reached != [principal])

    @cached_property
    def _chains(self) -> dict[int, tuple[int, ...]]:
        return {}

    def role_paths(self, role: int, action: str) -> Sequence[Way]:
        """Return (roles, actions) for each way `role` gives `action`, shortest first, at most MAX_PATHS."""
        found = self._ways.get((role, action))
        if found is None:
            if len(self._ways) >= MAX_WAYS:
                self._ways.clear()
            found = self._ways[role, action] = tuple(self._searched(role, action))
        return found

    @cached_property
    def _ways(self) -> dict[tuple[int, str], tuple[Way, ...]]:
        return {}

    def _searched(self, role: int, action: str) -> Iterator[Way]:
        """Yield the same.

        A search by length with what still lies ahead counted in: roles that include each other in many layers have
        more ways than memory, and this never holds more than it needs for the ones it yields.
        """
        sources = self.implied_by.get(action, frozenset())
        ahead = self._steps_to_holders(sources)
        queue: list[tuple[int, int, tuple[int, ...]]] = [(ahead[role], 0, (role,))] if role in ahead else []
        found = 0
        while queue and found < MAX_PATHS:
            _, depth, trail = heappop(queue)
            here = self.roles[trail[-1]]
            for held in sorted(here.actions & sources):
                yield trail, self.implication_path(held, action)
                found += 1
            for inner in here.includes:
                if inner in ahead and inner not in trail:
                    heappush(queue, (1 - depth + ahead[inner], depth - 1, (*trail, inner)))

    def _steps_to_holders(self, sources: frozenset[str]) -> dict[int, int]:
        """Return {role: how many inclusions it is from the nearest role that itself holds one of `sources`}."""
        steps = {role.id: 0 for role in self.roles.values() if role.actions & sources}
        queue = deque(steps)
        while queue:
            reached = queue.popleft()
            for outer in self._included_in.get(reached, ()):
                if outer not in steps:
                    steps[outer] = steps[reached] + 1
                    queue.append(outer)
        return steps

    @cached_property
    def _included_in(self) -> Mapping[int, set[int]]:
        including: dict[int, set[int]] = {role: set() for role in self.roles}
        for role in self.roles.values():
            for included in role.includes:
                including.setdefault(included, set()).add(role.id)
        return including

    def implication_path(self, held: str, action: str) -> tuple[str, ...]:
        """Return the shortest way by which `held` brings `action`, both ends in it. Raises ValueError."""
        queue: deque[tuple[str, ...]] = deque([(held,)])
        seen = {held}
        while queue:
            trail = queue.popleft()
            if trail[-1] == action:
                return trail
            fresh = sorted(self.implies.get(trail[-1], frozenset()) - seen)
            seen.update(fresh)
            queue.extend((*trail, step) for step in fresh)
        raise ValueError(f"{held} does not imply {action}")


def is_momentary(key: str) -> bool:
    """Return whether an attribute is known only of the moment of asking."""
    return key.startswith("context.")


def _by_action(policies: Collection[Policy]) -> dict[str, tuple[Policy, ...]]:
    found: dict[str, tuple[Policy, ...]] = {}
    for policy in policies:
        for action in policy.actions:
            found[action] = (*found.get(action, ()), policy)
    return found


def _reachable(start: Any, edges: Mapping[Any, set[Any]]) -> set[Any]:
    """Return `start` and all that can be reached from it; cycles end by themselves."""
    seen = {start}
    stack = [start]
    while stack:
        for step in edges.get(stack.pop(), ()):
            if step not in seen:
                seen.add(step)
                stack.append(step)
    return seen
