"""Rows by the hundred thousand: written without making an object of each, which is most of what `bulk_create` costs."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connection, models


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows`, values in the order of `columns` (attnames), in the open transaction. No default is filled in."""
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    quoted = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    prepare = [_prepared(field) for field in fields]
    values = [[one if ready is None else ready(one) for ready, one in zip(prepare, row, strict=True)] for row in rows]
    if values:
        with connection.cursor() as cursor:
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.executemany(f"INSERT INTO {table} ({quoted}) VALUES ({marks})", values)  # noqa: S608 - names of our own


def _prepared(field: Any) -> Callable[[Any], Any] | None:
    """Return what makes a value of `field` one of the database's; None where it is one already."""
    if isinstance(field, models.JSONField | models.DateTimeField | models.DateField | models.BooleanField):
        return lambda value: field.get_db_prep_save(value, connection)
    return None
