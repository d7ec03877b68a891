"""Stamps: a cached snapshot is good as long as the stamps it was built from have not moved."""

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from cxaccess.jobs.models import Stamp
from cxaccess.lib.sets import insert_select

CHUNK = 5_000  # keys in one statement: databases limit its parameters
TABLE = Stamp._meta.db_table
MODEL = 0  # roles, catalogue, trees and team parents: whatever everybody's decisions share


def bump(*keys: int) -> None:
    """Add one to each stamp, in the caller's transaction, which must be open. `keys`: principal ids or MODEL."""
    if not connection.in_atomic_block:
        raise RuntimeError("Stamps move only in the transaction of the change.")
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), CHUNK):
        some = wanted[start : start + CHUNK]
        Stamp.objects.bulk_create([Stamp(key=key) for key in some], ignore_conflicts=True)
        if len(some) > 1:
            # In one order, so that two who move several of the same never wait for each other in a circle.
            list(Stamp.objects.filter(key__in=some).order_by("key").select_for_update().values_list("key"))
        Stamp.objects.filter(key__in=some).update(version=F("version") + 1)


def bump_those(keys: QuerySet[Any]) -> None:
    """Add one to the stamp of each of `keys`, a query of one column: of however many, in two statements."""
    if not connection.in_atomic_block:
        raise RuntimeError("Stamps move only in the transaction of the change.")
    column = keys.query.values_select[0]
    insert_select(Stamp, keys.distinct(), {"key": F(column), "version": 0}, new_only=True)
    Stamp.objects.filter(key__in=keys).update(version=F("version") + 1)


def read(keys: Iterable[int]) -> dict[int, int]:
    """Return {key: version}, in one query; a stamp that never moved is 0."""
    wanted = list(set(keys))
    if not wanted:
        return {}
    # By hand: every request asks it, and building the statement would take longer than the database does.
    marks = ", ".join(["%s"] * len(wanted))
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "key", "version" FROM "{TABLE}" WHERE "key" IN ({marks})', wanted)  # noqa: S608 - marks
        found = dict(cursor.fetchall())
    return {key: found.get(key, 0) for key in wanted}


def lock(key: int = MODEL) -> None:
    """Hold the stamp's row until the caller's transaction ends, so that rivals queue up."""
    Stamp.objects.bulk_create([Stamp(key=key)], ignore_conflicts=True)
    Stamp.objects.select_for_update().get(key=key)
