"""Very many rows into an empty SQLite instance, in the time that its disk takes and not its indexes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection

from cxaccess.lib.inserts import insert_rows

BATCH = 20_000


@contextmanager
def later_indexed() -> Iterator[None]:
    """Within it the tables have no indexes but for those of their keys; afterwards all there were.

    One that is made of a whole table is sorted once; one that grows with it is looked up for each row.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND sql NOT LIKE '%UNIQUE%'"
            " AND (tbl_name LIKE 'accounts%' OR tbl_name LIKE 'permissions%')"
        )
        made = cursor.fetchall()
        for name, _sql in made:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _name, sql in made:
            cursor.execute(sql)


def next_id(model: Any) -> int:
    """Return an id past every one there is."""
    last = model._default_manager.order_by("-pk").values_list("pk", flat=True).first()
    return int(last or 0) + 1


def insert(model: Any, columns: Sequence[str], rows: Any, also: dict[str, Any] | None = None) -> None:
    """Insert rows in batches; columns that are not named get `also`, or the model's defaults."""
    fixed = dict(also or {})
    for field in model._meta.concrete_fields:
        if field.attname not in columns and not (field.primary_key or field.attname in fixed):
            fixed[field.attname] = field.get_default()
    tail, batch = tuple(fixed.values()), []
    for row in rows:
        batch.append((*row, *tail))
        if len(batch) == BATCH:
            insert_rows(model, (*columns, *fixed), batch)
            batch.clear()
    insert_rows(model, (*columns, *fixed), batch)
