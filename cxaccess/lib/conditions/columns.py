"""Where attributes are in the tables: one value of the governed row, or several that belong to it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan, IsNull


class Place:
    """Where one attribute stands. What is ill-typed there is neither present nor missing."""

    def present(self) -> Q:
        """Return the condition that a value is there and well-typed."""
        raise NotImplementedError

    def missing(self) -> Q:
        """Return the condition that nothing is there."""
        raise NotImplementedError


class One(Place):
    """One value. `path` leads to a column that others can be joined by; empty where there is none."""

    path: str = ""

    @property
    def expression(self) -> Any:
        """Return the value in SQL; NULL where it is not present, or an empty text."""
        raise NotImplementedError


class Several(Place):
    """Any number of values."""

    def has(self, values: Collection[Any]) -> Q:
        """Return the condition that one of `values` is among them."""
        raise NotImplementedError

    def has_other(self, values: Collection[Any]) -> Q:
        """Return the condition that something else than `values` is among them."""
        raise NotImplementedError

    def missing(self) -> Q:
        """Return the condition that nothing is there."""
        return contrary(self.present())


@dataclass(frozen=True)
class Column(One):
    """A column by its path. `blank`: an empty text is missing, as NULL is."""

    path: str
    blank: bool = False

    @property
    def expression(self) -> Any:
        """Return the value in SQL."""
        return F(self.path)

    def present(self) -> Q:
        """Return the condition that a value is there."""
        there = Q(IsNull(self.expression, False))
        return there & Q(GreaterThan(Length(self.expression), 0)) if self.blank else there

    def missing(self) -> Q:
        """Return the condition that nothing is there."""
        absent = Q(IsNull(self.expression, True))
        return absent | (Q(IsNull(self.expression, False)) & contrary(self.present())) if self.blank else absent


@dataclass(frozen=True)
class Relation(Several):
    """Rows in force (`rows()`), whose `owner` is the governed row and whose `value` is one element.

    Neither column is ever NULL. `numbered`: its values are rows of a tree with `lft` and `rgt`. `every()` are the rows
    whether in force or not, where they begin and end.
    """

    rows: Callable[[], QuerySet[Any]]
    owner: str
    value: str
    numbered: bool = True
    every: Callable[[], QuerySet[Any]] | None = None

    def present(self) -> Q:
        """Return the condition that there is a row."""
        return Q(pk__in=self.rows().values(self.owner))

    def has(self, values: Collection[Any]) -> Q:
        """Return the condition, by a subquery that is not correlated, which big lists want."""
        return Q(pk__in=self.rows().filter(**{f"{self.value}__in": sorted(values)}).values(self.owner))

    def has_other(self, values: Collection[Any]) -> Q:
        """Return the condition that a row has another value."""
        return self.has_unlike(Q(**{f"{self.value}__in": sorted(values)}))

    def has_unlike(self, fine: Q) -> Q:
        """Return the condition that a row is not `fine`."""
        return Q(Exists(self.own().filter(contrary(fine))))

    def own(self, depth: int = 1) -> QuerySet[Any]:
        """Return the rows that belong to the governed row, from within `depth` subqueries."""
        outer: Any = "pk"
        for _level in range(depth):
            outer = OuterRef(outer)
        return self.rows().filter(**{self.owner: outer})


class NotCompilable(ValueError):
    """A comparison that the tables cannot answer; `leaf` is which."""

    def __init__(self, leaf: Any) -> None:
        super().__init__(f"{leaf.attribute} {leaf.operator} cannot be asked of the tables.")
        self.leaf = leaf


def contrary(said: Q) -> Q:
    """Return the contrary of a condition that cannot be NULL where it is asked."""
    return Q(Case(When(said, then=Value(False)), default=Value(True), output_field=BooleanField()))
