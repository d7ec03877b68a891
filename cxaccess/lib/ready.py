"""A condition on the rows of one table whose SQL is written once and put into many statements.

Most of the time of a short statement goes into building and writing its condition, not into answering it.
"""

from collections.abc import Sequence
from typing import Any, Self

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import BooleanField, Model, Q
from django.db.models.expressions import Col, Expression
from django.db.models.sql import Query
from django.db.models.sql.where import WhereNode

EVERYTHING, NOTHING = Q(), Q(pk__in=[])
YES_NO = BooleanField()


class Ready(Expression):
    """The condition: `sql` with `params`, its columns those of `table`, which a statement may call by another name."""

    conditional = True

    def __init__(self, table: str, sql: str, params: tuple[Any, ...], row: Any = None) -> None:
        super().__init__(output_field=YES_NO)
        self.table, self.sql, self.params, self.row = table, sql, params, row

    def get_source_expressions(self) -> list[Any]:
        """Return the key of the row, which knows what a statement calls the table."""
        return [] if self.row is None else [self.row]

    def set_source_expressions(self, exprs: Any) -> None:
        """Take the key of the row in another statement."""
        self.row = exprs[0] if exprs else None

    def resolve_expression(self, query: Any = None, *_args: Any, **_more: Any) -> Self:
        """Return the condition in `query`."""
        key = query.get_meta().pk
        return type(self)(self.table, self.sql, self.params, Col(query.get_initial_alias(), key))

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Return it under the name that the statement has for the table."""
        if self.row.alias == self.table:
            return self.sql, self.params
        mine, theirs = connection.ops.quote_name(self.table), compiler.quote_name_unless_alias(self.row.alias)
        return self.sql.replace(f"{mine}.", f"{theirs}."), self.params


def written(condition: Q, model: type[Model], using: str) -> Ready | Q | None:
    """Return the condition on rows of `model` made ready; None where it joins other tables or asks them."""
    query = Query(model)
    query.add_q(condition)
    joined = [alias for alias, uses in query.alias_refcount.items() if uses and alias != query.base_table]
    if joined or not _is_plain(query.where):
        return None
    try:
        sql, params = query.get_compiler(using).compile(query.where)
    except EmptyResultSet:
        return NOTHING
    except FullResultSet:
        return EVERYTHING
    return Ready(model._meta.db_table, *_numbered(f"({sql})", params))


def _numbered(sql: str, params: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
    """Return a statement with its whole numbers put in place: there may be more than it has room for as values."""
    parts = sql.split("%s")
    if len(parts) != len(params) + 1 or "%%" in sql:
        return sql, tuple(params)
    found, left = [parts[0]], []
    for part, value in zip(parts[1:], params, strict=True):
        if isinstance(value, int) and not isinstance(value, bool):  # PostgreSQL's driver has kinds of them
            found.append(f"{value:d}" if value >= 0 else f"({value:d})")
        else:
            found.append("%s")
            left.append(value)
        found.append(part)
    return "".join(found), tuple(left)


def _is_plain(part: Any) -> bool:
    """Return whether no part of it is a statement of its own."""
    if isinstance(part, Query):
        return False
    inner = part.children if isinstance(part, WhereNode) else part.get_source_expressions()
    return all(_is_plain(one) for one in inner if one is not None)
