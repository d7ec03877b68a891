"""Statements that are alike, put together once and filled for each request, as stencils are for rows.

Django takes longer to put a statement of many conditions together than a database to answer it. Only the statement is
kept, never what it found; so it needs no stamp, and whoever it is asked for is a value of it.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet, ImproperlyConfigured
from django.db import connections
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.db.utils import DEFAULT_DB_ALIAS
from django.utils.dateparse import parse_date, parse_datetime

FIRST_ID = 10**17  # no id is as long
FIRST_DAY, FIRST_MOMENT = datetime(4000, 1, 1, tzinfo=UTC), datetime(6000, 1, 1, tzinfo=UTC)  # nothing is as far
BETWEEN = timedelta(days=36_525)
KEPT = 2000
LONGEST = 100  # a page shows no more rows
MANY = 1000  # more than the values of a statement
Statement = tuple[str, Sequence[Any]]
Place = tuple[str, Callable[[Any], Any]]  # the name of the value that a parameter is, if it is any, and how
_kept: dict[Hashable, tuple[str, list[Place]]] = {}
_compiled: dict[Hashable, tuple[QuerySet[Any], SQLCompiler]] = {}


def kept(kind: Hashable, build: Callable[..., Statement], **values: Any) -> tuple[str, list[Any]]:
    """Return the statement that `build` puts together of `values`, and its parameters.

    `kind` is equal for whatever comes out the same but for the values: all that `build` depends on must follow from it
    or be a value, so the gate is asked beforehand. A value is an id, a list of ids, a moment or a day; what lies a span
    away from one follows it. Any other moment would be kept with the statement, and is refused. Tests put each together
    both ways.
    """
    if kind not in _kept:
        if len(_kept) >= KEPT:
            _kept.clear()
        sql, params = build(**_marks(values))
        _kept[kind] = sql, [_place(param, list(values)) for param in params]
    sql, places = _kept[kind]
    filled = [how(values[name]) if name else how(None) for name, how in places]
    if settings.STENCILS_CHECKED:
        plain, found = build(**values)
        if (plain, list(found)) != (sql, filled):
            raise ImproperlyConfigured(f"Not of one kind: {plain} {found} is put together as {sql} {filled}")
    return sql, filled


def _marks(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands for each value until the statement is filled."""
    marks: dict[str, Any] = {}
    for number, (name, value) in enumerate(values.items()):
        if isinstance(value, list):
            marks[name] = [FIRST_ID + number + MANY * (place + 1) for place in range(len(value))]
        elif isinstance(value, datetime):
            marks[name] = FIRST_MOMENT + number * BETWEEN
        elif isinstance(value, date):
            marks[name] = (FIRST_DAY + number * BETWEEN).date()
        else:
            marks[name] = FIRST_ID + number
    return marks


def _place(param: Any, names: list[str]) -> Place:
    """Return what fills the place of a parameter. Raises ImproperlyConfigured for a moment or day that is no value."""
    if isinstance(param, int) and param >= FIRST_ID:
        place, number = divmod(param - FIRST_ID, MANY)
        return names[number], partial(_listed, place - 1, type(param)) if place else type(param)
    found = _when(param)
    if found is None:
        return "", lambda _value: param
    day = not isinstance(found, datetime)
    moment = datetime.combine(found, time(), UTC) if day else found
    first = FIRST_DAY if day else FIRST_MOMENT
    number = round((moment - first) / BETWEEN)
    if not 0 <= number < len(names):
        raise ImproperlyConfigured(f"A moment that is no value would be kept: {param}")
    return names[number], partial(_day if day else _moment, moment - first - number * BETWEEN)


def _when(param: Any) -> Any:
    """Return the moment or day that a parameter is, as the database takes it; None for anything else."""
    found = param
    if type(param) is str and param[:1].isdigit():
        found = parse_date(param) if len(param) == len("4000-01-01") else parse_datetime(param)
    if isinstance(found, datetime) and found.tzinfo is None:
        return found.replace(tzinfo=UTC)
    return found if isinstance(found, date) else None


