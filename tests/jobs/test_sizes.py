"""SQLite is told how much there is, table by table; a table that is too large for that is left as it was."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from cxaccess.jobs import sizes
from cxaccess.jobs.kinds import KINDS
from cxaccess.jobs.models import Job
from tests.cast import Cast

T = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)


def looked_at() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tbl FROM sqlite_stat1")
        return {table for (table,) in cursor.fetchall()}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL counts its tables by itself")
def test_sqlite_looks_at_its_tables(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sizes, "MOST", 6)
    sizes.learn(Job(), T)
    assert "accounts_team" in looked_at()  # the cast has few teams
    assert "accounts_person" not in looked_at()
    monkeypatch.undo()
    sizes.learn(Job(), T)
    assert "accounts_person" in looked_at()


@pytest.mark.skipif(connection.vendor == "sqlite", reason="on SQLite the job looks: the test above")
@pytest.mark.realdb
def test_nothing_is_asked_of_postgresql(db: None) -> None:
    with connection.execute_wrapper(lambda *_asked: pytest.fail("asked")):
        sizes.learn(Job(), T)


def test_a_worker_does_it_by_itself() -> None:
    assert KINDS["database.sizes"].load() is sizes.learn
    assert KINDS["database.sizes"].every is not None
