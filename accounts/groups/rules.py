"""Rules of groups: who they take in, what they read, and who comes and goes when something they read changes.

A rule is a condition over people. Whom it takes in are rows of Membership with the source "rule", opened and closed
by whole sets in a few statements. Whoever has left the company is taken in by no rule.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from accounts.attributes import columns, facts, schema
from accounts.models import Group, Membership, Person, PersonState
from cxaccess.jobs import settings as instance
from cxaccess.lib.conditions import Condition, InvalidCondition, Schema, World, attributes_of, read
from cxaccess.lib.conditions.query import compile_condition
from cxaccess.lib.conditions.tree import is_dated
from permissions import facts as access
from permissions import gate

WINDOWED = frozenset(
    {"subject.territories", "subject.product_lines", "subject.segments", "subject.teams", "subject.leads"}
)


@dataclass(frozen=True)
class Rule:
    """A condition that says who is in a group, under the schema it was read by."""

    condition: Condition
    known: Schema

    @cached_property
    def reads(self) -> frozenset[str]:
        """Return the attributes that it reads."""
        return attributes_of(self.condition)

    @cached_property
    def windowed(self) -> frozenset[str]:
        """Return those of its attributes whose values begin and end by themselves."""
        return self.reads & WINDOWED

    @cached_property
    def dated(self) -> bool:
        """Return whether a new day alone can change whom it takes in."""
        return is_dated(self.condition)

    @property
    def moves(self) -> bool:
        """Return whether time alone can change whom it takes in."""
        return bool(self.windowed) or self.dated

    def takes_in(self, at: datetime, zone: str, people: QuerySet[Person] | None = None) -> QuerySet[Person]:
        """Return whom it takes in at `at`, which may lie ahead; of `people` alone, if given. Raises NotCompilable."""
        places = columns.of_people(self.known, at, people)
        condition = compile_condition(self.condition, self.known, places, world(at, zone))
        asked = Person.objects.all() if people is None else Person.objects.filter(pk__in=people.values("pk"))
        return asked.exclude(state=PersonState.LEFT).filter(condition)


@dataclass(frozen=True, slots=True)
class Standing:
    """A group in use with its rule; no rule where what is kept can no longer be read: then nobody is in it."""

    group: Group
    rule: Rule | None

    def reads_any(self, keys: Collection[str]) -> bool:
        """Return whether the rule reads one of `keys`."""
        return self.rule is not None and not self.rule.reads.isdisjoint(keys)


def world(at: datetime, zone: str) -> World:
    """Return what conditions need beside facts, with the trees as they are now."""
    return facts.world(access.model(at), at, zone)


def zone() -> str:
    """Return the zone whose days count: the instance's."""
    return str(instance.get(instance.TIME_ZONE))


def parsed(raw: Any, known: Schema | None = None) -> Rule:
    """Return the rule that JSON holds. Raises InvalidCondition, saying where and why."""
    known = schema.of_people() if known is None else known
    return Rule(read(raw, known), known)


def kept(raw: Any, known: Schema) -> Rule | None:
    """Return a rule as it was saved, whatever became of the places it names; None where it cannot be read any more."""
    try:
        return Rule(read(raw, known, existing=False), known)
    except InvalidCondition:
        return None


def standing(groups: Iterable[Group] | None = None) -> list[Standing]:
    """Return the groups by rule that are in use, in the order of their ids; two queries, one where there is none."""
    rows = Group.objects.filter(archived_at=None, rule__isnull=False) if groups is None else groups
    found = sorted(rows, key=lambda group: group.pk)
    known = schema.of_people() if found else Schema(())
    return [Standing(group, kept(group.rule, known)) for group in found]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would do to a group: whom it newly takes in, whom it no longer does, and how many stay.

    Of those whom its reader may see. Whoever could count the others by a rule could find out what anybody is by asking
    one rule after another.
    """

    joins: QuerySet[Person]
    leaves: QuerySet[Person]
    stays: int
    total: int


def preview(rule: Rule, group: Group | None, reader: Person, at: datetime) -> Preview:
    """Return what `rule` would do to `group`, or as the rule of a new one, to those whom `reader` may see."""
    taken = gate.visible(reader, "person.view", rule.takes_in(at, zone()), at=at)
    inside = Membership.objects.in_force(at).filter(principal=group.principal_id if group else None).values("person")
    stays = taken.filter(pk__in=inside).count()
    leaves = Person.objects.filter(pk__in=inside).exclude(pk__in=taken.values("pk"))
    leaves = gate.visible(reader, "person.view", leaves, at=at)
    return Preview(taken.exclude(pk__in=inside), leaves, stays, taken.count())
