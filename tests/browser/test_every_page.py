"""Every page of the URL table, as the first member of the cast who may see it: axe in both themes and two widths."""

from collections.abc import Callable, Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Person
from tests.browser.seen import faults
from tests.cast import Cast
from tests.look.test_frame import INLINE
from tests.url_table import MEMBERS, Row, rows

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PROBLEMS = ("/nowhere/",)


def seen() -> Iterator[tuple[Row, str]]:
    """Yield each page that is shown to somebody, with who that is."""
    for row in rows():
        member = next((name for name in MEMBERS if row.method == "get" and row.expected(name) == 200), None)
        if member:
            yield row, member


def address(row: Row, cast: Cast) -> str:
    """Return the path of `row`."""
    return row.url if row.url.startswith("/") else reverse(row.url, kwargs=dict(row.kwargs(cast)))


@pytest.mark.parametrize(("row", "member"), list(seen()), ids=str)
def test_a_page_is_accessible_in_every_look(
    row: Row, member: str, cast: Cast, page: Page, sign_in_as: Callable[[Person], Page]
) -> None:
    if member != "anonymous":
        sign_in_as(getattr(cast, member))
    path = address(row, cast)
    answer = page.request.get(path)
    if not answer.headers.get("content-type", "").startswith("text/html"):
        pytest.skip("not a page")
    assert not INLINE.search(answer.text())
    page.goto(path)
    expect(page.locator(".later")).to_have_count(0)
    assert faults(page) == []


@pytest.mark.parametrize("member", ["anonymous", "chiara"])
@pytest.mark.parametrize("path", PROBLEMS)
def test_an_error_page_is_accessible_in_every_look(
    path: str, member: str, cast: Cast, page: Page, sign_in_as: Callable[[Person], Page]
) -> None:
    if member != "anonymous":
        sign_in_as(getattr(cast, member))
    page.goto(path)
    assert faults(page) == []
