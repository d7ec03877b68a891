"""Reads the rows that decisions about people are made of, in three statements whoever it is.

They are written out: making statements of queries takes the library longer than the database needs to answer them.
Each statement sees one state of the tables, and carries the stamps of what it reads.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from cxaccess.jobs.stamps import MODEL

Raw = tuple[Any, ...]

PEOPLE = """
SELECT p.id, p.principal_id, p.state, p.created_at, p.title, p.manager_id, p.employed_from, p.employed_until,
  p.region_id, p.department_id, p.clearance, p.custom, p.leaves_at, COALESCE(s.version, 0),
  COALESCE((SELECT m.version FROM jobs_stamp m WHERE m.key = 0), 0)
FROM accounts_person p LEFT JOIN jobs_stamp s ON s.key = p.principal_id WHERE p.id IN ({people})
"""
# Each of these: what it is, three numbers, a word, the two ends of a window. A team or group only: a row that put
# somebody "into" another person would hand over all that person holds.
STAMPS = """
SELECT 0, s.key, s.version, 0, 0, '', CAST(NULL AS timestamp with time zone), CAST(NULL AS timestamp with time zone)
FROM jobs_stamp s WHERE s.key IN ({stamps})
"""
BELONGING = """
UNION ALL SELECT 1, m.id, m.person_id, m.principal_id, COALESCE(t.id, 0), m.part, m.starts_at, m.until
FROM accounts_membership m JOIN accounts_principal p ON p.id = m.principal_id
LEFT JOIN accounts_team t ON t.principal_id = m.principal_id
WHERE m.person_id IN ({people}) AND p.kind IN ('team', 'group'){m}
UNION ALL SELECT 2, d.id, d.person_id, d.node_id, 0, n.kind, d.starts_at, d.until
FROM accounts_persondimension d JOIN accounts_node n ON n.id = d.node_id WHERE d.person_id IN ({people}){d}
"""
HOLDING = """
UNION ALL SELECT 1, g.id, g.principal_id, g.role_id, g.scope_id, '', g.starts_at, g.until
FROM permissions_rolegrant g WHERE g.principal_id IN ({principals}) AND g.mode = 'active'{g}
UNION ALL SELECT 2, o.id, u.principal_id, o.content_object_id, 0, a.key, o.starts_at, o.until
FROM permissions_personobjectgrant o JOIN accounts_person u ON u.id = o.user_id
JOIN permissions_action a ON a.auth_permission_id = o.permission_id WHERE o.user_id IN ({people}){o}
UNION ALL SELECT 3, c.id, p.id, c.content_object_id, 0, a.key, c.starts_at, c.until
FROM permissions_groupobjectgrant c JOIN accounts_principal p ON p.auth_group_id = c.group_id
JOIN permissions_action a ON a.auth_permission_id = c.permission_id WHERE p.id IN ({principals}){c}
"""


@dataclass(slots=True)
class Row:
    """What a person's own row says."""

    pk: int
    principal_id: int
    state: str
    created_at: datetime
    title: str
    manager_id: int | None
    employed_from: date | None
    employed_until: date | None
    region_id: int | None
    department_id: int | None
    clearance: int | None
    custom: Any
    leaves_at: datetime | None
    version: int
    model_version: int


@dataclass(slots=True)
class Read:
    """Rows by what they are, and the stamps that were read with them."""

    stamps: dict[int, int] = field(default_factory=dict)
    kinds: dict[int, list[Raw]] = field(default_factory=lambda: {1: [], 2: [], 3: []})


def people(ids: Collection[int]) -> list[Row]:
    """Return what stands in the people's own rows, with the stamps of each and of the model."""
    found = []
    for row in _asked(PEOPLE.format(people=marks(ids)), list(ids)):
        values = (*row[:3], moment(row[3]), *row[4:11], parsed(row[11]), moment(row[12]), *row[13:])
        found.append(Row(*values))
    return found


def belonging(rows: Sequence[Row], since: datetime | None) -> Read:
    """Return memberships (1) and what people answer for (2), but what was over at `since`; None: all of it."""
    ids, keys = [row.pk for row in rows], [MODEL, *(row.principal_id for row in rows)]
    over, values = _over("md", since), _until(since)
    sql = (STAMPS + BELONGING).format(stamps=marks(keys), people=marks(ids), **over)
    return _read(sql, [*keys, *ids, *values, *ids, *values])


def holding(rows: Sequence[Row], principals: Collection[int], since: datetime | None) -> Read:
    """Return grants of roles to `principals` (1), and on one thing to the people (2) and to collectives (3)."""
    ids, to = [row.pk for row in rows], list(principals)
    over, values = _over("goc", since), _until(since)
    collectives = to  # no person is one: a principal with a group is none
    keys = [MODEL, *to]
    sql = (STAMPS + HOLDING).format(stamps=marks(keys), people=marks(ids), principals=marks(to), **over)
    return _read(sql, [*keys, *to, *values, *ids, *values, *collectives, *values])


def moment(value: Any) -> Any:
    """Return a moment as the database tells it: SQLite in a text, or without its zone, which is UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def parsed(value: Any) -> Any:
    """Return what a column of JSON holds: the database may tell it in a text."""
    if value == "{}":  # most hold nothing
        return {}
    return json.loads(value) if isinstance(value, str) else value


def marks(values: Collection[Any]) -> str:
    """Return the places for `values` in a statement."""
    return ", ".join(["%s"] * len(values))


def _read(sql: str, values: list[Any]) -> Read:
    found = Read()
    for kind, *rest, starts, until in _asked(sql, values):
        if kind:
            found.kinds[kind].append((*rest, moment(starts), moment(until)))
        else:
            found.stamps[rest[0]] = rest[1]
    return found


def _asked(sql: str, values: list[Any]) -> list[Raw]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[Raw] = cursor.fetchall()
        return rows


def _over(tables: str, since: datetime | None) -> dict[str, str]:
    return {
        table: "" if since is None else f" AND ({table}.until IS NULL OR {table}.until > %s)" for table in tables
    }  # fmt: skip


def _until(since: datetime | None) -> list[Any]:
    return [] if since is None else [connection.ops.adapt_datetimefield_value(since)]
