"""Every route, every method, every member of the cast: the answer the table says, and none that it does not know."""

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from cxaccess.lib import clock
from tests import cast as people
from tests.cast import Cast
from tests.sessions import signed_in
from tests.url_table import LOGIN, MEMBERS, Row, rows

TABLE = list(rows())
METHODS = ("get", "post")


def routes(resolver: URLResolver | None = None, namespace: str = "", prefix: str = "/") -> Iterator[str]:
    """Yield the full name of every route; of a route without a name, its path."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from routes(entry, inner, f"{prefix}{entry.pattern}")
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}" if entry.name else f"{prefix}{entry.pattern}"


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The database in one transaction for the whole table, undone at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def town(db: None) -> Iterator[Cast]:
    """The cast, once for the whole table; every request is undone after it, and the clock stands still meanwhile."""
    with time_machine.travel(clock.now(), tick=False):
        yield people.build()


@pytest.fixture(scope="module")
def clients(town: Cast) -> dict[str, Client]:
    """A signed-in client for each member."""
    found = {name: signed_in(getattr(town, name)) for name in MEMBERS if name != "anonymous"}
    return found | {"anonymous": Client()}


def ask(client: Client, row: Row, town: Cast, method: str | None = None) -> HttpResponse:
    """Send the row's request and undo whatever it changed, in the database and among the cookies."""
    cookies = deepcopy(client.cookies)
    with transaction.atomic():
        path = row.url if row.url.startswith("/") else reverse(row.url, kwargs=dict(row.kwargs(town)))
        answer = getattr(client, method or row.method)(path, row.sent(town) if method is None else {})
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def outcome(answer: HttpResponse) -> int | str:
    """Return the status; LOGIN for a redirect to the sign-in page."""
    target = answer.headers.get("Location", "")
    is_login = answer.status_code == 302 and target.partition("?")[0] == resolve_url(settings.LOGIN_URL)
    return LOGIN if is_login else answer.status_code


def test_every_route_stands_in_the_table_and_every_row_is_a_route() -> None:
    known, listed = set(routes()), {row.url for row in TABLE}
    assert known - listed == set(), "routes without a row in tests/url_table/"
    assert listed - known == set(), "rows without a route"


def test_no_row_stands_twice() -> None:
    twice = [key for key, count in Counter((row.url, row.method) for row in TABLE).items() if count > 1]
    assert twice == []


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_everybody_gets_the_answer_of_the_table(row: Row, town: Cast, clients: dict[str, Client]) -> None:
    answers = {member: outcome(ask(clients[member], row, town)) for member in MEMBERS}
    surprises = [
        f"{member}: {got}, not {row.expected(member)}" for member, got in answers.items() if got != row.expected(member)
    ]
    assert not surprises, "; ".join(surprises)


def _unlisted() -> list[tuple[Row, str]]:
    listed = {(row.url, row.method) for row in TABLE}
    first = {row.url: row for row in reversed(TABLE)}
    return [(row, method) for row in first.values() for method in METHODS if (row.url, method) not in listed]


@pytest.mark.parametrize(("row", "method"), _unlisted(), ids=str)
def test_a_method_without_a_row_is_refused(row: Row, method: str, town: Cast, clients: dict[str, Client]) -> None:
    """Even who may do everything gets 405: a page that only shows takes no POST, a change takes no GET."""
    assert outcome(ask(clients["priya"], row, town, method)) == 405
