"""Keyset paging: a page begins after a row, not at a number, so page 40,000 costs what page 2 does and rows that come
or go meanwhile neither repeat nor skip another. The row is named by a cursor: what it is sorted by, and its key.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db import connections
from django.db.models import Q, QuerySet

LONGEST = 1000
LARGEST = 2**63 - 1  # that a database can compare with
MARK = "\x00"  # stands before the ISO form of a moment, where no text can have it


def cursor_of(row: Any, columns: Sequence[str], sort: str) -> str:
    """Return the cursor of `row` in a list ordered by `columns`, which the address calls `sort`."""
    held = [_plain(value_of(row, column)) for column in columns]
    return urlsafe_b64encode(json.dumps([sort, *held], separators=(",", ":")).encode()).decode().rstrip("=")


def read(cursor: str, columns: Sequence[str], sort: str) -> list[Any] | None:
    """Return the values that a cursor names; None for one of another order, or that nobody made."""
    if not cursor or len(cursor) > LONGEST:
        return None
    try:
        found = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(found, list) or found[:1] != [sort] or len(found) != len(columns) + 1:
            return None
        return [_lively(value) for value in found[1:]]
    except (ValueError, Error, RecursionError):
        return None


def value_of(row: Any, column: str) -> Any:
    """Return what `row` holds in `column`, through relations; None where one of them is missing."""
    for name in column.removeprefix("-").split("__"):
        row = getattr(row, name, None)
        if row is None:
            return None
    return getattr(row, "pk", row)


def beyond(rows: QuerySet[Any], columns: Sequence[str], values: Sequence[Any]) -> QuerySet[Any] | None:
    """Return the `rows` that come after the row with `values` in the order of `columns`; None if they do not fit.

    ``a > x or (a = x and b > y)``, and before it ``a >= x``, which lets the database begin within its index.
    """
    largest = connections[rows.db].features.nulls_order_largest
    found, equal = Q(pk__in=[]), Q()
    for column, value in zip(columns, values, strict=True):
        found |= equal & _later(column, value, nulls_last=_has_nulls(rows, column) and largest != _falls(column))
        equal &= _same(column, value)
    try:
        return rows.filter(_begin(rows, columns[0], values[0]), found)
    except (FieldError, ValidationError, ValueError, TypeError):
        return None


def _falls(column: str) -> bool:
    return column.startswith("-")


def _has_nulls(rows: QuerySet[Any], column: str) -> bool:
    """Return whether a column may be empty: what is no column of the table itself always may."""
    name = column.removeprefix("-")
    if name == "pk":
        return False
    try:
        return bool(rows.model._meta.get_field(name).null)
    except FieldDoesNotExist:
        return True


def _later(column: str, value: Any, *, nulls_last: bool) -> Q:
    """Return what comes after `value` in `column`."""
    name = column.removeprefix("-")
    if value is None:
        return Q(pk__in=[]) if nulls_last else Q(**{f"{name}__isnull": False})
    further = Q(**{f"{name}__{'lt' if _falls(column) else 'gt'}": value})
    return further | Q(**{f"{name}__isnull": True}) if nulls_last else further


def _same(column: str, value: Any) -> Q:
    name = column.removeprefix("-")
    return Q(**{f"{name}__isnull": True}) if value is None else Q(**{name: value})


def _begin(rows: QuerySet[Any], column: str, value: Any) -> Q:
    """Return `value` and all after it in the first column, which is one range of an index where nothing is empty."""
    if value is None or _has_nulls(rows, column):
        return Q()
    return Q(**{f"{column.removeprefix('-')}__{'lte' if _falls(column) else 'gte'}": value})


def _plain(value: Any) -> Any:
    return f"{MARK}{value.isoformat()}" if isinstance(value, datetime | date) else value


def _lively(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(MARK):
        text = value.removeprefix(MARK)
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    if isinstance(value, list | dict | float) or (isinstance(value, str) and MARK in value):
        raise ValueError(value)
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ValueError(value)
    return value
