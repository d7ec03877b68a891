"""Attributes that stand in a JSON column under a name: typed on the way out, NULL where the type is another one."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import BooleanField, CharField, F, FloatField, Func, Q
from django.db.models.functions import Length
from django.db.models.lookups import GreaterThan, IsNull

from cxaccess.lib.conditions.columns import One, Several
from cxaccess.lib.conditions.schema import Type

DAY = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"


class DayField(CharField):  # type: ignore[type-arg]  # it takes none at run time
    """A day as ISO text, which sorts as days do."""

    def get_prep_value(self, value: Any) -> Any:
        """Return the text."""
        return value.isoformat() if isinstance(value, date) else super().get_prep_value(value)


OUTPUT = {Type.NUMBER: FloatField, Type.YES_NO: BooleanField, Type.DATE: DayField}
SQLITE_TYPES = {Type.NUMBER: "'integer', 'real'", Type.YES_NO: "'true', 'false'"}
POSTGRES_TYPES = {Type.NUMBER: "number", Type.YES_NO: "boolean"}
POSTGRES_CASTS = {Type.NUMBER: "::double precision", Type.YES_NO: "::boolean"}


def _path(name: str) -> str:
    return f"$.{json.dumps(name)}"


class _Typed(Func):
    """The value under `name` if it is of `kind`, else NULL."""

    def __init__(self, column: str | Any, *, name: str, kind: Type, **extra: Any) -> None:
        output = extra.pop("output_field", None) or OUTPUT.get(kind, CharField)()
        super().__init__(column, output_field=output)
        self.name, self.kind = name, kind

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, tuple[Any, ...]]:
        """Return it in SQLite's words."""
        column, params = compiler.compile(self.source_expressions[0])
        types = SQLITE_TYPES.get(self.kind, "'text'")
        shape = f" AND json_extract({column}, %s) GLOB '{DAY}'" if self.kind is Type.DATE else ""
        sql = f"CASE WHEN json_type({column}, %s) IN ({types}){shape} THEN json_extract({column}, %s) END"
        return sql, (*params, _path(self.name)) * (3 if shape else 2)

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, tuple[Any, ...]]:
        """Return it in PostgreSQL's words."""
        column, params = compiler.compile(self.source_expressions[0])
        type_, cast = POSTGRES_TYPES.get(self.kind, "string"), POSTGRES_CASTS.get(self.kind, "")
        shape = f" AND ({column} ->> %s) ~ '^{DAY}$'" if self.kind is Type.DATE else ""
        sql = f"CASE WHEN jsonb_typeof({column} -> %s) = '{type_}'{shape} THEN ({column} ->> %s){cast} END"
        return sql, (*params, self.name) * (3 if shape else 2)


class _Elements(Func):
    """Whether the list under `name` has an element that is (`inside`) or is not one of `values`."""

    def __init__(self, column: str | Any, *, name: str, values: Sequence[str], inside: bool, **extra: Any) -> None:
        extra.pop("output_field", None)
        super().__init__(column, output_field=BooleanField())
        self.name, self.values, self.inside = name, tuple(values), inside

    conditional = True

    def _where(self, element: str) -> tuple[str, list[str]]:
        if not self.values:
            return "1 = 1", []
        marks = ", ".join(["%s"] * len(self.values))
        return f"{element} {'IN' if self.inside else 'NOT IN'} ({marks})", list(self.values)

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, tuple[Any, ...]]:
        """Return it in SQLite's words."""
        column, params = compiler.compile(self.source_expressions[0])
        where, values = self._where("cx_each.value")
        each = f"SELECT 1 FROM json_each({column}, %s) AS cx_each WHERE {where}"  # noqa: S608 - marks and columns only
        sql = f"(COALESCE(json_type({column}, %s), '') = 'array' AND EXISTS ({each}))"
        return sql, (*params, _path(self.name), *params, _path(self.name), *values)

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, tuple[Any, ...]]:
        """Return it in PostgreSQL's words."""
        column, params = compiler.compile(self.source_expressions[0])
        where, values = self._where("cx_each.value")
        source = f"CASE WHEN jsonb_typeof({column} -> %s) = 'array' THEN {column} -> %s ELSE '[]'::jsonb END"
        each = f"SELECT 1 FROM jsonb_array_elements_text({source}) AS cx_each(value) WHERE {where}"  # noqa: S608 - the same
        return f"EXISTS ({each})", (*params, self.name, *params, self.name, *values)


class _Absent(Func):
    """Whether nothing stands under `name`: no such key, null, an empty text, an empty list."""

    conditional = True

    def __init__(self, column: str | Any, *, name: str, **extra: Any) -> None:
        extra.pop("output_field", None)
        super().__init__(column, output_field=BooleanField())
        self.name = name

    def as_sqlite(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, tuple[Any, ...]]:
        """Return it in SQLite's words."""
        column, params = compiler.compile(self.source_expressions[0])
        sql = (
            f"(CASE COALESCE(json_type({column}, %s), 'null') WHEN 'null' THEN 1"
            f" WHEN 'text' THEN json_extract({column}, %s) = ''"
            f" WHEN 'array' THEN json_array_length({column}, %s) = 0 ELSE 0 END)"
        )
        return sql, (*params, _path(self.name)) * 3

    def as_postgresql(self, compiler: Any, connection: Any, **_extra: Any) -> tuple[str, tuple[Any, ...]]:
        """Return it in PostgreSQL's words."""
        column, params = compiler.compile(self.source_expressions[0])
        sql = (
            f"(CASE COALESCE(jsonb_typeof({column} -> %s), 'null') WHEN 'null' THEN true"
            f" WHEN 'string' THEN ({column} ->> %s) = ''"
            f" WHEN 'array' THEN jsonb_array_length({column} -> %s) = 0 ELSE false END)"
        )
        return sql, (*params, self.name) * 3


@dataclass(frozen=True)
class JsonColumn(One):
    """One value under `name` in the JSON column `column`."""

    column: str
    name: str
    kind: Type

    @property
    def expression(self) -> Any:
        """Return the value in SQL, NULL where it is of another type."""
        return _Typed(F(self.column), name=self.name, kind=self.kind)

    def present(self) -> Q:
        """Return the condition that it is there and well-typed."""
        there = Q(IsNull(self.expression, False))
        return there if self.kind in OUTPUT else there & Q(GreaterThan(Length(self.expression), 0))

    def missing(self) -> Q:
        """Return the condition that nothing stands there."""
        return Q(_Absent(F(self.column), name=self.name))


@dataclass(frozen=True)
class JsonSet(Several):
    """A list of codes under `name` in the JSON column `column`."""

    column: str
    name: str

    def has(self, values: Collection[Any]) -> Q:
        """Return the condition that one of `values` is in it."""
        return Q(_Elements(F(self.column), name=self.name, values=sorted(values), inside=True))

    def has_other(self, values: Collection[Any]) -> Q:
        """Return the condition that something else than `values` is in it."""
        return Q(_Elements(F(self.column), name=self.name, values=sorted(values), inside=False))

    def present(self) -> Q:
        """Return the condition that something is in it."""
        return Q(_Elements(F(self.column), name=self.name, values=(), inside=True))

    def missing(self) -> Q:
        """Return the condition that nothing stands there."""
        return Q(_Absent(F(self.column), name=self.name))
