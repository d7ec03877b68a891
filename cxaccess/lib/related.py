"""What rows point to, read for all of them in one statement instead of joined to each.

A statement that joins a dozen tables for the names in them costs more to plan, and to put together, than a page of rows
takes to read. So a page reads its rows first and then what it says of what they point to, by id.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connections, models
from django.db.utils import DEFAULT_DB_ALIAS

from cxaccess.lib.models import made


@dataclass(frozen=True, slots=True)
class Part:
    """What is read of one table: rows found by the attribute `by`, with the attributes `names`, which it is one of."""

    model: type[models.Model]
    by: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One relation of the rows, or of what they point to by relations that are read already; and the part it leads to.

    `key` is the attribute that the part's rows are found by, as the row that has the relation knows it.
    """

    through: tuple[str, ...]
    relation: Any
    key: str
    part: Part


def attach(rows: Iterable[models.Model], *paths: str) -> None:
    """Put what `rows` point to beside them, with the columns of `paths` and no others: "role__name", "owner__pk".

    Columns hold text or whole numbers. Relations on the way, as `principal` in "principal__team__pk", have been read.
    """
    attach_all([(rows, paths)])


def attach_all(lists: Iterable[tuple[Iterable[models.Model], tuple[str, ...]]]) -> None:
    """Do so for several lists of rows, each with its own paths, in one statement for them all."""
    wanted: list[tuple[Step, Any, Any]] = []
    for rows, paths in lists:
        for row in rows:
            wanted += _wanted(row, paths)
    keys: dict[Part, set[Any]] = defaultdict(set)
    for step, _here, key in wanted:
        keys[step.part].add(key)
    found = _read(keys) if keys else {}
    for step, here, key in wanted:
        there = found.get((step.part, key))
        step.relation.set_cached_value(here, there)
        if there is not None and step.relation.auto_created:
            step.relation.remote_field.set_cached_value(there, here)


def _wanted(row: models.Model, paths: tuple[str, ...]) -> Iterator[tuple[Step, Any, Any]]:
    """Yield each relation with the row that has it and the key of what it leads to, where it leads to anything."""
    for step in _steps(type(row), paths):
        here: Any = row
        for name in step.through:
            here = here and getattr(here, name)
        key = here and getattr(here, step.key)
        if key is not None:
            yield step, here, key


@lru_cache(maxsize=128)
def _steps(model: type[models.Model], paths: tuple[str, ...]) -> tuple[Step, ...]:
    columns: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        relation, _, column = path.rpartition("__")
        columns[relation].append(column)
    return tuple(_step(model, relation.split("__"), found) for relation, found in columns.items())


def _step(model: type[models.Model], path: list[str], columns: list[str]) -> Step:
    here: Any = model
    for name in path[:-1]:
        here = here._meta.get_field(name).related_model
    relation: Any = here._meta.get_field(path[-1])
    there = relation.related_model
    back = relation.auto_created  # the other one points here
    by = relation.remote_field.attname if back else there._meta.pk.attname
    named = [there._meta.pk.attname if name == "pk" else there._meta.get_field(name).attname for name in columns]
    names = tuple(dict.fromkeys([there._meta.pk.attname, by, *named]))
    return Step(tuple(path[:-1]), relation, "pk" if back else relation.attname, Part(there, by, names))


def _read(keys: dict[Part, set[Any]]) -> dict[tuple[Part, Any], models.Model]:
    """Return {(part, key): the row}, in one statement: every column as text, so that tables are read as one."""
    parts, values = list(keys), []
    widest, statements = max(len(part.names) for part in parts), []
    for number, part in enumerate(parts):
        meta: Any = part.model._meta
        columns = [f'CAST("{meta.get_field(name).column}" AS TEXT)' for name in part.names]
        columns += ["NULL"] * (widest - len(columns))
        among = ", ".join(["%s"] * len(keys[part]))
        found = f'FROM "{meta.db_table}" WHERE "{meta.get_field(part.by).column}" IN ({among})'
        statements.append(f"SELECT {number}, {', '.join(columns)} {found}")
        values += sorted(keys[part])
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statements), values)
        rows = [_row(parts[number], held) for number, *held in cursor.fetchall()]
    return {(part, getattr(row, part.by)): row for part, row in rows}


def _row(part: Part, held: list[Any]) -> tuple[Part, models.Model]:
    meta: Any = part.model._meta
    fields = map(meta.get_field, part.names)
    values = [field.to_python(value) for field, value in zip(fields, held, strict=False)]
    return part, made(part.model, part.names, values, DEFAULT_DB_ALIAS)
