"""A real Chromium against the real application."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from django.contrib.staticfiles.finders import get_finders
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect, sync_playwright

from accounts.models import Person
from cxaccess.assets import ENTRY, bundled
from tests.sessions import signed_in

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Playwright's loop runs in the thread of the test, where Django would otherwise refuse the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
# What must become true may take long on a busy machine; what is already true costs no time.
expect.set_options(timeout=15_000)


def launched(playwright: Playwright) -> Browser:
    """Return Chromium: the one on the path, else Playwright's own. Skips the tests where there is none."""
    own = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    for path in (own, None):
        with suppress(Error):
            return playwright.chromium.launch(executable_path=path, args=FLAGS)
    pytest.skip("BROWSER TESTS SKIPPED: no Chromium. Install it, or run `playwright install chromium`.")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run."""
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@cache
def style_sheet() -> str:
    """Return the one style sheet that people get: the parts as `collectstatic` puts them together."""
    return bundled(ENTRY, {path: (storage, path) for finder in get_finders() for path, storage in finder.list([])})


@pytest.fixture
def context(chromium: Browser, live_server: Any) -> Iterator[BrowserContext]:
    """A fresh browser profile; relative addresses lead to the live server."""
    made = chromium.new_context(base_url=live_server.url.replace("127.0.0.1", "localhost"), reduced_motion="reduce")
    made.route(f"**/{ENTRY}", lambda route: route.fulfill(body=style_sheet(), content_type="text/css"))
    yield made
    made.close()


def ours(complaint: str) -> bool:
    """Return whether the policy refused something of ours: axe itself tries inline styles, which pages never hold."""
    return "Content Security" in complaint and "inline style" not in complaint


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page of nobody in particular. What the console of the browser complains about fails the test."""
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda line: complaints.append(line.text) if ours(line.text) else None)
    yield opened
    assert complaints == []


@pytest.fixture
def sign_in_as(context: BrowserContext, page: Page, live_server: Any) -> Callable[[Person], Page]:
    """Return a function that makes the page somebody's, as after the last stage of signing in."""

    def sign_in(person: Person) -> Page:
        url = live_server.url.replace("127.0.0.1", "localhost")
        cookies = signed_in(person).cookies
        context.add_cookies([{"name": name, "value": cookie.value, "url": url} for name, cookie in cookies.items()])
        return page

    return sign_in
