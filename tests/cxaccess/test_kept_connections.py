"""A connection to PostgreSQL that is kept between requests: one that was closed meanwhile is opened anew, unnoticed."""

import time
from collections.abc import Iterator

import pytest
from django.db import connection, connections
from django.db.backends.postgresql import base

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.realdb,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="a file is never closed by others"),
]


@pytest.fixture(autouse=True)
def checked() -> Iterator[None]:
    """Have the connection seen to as in a request."""
    connection.ensure_connection()
    connection.health_check_enabled = True
    yield
    connection.health_check_enabled = False


def next_request() -> int:
    """Ask one thing as the first of a request; return the process of the server that answered."""
    connection.health_check_done = False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end(process: int) -> None:
    """Close the connection from the server's side, as a restart does."""
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [process])
            assert cursor.fetchone() == (True,)
    finally:
        other.close()
    time.sleep(0.05)  # its last words may still be on their way


def test_a_connection_that_stands_is_asked_nothing_but_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    before = next_request()
    asked: list[object] = []
    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", asked.append)
    assert next_request() == before
    assert not asked


def test_a_connection_that_was_closed_between_requests_is_opened_anew() -> None:
    before = next_request()
    end(before)
    assert next_request() != before


def test_a_connection_on_which_something_went_wrong_is_asked() -> None:
    before = next_request()
    connection.errors_occurred = True
    end(before)
    connection.close_if_unusable_or_obsolete()
    assert connection.connection is None


def test_a_connection_that_was_closed_on_this_side_is_not_usable() -> None:
    next_request()
    connection.connection.close()
    assert not connection.is_usable()
    assert next_request()
