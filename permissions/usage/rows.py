"""The rows of use: added set by set, right under concurrency on SQLite and PostgreSQL.

Each table takes one kind of statement, ``INSERT .. ON CONFLICT DO UPDATE``: what two writers bring adds up.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, models

from permissions.models import RoleGrant, UsageAction, UsageActionDay, UsageDay, UsageGrant, UsageLast

CHUNK = 500  # rows in one statement
LOCK = 4_207_849  # a number of our own among PostgreSQL's advisory locks; SQLite has one writer anyway
GRAIN = timedelta(hours=1)  # how far a grant's own mark of use may lag behind UsageGrant


class Use(NamedTuple):
    """One person did one action on one resource, `times` times, last at `at`. All three are ids."""

    person: int
    action: int
    resource: int
    at: datetime
    times: int


Credits = Mapping[tuple[int, int], datetime]  # (grant, person): when last


def add(uses: Iterable[Use], behind: Credits) -> int:
    """Add `uses` and the grants `behind` them, in the open transaction. Return how many rows of days that made."""
    _one_after_the_other()
    days = _by_day(uses)
    lasts = _latest((key[:3], at) for key, (_count, at) in days.items())
    actions = _latest(((person, action), at) for (person, action, _resource), at in lasts.items())
    totals: dict[tuple[int, date], int] = defaultdict(int)
    for (_person, action, _resource, day), (count, _at) in days.items():
        totals[action, day] += count
    _upsert(UsageDay, ("person", "action", "resource", "day"), ("count", "last_at"), days)
    _upsert(UsageLast, ("person", "action", "resource"), ("last_at",), {key: (at,) for key, at in lasts.items()})
    _upsert(UsageAction, ("person", "action"), ("last_at",), {key: (at,) for key, at in actions.items()})
    _upsert(UsageGrant, ("grant", "person"), ("last_at",), {key: (at,) for key, at in behind.items()})
    _upsert(UsageActionDay, ("action", "day"), ("count",), {key: (count,) for key, count in totals.items()})
    _mark_grants(_latest(((grant,), at) for (grant, _person), at in behind.items()))
    return len(days)


def _one_after_the_other() -> None:
    """Wait for whoever adds use at this moment: parts of one file come in no order that all writers could share."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _by_day(uses: Iterable[Use]) -> dict[tuple[int, int, int, date], tuple[int, datetime]]:
    found: dict[tuple[int, int, int, date], tuple[int, datetime]] = {}
    for use in uses:
        key = (use.person, use.action, use.resource, use.at.date())
        count, at = found.get(key, (0, use.at))
        found[key] = (count + use.times, max(at, use.at))
    return found


def _latest(pairs: Iterable[tuple[Any, datetime]]) -> dict[Any, datetime]:
    found: dict[Any, datetime] = {}
    for key, at in pairs:
        known = found.get(key)
        if known is None or known < at:
            found[key] = at
    return found


def _upsert(
    table: type[models.Model], key: Sequence[str], values: Sequence[str], rows: Mapping[tuple[Any, ...], Sequence[Any]]
) -> None:
    """Add `rows` ({key: values}) to `table`: a `count` adds up, a `last_at` moves only forward."""
    fields = [table._meta.get_field(name) for name in (*key, *values)]
    columns = [connection.ops.quote_name(field.column) for field in fields]
    name = connection.ops.quote_name(table._meta.db_table)
    later = f"excluded.last_at > {name}.last_at"
    news = {
        "count": f"count = {name}.count + excluded.count",
        "last_at": f"last_at = CASE WHEN {later} THEN excluded.last_at ELSE {name}.last_at END",
    }
    only = f" WHERE {later}" if values == ("last_at",) else ""
    line = f"({', '.join(['%s'] * len(fields))})"
    head = f"INSERT INTO {name} ({', '.join(columns)}) VALUES "  # noqa: S608 - names of our own tables and columns
    change = ", ".join(news[value] for value in values)
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


def _mark_grants(lasts: Mapping[tuple[int], datetime]) -> None:
    """Move the grants' own marks of use forward, by GRAIN at least: what a whole team uses is not written each time.

    A grant that somebody is changing at this moment is left out, never waited for: its next use moves its mark.
    """
    for start in range(0, len(lasts), CHUNK):
        chunk = [grant for (grant,) in sorted(lasts)[start : start + CHUNK]]
        locked = RoleGrant.objects.filter(pk__in=chunk).order_by("pk").select_for_update(skip_locked=True, of=("self",))
        moved: dict[datetime, list[int]] = defaultdict(list)
        for pk, known in locked.values_list("pk", "last_used_at"):
            if known is None or lasts[pk,] - known >= GRAIN:
                moved[lasts[pk,]].append(pk)
        for at, grants in moved.items():
            RoleGrant.objects.filter(pk__in=grants).update(last_used_at=at)