def _listed(place: int, kind: type[int], values: list[int]) -> int:
    return kind(values[place])


def _day(apart: timedelta, value: date) -> Any:
    return connections[DEFAULT_DB_ALIAS].ops.adapt_datefield_value(value + apart)


def _moment(apart: timedelta, value: datetime) -> Any:
    return connections[DEFAULT_DB_ALIAS].ops.adapt_datetimefield_value(value + apart)


@dataclass(frozen=True, slots=True)
class Rows:
    """A queryset whose statement is kept: `build` makes it of `values`, under the rules of `kept`."""

    kind: Hashable
    build: Callable[..., QuerySet[Any]]
    values: Mapping[str, Any]

    def ask(self, name: Hashable, then: Callable[[QuerySet[Any]], QuerySet[Any]]) -> list[Any]:
        """Return the rows that `then` makes of these; whatever it depends on stands in `name`."""
        more = self.then(name, then)
        return rows(more.kind, more.build, **self.values)

    def kept(self, name: Hashable, then: Callable[[QuerySet[Any]], Statement]) -> Statement:
        """Return the statement that `then` makes of these rows."""
        return kept((self.kind, name), lambda **values: then(self.build(**values)), **self.values)

    def then(self, name: Hashable, then: Callable[[QuerySet[Any]], QuerySet[Any]]) -> "Rows":
        """Return what `then` makes of these, to be asked later."""
        return Rows((self.kind, name), lambda **values: then(self.build(**values)), self.values)

    def all(self) -> QuerySet[Any]:
        """Return them as a queryset like any other."""
        return self.build(**self.values)


def rows(kind: Hashable, build: Callable[..., QuerySet[Any]], **values: Any) -> list[Any]:
    """Return the rows of the queryset that `build` makes of `values`, whose statement is kept as `kept` says.

    A value may be a list of ids, too: each length is a kind of its own. Of none, and of very many, nothing is kept.
    """
    lengths = tuple(len(value) for value in values.values() if isinstance(value, list))
    if 0 in lengths or max(lengths, default=0) > LONGEST:
        return list(build(**values))
    kind = ("rows", kind, lengths)
    made: list[tuple[QuerySet[Any], SQLCompiler]] = []

    def put_together(**named: Any) -> Statement:
        found = build(**named)
        compiler = found.query.get_compiler(DEFAULT_DB_ALIAS)
        made.append((found, compiler))
        return compiler.as_sql()

    try:
        sql, params = kept(kind, put_together, **values)
    except EmptyResultSet:
        return []
    if kind not in _compiled:
        if len(_compiled) >= KEPT:
            _compiled.clear()
        _compiled[kind] = made[0] if made else _again(put_together, made, values)
    return list(_filled(*_compiled[kind], sql, params))


def _again(put_together: Callable[..., Statement], made: list[Any], values: Mapping[str, Any]) -> Any:
    put_together(**values)
    return made[0]


def _filled(found: QuerySet[Any], compiler: SQLCompiler, sql: str, params: list[Any]) -> QuerySet[Any]:
    """Return a queryset that asks this statement instead of putting one together, and makes rows of what comes."""
    asks, query = _copy(compiler), _copy(found.query)
    asks.connection = connections[DEFAULT_DB_ALIAS]
    asks.as_sql = lambda *_args, **_named: (sql, params)
    query.get_compiler = lambda *_args, **_named: asks
    filled = type(found)(model=found.model, query=query, using=DEFAULT_DB_ALIAS)
    for name in ("_iterable_class", "_fields", "_prefetch_related_lookups", "_known_related_objects"):
        setattr(filled, name, getattr(found, name))
    return filled


def _copy(one: Any) -> Any:
    other = object.__new__(type(one))
    other.__dict__.update(one.__dict__)
    return other
