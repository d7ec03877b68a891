"""Writing many rows in one statement: INSERT .. SELECT, for what would be too many rows to carry through Python."""

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Value


def insert_select(
    model: type[models.Model], rows: models.QuerySet[Any], values: Mapping[str, Any], *, new_only: bool = False
) -> int:
    """Write one row of `model` for each of `rows`; return how many. `new_only` passes over those that collide.

    `values` gives every column of `model` but its key by field name: an expression over `rows`, or a constant.
    """
    missing = {field.name for field in model._meta.concrete_fields if not isinstance(field, models.AutoField)}
    if missing - set(values):
        raise ValueError(f"No value for {sorted(missing - set(values))} of {model.__name__}.")
    given = {f"put_{name}": _expression(model, name, value) for name, value in values.items()}
    try:
        selected = rows.order_by().annotate(**given).values_list(*given)
        sql, params = selected.query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return 0
    quote = connection.ops.quote_name
    columns = ", ".join(quote(column_of(model, name)) for name in values)
    table, ending = quote(model._meta.db_table), " ON CONFLICT DO NOTHING" if new_only else ""
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} ({columns}) {sql}{ending}", params)
        return int(cursor.rowcount)


def column_of(model: type[models.Model], name: str) -> str:
    """Return the column of a field."""
    return str(getattr(model._meta.get_field(name), "column", name))


def _expression(model: type[models.Model], name: str, value: Any) -> Any:
    if hasattr(value, "resolve_expression"):
        return value
    field = model._meta.get_field(name)
    if isinstance(field, models.JSONField):
        return Value(None if value is None else json.dumps(value), models.TextField())
    plain = getattr(field, "target_field", field)
    return Value(
        value, plain if isinstance(plain, models.Field) and not field.is_relation else models.BigIntegerField()
    )
