"""What is known of people and things around a change, and whether somebody comes further by it under a policy.

What begins and ends by itself is kept with its window, so that every moment ahead can be looked at, not only now.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models

from accounts.attributes import facts as attributes
from accounts.attributes.schema import DIMENSIONS
from accounts.models import Membership, Part, Person, PersonDimension
from cxaccess.lib.clock import Window, start_of_day
from cxaccess.lib.conditions import Condition, Entity, Schema, leaves
from cxaccess.lib.conditions.evaluation import World
from cxaccess.lib.conditions.partial import is_within, residual
from cxaccess.lib.conditions.tree import Relative
from permissions import places
from permissions.engine.model import Model
from permissions.engine.policies import Kind, Rule
from permissions.engine.types import ACTIVE, Known
from permissions.models import Mode, RoleGrant
from permissions.policies.schema import TEAMS

STATE, OWN, IN = "subject.state", "own principal", "principals"
OPEN, CLOSED = "open", "closed"
DAY = timedelta(days=1)
YEARS = range(1900, 9000)  # of dates that may yet come to matter
Element = tuple[str, int, Window]


def of_people(people: Sequence[Person], schema: Schema, at: datetime) -> dict[int, Known]:
    """Return {person: what policies may read of them, and whose members they are}, with all that is not over."""
    elements: dict[int, list[Element]] = defaultdict(list)
    held = PersonDimension.objects.not_over(at).filter(person__in=people)
    for person, kind, node, *window in held.values_list("person_id", "node__kind", "node_id", "starts_at", "until"):
        elements[person].append((DIMENSIONS[kind][0], node, Window(*window)))
    for person, principal, team, part, window in _memberships(people, at):
        elements[person].append((IN, principal, window))
        if team is not None:
            elements[person].append(("subject.teams", team, window))
        if team is not None and part == Part.LEAD:
            elements[person].append(("subject.leads", team, window))
    return {
        row.pk: Known(
            {**attributes.own(row, schema), "subject.person": row.pk, OWN: row.principal_id}, tuple(elements[row.pk])
        )
        for row in people
    }


def of_things(rows: Sequence[models.Model], at: datetime) -> dict[int, Known]:
    """Return {id: what policies may read of a thing}; of people as things, the teams with their windows."""
    found = {pk: Known(dict(target.facts())) for pk, target in places.targets(rows, at).items()}
    people = [row for row in rows if isinstance(row, Person)]
    teams: dict[int, list[Element]] = defaultdict(list)
    for person, _principal, team, _part, window in _memberships(people, at) if people else ():
        if team is not None:
            teams[person].append((TEAMS, team, window))
    for row in people:
        standing = {key: value for key, value in found[row.pk].values.items() if key != TEAMS}
        found[row.pk] = Known(standing, tuple(teams[row.pk]))
    return found


def _memberships(people: Sequence[Person], at: datetime) -> Iterator[tuple[int, int, int | None, str, Window]]:
    rows = Membership.objects.not_over(at).filter(person__in=people)
    named = ("person_id", "principal_id", "principal__team", "part", "starts_at", "until")
    for person, principal, team, part, *window in rows.values_list(*named):
        yield person, principal, team, part, Window(*window)


@dataclass(frozen=True)
class Reading:
    """One policy as it reads people, or things, of which nothing else is known. `at` is the moment of the change."""

    rule: Rule
    model: Model
    at: datetime
    people: bool

    def opens(self, before: Known | None, after: Known) -> bool:
        """Return whether the change lets somebody further, now or later. None: they are new, and had nothing.

        Who becomes active is as good as new; who ceases to be is let no further, whatever a policy reads of that.
        """
        was, now = before is not None and before.values.get(STATE) == ACTIVE, after.values.get(STATE) == ACTIVE
        if self.people and was and not now:
            return False
        known = before if was or not now else None
        return any(self._opens(known, after, moment) for moment in self._moments(known, after))

    def could_pass(self, known: Known) -> bool:
        """Return whether it may let somebody pass now, with or without its obligations."""
        return self._stands(known, self.at) is not CLOSED

    def _opens(self, before: Known | None, after: Known, moment: datetime) -> bool:
        now = self._stands(after, moment)
        if now is CLOSED:
            return False
        was = self._new(now) if before is None else self._stands(before, moment)
        if was is CLOSED or not (was is OPEN or self._is_narrower(now, was)):
            return True
        return before is not None and self._spares(before, after, moment)

    def _new(self, now: Hashable) -> Hashable:
        """Return how somebody stood who is new: what allows did not yet, what closes had nothing to close."""
        return CLOSED if self.rule.kind is Kind.ALLOW else now

    def _stands(self, known: Known, moment: datetime) -> Hashable:
        """Return whether it lets them pass: OPEN, CLOSED, or the shape of what that depends on."""
        facts = known.at(moment)
        if not self._is_about(facts):
            return CLOSED if self.rule.kind is Kind.ALLOW else OPEN
        said = self._said(self.rule.condition, facts, moment)
        if not (said is None or isinstance(said, bool)):
            return said
        return OPEN if said is (self.rule.kind is not Kind.BLOCK) else CLOSED

    def _said(self, condition: Condition | None, facts: dict[str, object], moment: datetime) -> Hashable:
        world = World(moment, self.model.above, self.model.below, self.model.zone)
        if condition is None:
            return self.rule.holds(facts, world)
        return residual(condition, facts, self.rule.schema, world, self._is_open)

    def _is_narrower(self, now: Hashable, was: Hashable) -> bool:
        if now is OPEN:
            return False
        return is_within(was, now) if self.rule.kind is Kind.BLOCK else is_within(now, was)

    def _spares(self, before: Known, after: Known, moment: datetime) -> bool:
        """Return whether one of its obligations may be owed no more."""
        then, now = before.at(moment), after.at(moment)
        spared = [duty.condition for duty in self.rule.duties if duty.condition is not None]
        return any(
            not is_within(self._said(one, now, moment) or False, self._said(one, then, moment)) for one in spared
        )

    def _is_open(self, key: str) -> bool:
        return key.partition(".")[0] != (Entity.SUBJECT if self.people else Entity.RESOURCE)

    def _is_about(self, facts: dict[str, Any]) -> bool:
        if not (self.people and (self.rule.principals or self.rule.roles)):
            return True
        return not self._reached.isdisjoint({facts[OWN], *facts.get(IN, ())})

    @cached_property
    def _reached(self) -> set[int]:
        """Return the principals whose members it is about, of roles also those who hold them later."""
        rows = RoleGrant.objects.not_over(self.at).filter(role__in=self.rule.roles, mode=Mode.ACTIVE)
        holders = set(rows.values_list("principal_id", flat=True)) if self.rule.roles else set()
        return self.model.reaching(self.rule.principals | holders)

    def _moments(self, before: Known | None, after: Known) -> set[datetime]:
        """Return now, and every moment ahead at which something begins or ends that it reads."""
        found, read = {self.at}, self.rule.reads | ({IN} if self.rule.principals or self.rule.roles else frozenset())
        for known in (before, after) if before is not None else (after,):
            for key, _value, window in known.elements:
                if key in read:
                    found |= {edge for edge in (window.starts_at, window.until) if edge is not None}
            found.update(self._days(known))
        return {moment for moment in found if moment >= self.at}

    def _days(self, known: Known) -> Iterator[datetime]:
        """Yield when a date comes to lie otherwise to a day that is counted from today."""
        for leaf in (leaf for condition in self.rule.conditions for leaf in leaves(condition)):
            day: Any = known.values.get(leaf.attribute)
            if isinstance(day, datetime):
                day = day.astimezone(ZoneInfo(self.model.zone)).date()
            sides = leaf.right if isinstance(leaf.right, tuple) else (leaf.right,)
            for side in sides if isinstance(day, date) and day.year in YEARS else ():
                if isinstance(side, Relative):
                    turn = day - side.days * DAY
                    yield from (start_of_day(each, self.model.zone) for each in (turn, turn + DAY))
