"""Rows by the hundred thousand: written without making an object of each, which is most of what `bulk_create` costs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, connections, models

PREPARED = (
    models.JSONField, models.DateTimeField, models.DateField, models.BooleanField, models.GenericIPAddressField,
)  # fmt: skip
CHUNK = 500  # rows in one statement of `upsert`


def insert_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert `rows`, values in the order of `columns` (attnames), in the open transaction. No default is filled in."""
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    here = connections[connection.alias]  # what stands for it looks for it each time
    prepare = [_prepared(field, here) for field in fields]
    values = [[one if ready is None else ready(one) for ready, one in zip(prepare, row, strict=True)] for row in rows]
    if values:
        table = here.ops.quote_name(model._meta.db_table)
        quoted = [here.ops.quote_name(field.column) for field in fields]
        (_copy if here.vendor == "postgresql" else _insert)(here, table, quoted, values)


def _insert(here: Any, table: str, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
    marks = ", ".join(["%s"] * len(columns))
    with here.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)  # noqa: S608 - names of our own


def _copy(here: Any, table: str, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
    """Send rows by COPY, for which the right to insert is enough: no statement is read and planned for each."""
    here.validate_no_broken_transaction()
    with (
        here.cursor() as cursor,
        here.wrap_database_errors,
        cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as sent,
    ):
        for row in values:
            sent.write_row(row)


def upsert(
    table: type[models.Model], key: Sequence[str], values: Sequence[str], rows: Mapping[tuple[Any, ...], Sequence[Any]]
) -> None:
    """Add `rows` ({key: values}) to `table`: a `count` adds up, a `last_at` moves only forward, other values with it.

    Right under concurrency: one ``INSERT .. ON CONFLICT DO UPDATE``, in the order of the keys, CHUNK rows at a time.
    """
    fields: list[Any] = [table._meta.get_field(name) for name in (*key, *values)]
    columns = [connection.ops.quote_name(field.column) for field in fields]
    name = connection.ops.quote_name(table._meta.db_table)
    later = f"excluded.last_at > {name}.last_at"
    only = f" WHERE {later}" if values == ("last_at",) else ""
    line = f"({', '.join(['%s'] * len(fields))})"
    head = f"INSERT INTO {name} ({', '.join(columns)}) VALUES "  # noqa: S608 - names of our own tables and columns
    change = ", ".join(
        f"count = {name}.count + excluded.count"
        if value == "count"
        else f"{column} = CASE WHEN {later} THEN excluded.{column} ELSE {name}.{column} END"
        for value, column in zip(values, columns[len(key) :], strict=True)
    )
    tail = f" ON CONFLICT ({', '.join(columns[: len(key)])}) DO UPDATE SET {change}{only}"
    ordered = sorted(rows.items())
    with connection.cursor() as cursor:
        for start in range(0, len(ordered), CHUNK):
            chunk = ordered[start : start + CHUNK]
            cursor.execute(
                head + ", ".join([line] * len(chunk)) + tail,
                [
                    field.get_db_prep_value(value, connection)
                    for found, more in chunk
                    for field, value in zip(fields, (*found, *more), strict=True)
                ],
            )


def _prepared(field: Any, here: Any) -> Callable[[Any], Any] | None:
    """Return what makes a value of `field` one of the database's; None where it is one already."""
    if isinstance(field, PREPARED):
        return lambda value: None if value is None else field.get_db_prep_save(value, here)
    return None
