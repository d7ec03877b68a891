"""The rows of use: added set by set, right under concurrency on SQLite and PostgreSQL.

Each table takes one kind of statement, ``INSERT .. ON CONFLICT DO UPDATE``: what two writers bring adds up.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, models

from cxaccess.lib.inserts import CHUNK, upsert
from permissions.models import (
    GroupObjectGrant,
    PersonObjectGrant,
    RoleGrant,
    UsageAction,
    UsageActionDay,
    UsageDay,
    UsageGrant,
    UsageGroupGrant,
    UsageLast,
)

LOCK = 4_207_849  # a number of our own among PostgreSQL's advisory locks; SQLite has one writer anyway
GRAIN = timedelta(hours=1)  # how far a grant's own mark of use may lag behind what is kept of each person
EXACT = timedelta()


class Use(NamedTuple):
    """One person did one action on one resource, `times` times, last at `at`. All three are ids."""

    person: int
    action: int
    resource: int
    at: datetime
    times: int


Credits = Mapping[tuple[int, int], datetime]  # (grant, person): when last


class Behind(NamedTuple):
    """The grants that allowed some uses, and when each last did.

    `roles` are grants of roles; `own` (by grant: they have one holder) and `shared` are grants on one resource, of
    people and of teams and groups.
    """

    roles: Credits
    own: Mapping[int, datetime]
    shared: Credits


def add(uses: Iterable[Use], behind: Behind) -> int:
    """Add `uses` and the grants `behind` them, in the open transaction. Return how many rows of days that made."""
    _one_after_the_other()
    days = _by_day(uses)
    lasts = _latest((key[:3], at) for key, (_count, at) in days.items())
    actions = _latest(((person, action), at) for (person, action, _resource), at in lasts.items())
    totals: dict[tuple[int, date], int] = defaultdict(int)
    for (_person, action, _resource, day), (count, _at) in days.items():
        totals[action, day] += count
    upsert(UsageDay, ("person", "action", "resource", "day"), ("count", "last_at"), days)
    upsert(UsageLast, ("person", "action", "resource"), ("last_at",), {key: (at,) for key, at in lasts.items()})
    upsert(UsageAction, ("person", "action"), ("last_at",), {key: (at,) for key, at in actions.items()})
    upsert(UsageGrant, ("grant", "person"), ("last_at",), {key: (at,) for key, at in behind.roles.items()})
    upsert(UsageActionDay, ("action", "day"), ("count",), {key: (count,) for key, count in totals.items()})
    _mark(RoleGrant, _latest((grant, at) for (grant, _person), at in behind.roles.items()), GRAIN)
    credit_on(behind)
    return len(days)


def credit_on(behind: Behind) -> None:
    """Move what is kept of the use of grants on one resource forward, in the open transaction."""
    upsert(UsageGroupGrant, ("grant", "person"), ("last_at",), {key: (at,) for key, at in behind.shared.items()})
    _mark(GroupObjectGrant, _latest((grant, at) for (grant, _person), at in behind.shared.items()), GRAIN)
    _mark(PersonObjectGrant, behind.own, EXACT)


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


def _mark(table: type[models.Model], lasts: Mapping[int, datetime], grain: timedelta) -> None:
    """Move the grants' own marks of use forward, by `grain` at least: what a whole team uses is not written each time.

    A grant that somebody is changing at this moment is left out, never waited for: its next use moves its mark.
    """
    ordered = sorted(lasts)
    for start in range(0, len(ordered), CHUNK):
        chunk = ordered[start : start + CHUNK]
        found = table._default_manager.filter(pk__in=chunk).order_by("pk")
        locked = found.select_for_update(skip_locked=True, of=("self",)).values_list("pk", "last_used_at")
        moved = {
            pk: lasts[pk] for pk, known in locked if known is None or (lasts[pk] > known and lasts[pk] - known >= grain)
        }
        if moved:
            _write_marks(table, moved)


def _write_marks(table: type[models.Model], moved: Mapping[int, datetime]) -> None:
    """Write each grant's mark, in one statement."""
    field, quote = table._meta.get_field("last_used_at"), connection.ops.quote_name
    name, column, key = quote(table._meta.db_table), quote(field.column), quote(table._meta.pk.column)
    each = " ".join(["WHEN %s THEN %s"] * len(moved))
    these = ", ".join(["%s"] * len(moved))
    change = f"UPDATE {name} SET {column} = CASE {key} {each} END WHERE {key} IN ({these})"  # noqa: S608 - our own names
    marks = [part for pk, at in moved.items() for part in (pk, field.get_db_prep_value(at, connection))]
    with connection.cursor() as cursor:
        cursor.execute(change, [*marks, *moved])
