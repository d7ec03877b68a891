"""Lists as pages: what may be sorted by, which page, how many. Nothing a reader types into the address fails.

A list whose rows are counted has pages with numbers. A longer one goes on from the row where the last page ended
(`cxaccess.lib.keyset`): nobody knows how many pages there are, and nobody waits for them to be counted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import QuerySet
from django.db.models.sql import Query
from django.db.utils import DEFAULT_DB_ALIAS

from cxaccess.lib import keyset
from cxaccess.lib.statements import Rows

CAP = 1000
LONGEST_QUERY = 200
ONWARD, BACK = "next", "prev"  # the parameters of the address that hold a cursor
PAGING = ("page", ONWARD, BACK)


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows there are, counted up to a cap: past it nobody reads the exact number."""

    value: int
    capped: bool = False

    @classmethod
    def of(cls, rows: QuerySet[Any], cap: int = CAP) -> "Count":
        """Count `rows`, stopping at `cap`."""
        if not _is_of_rows(rows.query):
            return cls.met(rows.order_by()[: cap + 1].count(), cap)
        try:
            sql, params = _keys(rows, cap + 1).sql_with_params()
        except EmptyResultSet:
            return cls(0)
        with connections[rows.db].cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM ({sql}) AS counted", params)  # noqa: S608 - Django's own SQL
            return cls.met(cursor.fetchone()[0], cap)

    @classmethod
    def of_all(cls, lists: Sequence[QuerySet[Any]], cap: int = CAP) -> "list[Count]":
        """Count several lists in one statement, each stopping at `cap`."""
        return cls.asked(*counting(lists, cap), cap) if lists else []

    @classmethod
    def asked(cls, sql: str, params: Sequence[Any], cap: int = CAP) -> "list[Count]":
        """Return the counts that a statement of `counting` finds."""
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(sql, params)
            return [cls.met(found, cap) for found in cursor.fetchone()]

    @classmethod
    def met(cls, found: int, cap: int = CAP) -> "Count":
        """Return the count of which `found`, no more than one past `cap`, were met."""
        return cls(min(found, cap), capped=found > cap)

    def __str__(self) -> str:
        """Return it as people read it.

        >>> str(Count(412)), str(Count(1000, capped=True))
        ('412', '1,000+')
        """
        return f"{self.value:,}{'+' if self.capped else ''}"


def counting(lists: Iterable[QuerySet[Any]], cap: int = CAP) -> tuple[str, list[Any]]:
    """Return the statement that counts several lists, each up to one past `cap`, and its parameters."""
    parts: list[str] = []
    values: list[Any] = []
    for rows in lists:
        try:
            sql, params = _keys(rows, cap + 1).sql_with_params()
        except EmptyResultSet:
            sql, params = "SELECT 1 WHERE 1 = 0", ()
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")  # noqa: S608 - Django's own SQL
        values.extend(params)
    return f"SELECT {', '.join(parts)}", values


def _is_of_rows(query: Query) -> bool:
    """Return whether each row of the table that it meets is one of its own: then their ids are all that counts."""
    shaped = query.distinct or query.combinator or query.is_sliced or query.group_by is not None
    return query.default_cols and not (shaped or query.annotations or query.extra)


