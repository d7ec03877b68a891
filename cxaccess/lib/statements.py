"""Statements that are alike, put together once and filled for each request, as stencils are for rows.

Django takes longer to put a statement of many conditions together than a database to answer it. Only the statement is
kept, never what it found; so it needs no stamp, and whoever it is asked for is a value of it.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.utils import DEFAULT_DB_ALIAS
from django.utils.dateparse import parse_date, parse_datetime

FIRST_ID = 10**17  # no id is as long
FIRST_DAY, FIRST_MOMENT = datetime(4000, 1, 1, tzinfo=UTC), datetime(6000, 1, 1, tzinfo=UTC)  # nothing is as far
BETWEEN = timedelta(days=36_525)
KEPT = 500
Statement = tuple[str, Sequence[Any]]
Place = tuple[str, Callable[[Any], Any]]  # the name of the value that a parameter is, if it is any, and how
_kept: dict[Hashable, tuple[str, list[Place]]] = {}


def kept(kind: Hashable, build: Callable[..., Statement], **values: Any) -> tuple[str, list[Any]]:
    """Return the statement that `build` puts together of `values`, and its parameters.

    `kind` is equal for whatever comes out the same but for the values: all that `build` depends on must follow from it
    or be a value, so the gate is asked beforehand. A value is an id, a moment or a day; what lies a span away from one
    follows it. Any other moment would be kept with the statement, and is refused. Tests put each together both ways.
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
        if isinstance(value, datetime):
            marks[name] = FIRST_MOMENT + number * BETWEEN
        elif isinstance(value, date):
            marks[name] = (FIRST_DAY + number * BETWEEN).date()
        else:
            marks[name] = FIRST_ID + number
    return marks


def _place(param: Any, names: list[str]) -> Place:
    """Return what fills the place of a parameter. Raises ImproperlyConfigured for a moment or day that is no value."""
    if isinstance(param, int) and param >= FIRST_ID:
        return names[param - FIRST_ID], type(param)
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


def _day(apart: timedelta, value: date) -> Any:
    return connections[DEFAULT_DB_ALIAS].ops.adapt_datefield_value(value + apart)


def _moment(apart: timedelta, value: datetime) -> Any:
    return connections[DEFAULT_DB_ALIAS].ops.adapt_datetimefield_value(value + apart)
