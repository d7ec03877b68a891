"""Birthright rules in force: whom each takes in from when, and what it then gives.

A rule reads what people are, but not which teams they are in: it gives these, and so no rule waits for another.
Somebody who has left is taken in by none. Whoever has not started yet is taken in from their first day on, if the rule
will hold of them then as it would of somebody active; without a first day not before they are.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import F, Model, QuerySet, Value
from django.utils.translation import gettext as _

from accounts.attributes import columns, schema
from accounts.groups import rules as groups
from accounts.groups.rules import Rule
from accounts.models import Membership, Person, PersonState
from audits.trail.tags import Tag
from cxaccess.lib.clock import start_of_day
from cxaccess.lib.conditions import Schema
from cxaccess.lib.conditions.columns import Column
from cxaccess.lib.conditions.query import compile_condition
from cxaccess.lib.errors import Refused
from cxaccess.lib.models import Source
from permissions import gate
from permissions.birthrights.gifts import ROLE, TEAM, Gift, read
from permissions.models import Birthright, BirthrightState, BirthrightVersion, RoleGrant

UNREAD = frozenset({"subject.teams", "subject.leads"})
ALWAYS = frozenset({"subject.state", "subject.employed_from"})  # who is there at all, and from when
People = QuerySet[Person] | None


def known() -> Schema:
    """Return what a rule may read of people, in one query."""
    return Schema(attribute for attribute in schema.of_people() if attribute.key not in UNREAD)


@dataclass(frozen=True)
class Standing:
    """A rule with what it says; without `rule` or `gifts` it gives nobody anything, and takes back what it gave."""

    birthright: Birthright
    rule: Rule | None
    gifts: tuple[Gift, ...] = ()

    @cached_property
    def reads(self) -> frozenset[str]:
        """Return the attributes on which it depends who is given what."""
        if self.rule is None:
            return frozenset()
        return self.rule.reads | ALWAYS | {f"subject.{gift.own}" for gift in self.gifts if gift.own}

    @property
    def gives_teams(self) -> bool:
        """Return whether it puts people into teams, which rules of groups and policies may read."""
        return any(gift.kind == TEAM for gift in self.gifts)


def standing(ids: Collection[int] | None = None) -> list[Standing]:
    """Return the rules in force, in the order of their ids; of `ids` alone, if given, those in force or not."""
    states = BirthrightState.objects.filter(until=None).select_related("version", "birthright")
    if ids is None:
        found = [(state.birthright, state.version) for state in states.order_by("birthright")]
    else:
        said = {state.birthright_id: state.version for state in states.filter(birthright__in=ids)}
        found = [(row, said.get(row.pk)) for row in Birthright.objects.filter(pk__in=ids).order_by("pk")]
    schema_ = known() if found else Schema(())
    return [of(row, version, schema_) for row, version in found]


def of(birthright: Birthright, version: BirthrightVersion | None, schema_: Schema) -> Standing:
    """Return a rule as `version` says it; None: as it is while nothing of it is in force."""
    if version is None:
        return Standing(birthright, None)
    try:
        return Standing(birthright, groups.kept(version.condition, schema_), read(version.gives))
    except Refused:
        return Standing(birthright, None)


@dataclass(frozen=True, slots=True)
class Batch:
    """People whom a rule takes in from the same moment on."""

    starts: datetime
    people: QuerySet[Person]


def batches(rule: Rule | None, at: datetime, people: People = None) -> Iterator[Batch]:
    """Yield whom the rule takes in at `at`, then those who have not started yet, by their first day."""
    if rule is None:
        return
    zone = groups.zone()
    asked = Person.objects.all() if people is None else Person.objects.filter(pk__in=people.values("pk"))
    here = asked.exclude(state__in=(PersonState.LEFT, PersonState.PREHIRE))
    yield Batch(at, here.filter(_says(rule, at, zone, people)))
    coming = asked.filter(state=PersonState.PREHIRE, employed_from__isnull=False)
    by_moment: dict[datetime, list[date]] = {}
    firsts = {day for day in coming.values_list("employed_from", flat=True) if day is not None}
    for day in sorted(firsts):
        by_moment.setdefault(max(at, start_of_day(day, zone)), []).append(day)
    for starts, days in by_moment.items():
        there = coming.filter(employed_from__in=days).annotate(state_then=Value(PersonState.ACTIVE.value))
        yield Batch(starts, there.filter(_says(rule, starts, zone, people, started=True)))


def _says(rule: Rule, at: datetime, zone: str, people: People, *, started: bool = False) -> Any:
    """Return the rule as a condition at `at`, in which whoever has `started` is active."""
    places = columns.of_people(rule.known, at, people)
    if started:
        places["subject.state"] = Column("state_then")
    return compile_condition(rule.condition, rule.known, places, groups.world(at, zone))


@dataclass(frozen=True, slots=True)
class Table:
    """Where what rules give stands: `owner` is a row's taker, `key` what that is of a person, `person` leads there."""

    model: type[Model]
    owner: str
    key: str
    person: str
    given: Tag
    ended: Tag


GRANTS = Table(RoleGrant, "principal", "principal", "principal__person", Tag.GRANT_GIVEN, Tag.GRANT_ENDED)
MEMBERSHIPS = Table(Membership, "person", "pk", "person", Tag.MEMBERSHIP_GIVEN, Tag.MEMBERSHIP_ENDED)
TABLES = (GRANTS, MEMBERSHIPS)


def table_of(gift: Gift) -> Table:
    """Return where `gift` stands once it is given."""
    return GRANTS if gift.kind == ROLE else MEMBERSHIPS


def given(birthright: Birthright, table: Table, at: datetime) -> Any:
    """Return the rows of `table` that a rule gave and that are not over at `at`, nor ended before they began."""
    rows: Any = table.model._default_manager
    standing = rows.filter(source=Source.BIRTHRIGHT, source_ref=str(birthright.pk)).not_over(at)
    return standing.exclude(until=F("starts_at"))


def naming(reader: Person, kind: str, pk: int, *, at: datetime) -> list[str]:
    """Return the rules in force that give the role, team or group, by name, or as one that `reader` may not see."""
    states = BirthrightState.objects.filter(until=None).select_related("version")
    ids = [state.birthright_id for state in states if _gives(state.version, kind, pk)]
    seen = gate.visible(reader, "birthright.view", Birthright.objects.filter(pk__in=ids), at=at)
    names = list(seen.order_by("name").values_list("name", flat=True))
    return names + [_("one that you may not see")] * (len(ids) - len(names))


def _gives(version: BirthrightVersion, kind: str, pk: int) -> bool:
    return any(isinstance(row, dict) and row.get(kind) == pk for row in version.gives)