def _keys(rows: QuerySet[Any], limit: int) -> Query:
    """Return the query for the ids of the first `limit` rows: in one copy, where the queryset's steps make three."""
    query = rows.query.chain()
    query.clear_ordering(force=True)
    query.set_values(["pk"])
    query.set_limits(high=limit)
    return query


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list: its rows and where they stand. `sort` is the name in force, "-" before it when descending.

    `keyed` pages have no number: `onward` and `back` are the cursors of the pages beside it, empty at an end.
    """

    rows: Sequence[Any]
    number: int
    size: int
    count: Count
    has_next: bool
    sort: str
    q: str
    keyed: bool = False
    onward: str = ""
    back: str = ""

    def __iter__(self) -> Any:
        """Go through the rows."""
        return iter(self.rows)

    def __len__(self) -> int:
        """Return how many rows this page has."""
        return len(self.rows)

    @property
    def first(self) -> int:
        """Return the number of the first row shown, from 1; 0 where there is none."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Return the number of the last row shown."""
        return (self.number - 1) * self.size + len(self.rows)

    @property
    def near(self) -> range:
        """Return the numbers of up to five pages around this one."""
        highest = self.number + 1 if self.has_next else self.number
        if not self.count.capped:
            highest = max(highest, -(-self.count.value // self.size))
        end = min(highest, max(self.number + 2, 5))
        return range(max(1, end - 4), end + 1)


@dataclass(frozen=True, slots=True)
class Listing:
    """How one list is read from its address: ``?q=&sort=&page=``.

    `sorts` maps each name that may stand in the address to the columns it orders by; the key always breaks ties,
    so that a row never shows on two pages. `default` is one of the names, with "-" before it for descending.

    `ahead` narrows the rows of a long list to fewer among which the next ones are: `(rows, columns, values, how many)`,
    where `values` are those of the row that the page goes on from, if there is one.
    """

    sorts: Mapping[str, Sequence[str]]
    default: str
    size: int = 25
    key: str = "pk"
    ahead: Callable[[QuerySet[Any], list[str], list[Any] | None, int], QuerySet[Any]] | None = None
    names: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(self.sorts) | {f"-{name}" for name in self.sorts})

    def sort(self, params: Mapping[str, str]) -> str:
        """Return the sort the address asks for, or the default."""
        asked = params.get("sort", "")
        return asked if asked in self.names else self.default

    def order(self, sort: str) -> list[str]:
        """Return the columns to order by for `sort`.

        >>> Listing({"name": ["name"]}, "name").order("-name")
        ['-name', '-pk']
        """
        columns = [*self.sorts[sort.removeprefix("-")], self.key]
        return [turned(column) for column in columns] if sort.startswith("-") else columns

    def first(self, rows: Rows, params: Mapping[str, str]) -> Page:
        """Return the same page as `page`; the statement of the one on which a list opens is kept."""
        if any(params.get(name) for name in (*PAGING, "sort")):
            return self.page(rows.all(), params)
        (count,) = Count.asked(*rows.kept("count", lambda rows: counting([rows])))
        order = self.order(self.default)
        near = self._ahead(order) if count.capped else _all
        found = rows.ask("first", lambda rows: near(rows).order_by(*order)[: self.size + 1])
        more, found = len(found) > self.size, found[: self.size]
        onward = keyset.cursor_of(found[-1], order, self.default) if count.capped and more else ""
        return Page(found, 1, self.size, count, more, self.default, search_text(params), count.capped, onward)

    def _ahead(self, order: list[str]) -> Callable[[QuerySet[Any]], QuerySet[Any]]:
        ahead = self.ahead
        return _all if ahead is None else lambda rows: ahead(rows, order, None, self.size + 1)

    def page(self, rows: QuerySet[Any], params: Mapping[str, str], count: Count | None = None) -> Page:
        """Return the page of `rows` that the address asks for; past the end it is the last one. `count`: if known."""
        sort, count, number = self.sort(params), count or Count.of(rows), page_number(params)
        if params.get(ONWARD) or params.get(BACK) or (count.capped and (number == 1 or number * self.size > CAP)):
            return self._keyed(rows, params, sort, count)
        ordered = rows.order_by(*self.order(sort))
        found = self._slice(ordered, number)
        if not found and number > 1:
            number = max(1, -(-count.value // self.size))
            found = self._slice(ordered, number)
        return Page(
            rows=found[: self.size],
            number=number,
            size=self.size,
            count=count,
            has_next=len(found) > self.size,
            sort=sort,
            q=search_text(params),
        )

    def _keyed(self, rows: QuerySet[Any], params: Mapping[str, str], sort: str, count: Count) -> Page:
        """Return the page after, or before, the row that the address names; the first one where it names none."""
        found, before, after = self._around(rows, params, sort)
        if not found and (before or after):
            found, before, after = self._stretch(rows, sort, None, forward=not after)
        columns = self.order(sort)
        return Page(
            rows=found,
            number=1,
            size=self.size,
            count=count,
            has_next=after,
            sort=sort,
            q=search_text(params),
            keyed=True,
            onward=keyset.cursor_of(found[-1], columns, sort) if after else "",
            back=keyset.cursor_of(found[0], columns, sort) if before else "",
        )

    def _around(self, rows: QuerySet[Any], params: Mapping[str, str], sort: str) -> tuple[list[Any], bool, bool]:
        columns = self.order(sort)
        back = keyset.read(params.get(BACK, ""), columns, sort)
        if back is not None:
            found, before, after = self._stretch(rows, sort, back, forward=False)
            # What is left at the beginning is filled up to a whole page.
            return (found, before, after) if before else self._stretch(rows, sort, None, forward=True)
        return self._stretch(rows, sort, keyset.read(params.get(ONWARD, ""), columns, sort), forward=True)

    def _stretch(
        self, rows: QuerySet[Any], sort: str, values: list[Any] | None, *, forward: bool
    ) -> tuple[list[Any], bool, bool]:  # fmt: skip
        """Return a page of rows beyond `values`, or from an end of the list, and whether rows lie before and after."""
        columns = self.order(sort) if forward else [turned(column) for column in self.order(sort)]
        beyond = keyset.beyond(rows, columns, values) if values is not None else None
        near = rows if beyond is None else beyond
        if self.ahead is not None:
            near = self.ahead(near, columns, values, self.size + 1)
        found = list(near.order_by(*columns)[: self.size + 1])
        more, found = len(found) > self.size, found[: self.size]
        begun = beyond is not None
        return (found, begun, more) if forward else (found[::-1], more, begun)

    def ranked(self, rows: QuerySet[Any], ids: Sequence[Any], params: Mapping[str, str]) -> Page:
        """Return the page of `rows` in the order of `ids`, which something else than a column says."""
        number = min(page_number(params), max(1, -(-len(ids) // self.size)))
        start = (number - 1) * self.size
        part = ids[start : start + self.size]
        found = {row.pk: row for row in rows.filter(pk__in=part)}
        return Page(
            rows=[found[pk] for pk in part if pk in found],
            number=number,
            size=self.size,
            count=Count(len(ids)),
            has_next=start + self.size < len(ids),
            sort="",
            q=search_text(params),
        )

    def _slice(self, ordered: QuerySet[Any], number: int) -> list[Any]:
        """Return the rows of page `number` and one more, which says whether another page follows."""
        start = (number - 1) * self.size
        return list(ordered[start : start + self.size + 1])


def _all(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows


def turned(column: str) -> str:
    """Return the opposite order."""
    return column.removeprefix("-") if column.startswith("-") else f"-{column}"


def page_number(params: Mapping[str, str]) -> int:
    """Return the page asked for, from 1.

    >>> page_number({"page": "3"}), page_number({"page": "-1"}), page_number({"page": "9" * 40})
    (3, 1, 1)
    """
    text = params.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= 6 else 1


def number_in(text: object) -> int | None:
    """Return the number that an address holds, such as an id; None for anything else, or one past any column.

    >>> number_in("7"), number_in("²"), number_in("9" * 30), number_in(None)
    (7, None, None, None)
    """
    said = str(text)
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 18 else None


def search_text(params: Mapping[str, str]) -> str:
    """Return what is searched for: `q` without the characters that databases refuse, not endless."""
    return " ".join(params.get("q", "").replace("\x00", "").split())[:LONGEST_QUERY]
