"""What a version of a rule would do: who gains and who loses what by it, exactly, of those whom the reader may see.

Whoever could count the others by a rule could find out what anybody is by asking one rule after another.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Person
from accounts.reads import sees_everybody
from cxaccess.lib.models import Source
from permissions import gate
from permissions.birthrights import checks, rules
from permissions.birthrights.gifts import Gift, Words
from permissions.birthrights.recompute import losing, matching, openings
from permissions.birthrights.rules import GRANTS, TABLES, Standing, Table, table_of

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Line:
    """What happens to one gift: how many come by it, how many of these have it anyway, how many lose and keep it."""

    gift: Gift
    said: str
    gains: int = 0
    had: int = 0
    loses: int = 0
    keeps: int = 0


@dataclass(slots=True)
class Moved:
    """One person with what they gain and lose."""

    person: Person
    gains: list[str] = field(default_factory=list)
    loses: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Effect:
    """What `standing` would do to whom, as `reader` may know it; `before` is what is in force now."""

    standing: Standing
    before: tuple[Gift, ...]
    reader: Person
    at: datetime

    @cached_property
    def of_all(self) -> bool:
        """Return whether the reader sees everybody, so that nobody is left out of the counts."""
        return sees_everybody(self.reader, at=self.at)

    @cached_property
    def _taken(self) -> list[rules.Batch]:
        return list(rules.batches(self.standing.rule, self.at))

    @cached_property
    def words(self) -> Words:
        """Return what says the gifts of either."""
        return Words([*self.standing.gifts, *self.before])

    def _seen(self, found: Q) -> QuerySet[Person]:
        people = Person.objects.filter(found)
        return people if self.of_all else gate.visible(self.reader, "person.view", people, at=self.at)

    def _opening(self, gift: Gift | None = None) -> Q:
        """Return the condition on people that they come by something, or by `gift`."""
        found = Q(pk__in=())
        for opening in openings(self.standing, self._taken, self.at, None):
            if gift is None or opening.gift == gift:
                found |= Q(pk__in=opening.people.values("pk"))
        return found

    def _losing(self, table: Table, gift: Gift | None = None) -> Any:
        rows = losing(self.standing, table, self._taken, self.at, None)
        return rows if gift is None else matching(rows, gift)

    @cached_property
    def gaining(self) -> int:
        """Return how many people gain something."""
        return self._seen(self._opening()).count()

    @cached_property
    def losing(self) -> int:
        """Return how many people lose something."""
        return self._seen(self._loser()).count()

    @cached_property
    def total(self) -> int:
        """Return how many people the rule takes in."""
        found = Q(pk__in=())
        for batch in self._taken:
            found |= Q(pk__in=batch.people.values("pk"))
        return self._seen(found).count()

    def _loser(self) -> Q:
        found = Q(pk__in=())
        for table in TABLES:
            found |= Q(**{f"{table.key}__in": self._losing(table).values(table.owner)})
        return found

    @cached_property
    def lines(self) -> list[Line]:
        """Return what happens to each gift that somebody gains or loses, in a fixed number of queries for each."""
        return [line for line in map(self._line, self.words.gifts) if line.gains or line.loses]

    def _line(self, gift: Gift) -> Line:
        table = table_of(gift)
        held = Q(**{f"{table.key}__in": self._others(gift).values(table.owner)})
        gains = self._seen(self._opening(gift))
        lost = self._losing(table, gift) if gift in self.before else self._losing(table).none()
        loses = self._seen(Q(**{f"{table.key}__in": lost.values(table.owner)}))
        return Line(
            gift,
            self.words.said(gift),
            gains.count(),
            gains.filter(held).count(),
            loses.count(),
            loses.filter(held).count(),
        )

    def _others(self, gift: Gift) -> Any:
        """Return the rows of others in force that are the same: by hand, or by another rule."""
        rows: Any = table_of(gift).model._default_manager
        ours = {"source": Source.BIRTHRIGHT, "source_ref": str(self.standing.birthright.pk)}
        return matching(rows.in_force(self.at).exclude(**ours), gift)

    def page(self, number: int) -> tuple[list[Moved], bool]:
        """Return one page of those concerned, by name, with what they gain and lose; and whether there are more."""
        start = (number - 1) * SHOWN
        rows = self._seen(self._opening() | self._loser()).order_by("name", "pk").only("name", "title", "principal_id")
        found = list(rows[start : start + SHOWN + 1])
        moved = {person.pk: Moved(person) for person in found[:SHOWN]}
        for person, gift in self._gained_by(moved):
            moved[person].gains.append(self.words.said(gift))
        for person, gift in self._lost_by(moved):
            moved[person].loses.append(self.words.said(gift))
        return list(moved.values()), len(found) > SHOWN

    def _gained_by(self, ids: Collection[int]) -> Iterator[tuple[int, Gift]]:
        for opening in openings(self.standing, self._taken, self.at, None):
            for person in opening.people.filter(pk__in=ids).values_list("pk", flat=True):
                yield person, opening.gift

    def _lost_by(self, ids: Iterable[int]) -> Iterator[tuple[int, Gift]]:
        for gift in self.before:
            table = table_of(gift)
            rows = self._losing(table, gift).filter(**{f"{table.person}__in": list(ids)})
            for person in rows.values_list(table.person, flat=True):
                yield person, gift


def effect(standing: Standing, reader: Person, *, at: datetime) -> Effect:
    """Return what it does that `standing` takes the place of what is in force."""
    row = standing.birthright
    state = checks.in_force(row) if row.pk is not None else None
    return Effect(standing, checks.gifts_of(state.version) if state is not None else (), reader, at)


__all__ = ["GRANTS", "Effect", "Line", "Moved", "effect"]
