"""Lets a test that commits (`transaction=True`) empty its database afterwards, although the trail is append-only.

Django empties the tables of such a test with DELETE or TRUNCATE, which the trail's triggers refuse, as they must.
The test run is the database's owner, so it lifts them for exactly that flush and puts the same ones back; the product
has no such door, and while a test's body runs the triggers are always in force.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test import TransactionTestCase

TRAIL = "audits_event"


@contextmanager
def lifted() -> Iterator[None]:
    """Lift the triggers of the trail within."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"ALTER TABLE {TRAIL} DISABLE TRIGGER USER")
            yield
            cursor.execute(f"ALTER TABLE {TRAIL} ENABLE TRIGGER USER")
            return
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [TRAIL])
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _name, sql in triggers:
            cursor.execute(sql)


def install() -> None:
    """Have every flush after a transactional test run with the triggers lifted."""
    flush = TransactionTestCase._fixture_teardown

    def teardown(case: TransactionTestCase) -> None:
        with lifted():
            flush(case)

    TransactionTestCase._fixture_teardown = teardown
