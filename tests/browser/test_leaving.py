"""A leaver with a browser open is cut off at the next click; the report is read; a leaving ahead is called off."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Leaving, Person
from cxaccess.assets import ENTRY
from tests.browser.conftest import style_sheet
from tests.browser.seen import faults
from tests.cast import Cast
from tests.leaving import Laden
from tests.sessions import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def second_browser(chromium: Browser, live_server: Any, person: Person) -> Page:
    """Open a browser of its own in which `person` is signed in."""
    url = live_server.url.replace("127.0.0.1", "localhost")
    context = chromium.new_context(base_url=url, reduced_motion="reduce")
    context.route(f"**/{ENTRY}", lambda route: route.fulfill(body=style_sheet(), content_type="text/css"))
    cookies = signed_in(person).cookies
    context.add_cookies([{"name": name, "value": cookie.value, "url": url} for name, cookie in cookies.items()])
    return context.new_page()


def test_a_leaver_is_cut_off_at_the_next_click(
    cast: Cast, sign_in_as: Callable[[Person], Page], chromium: Browser, live_server: Any
) -> None:
    Laden(cast)
    theirs = second_browser(chromium, live_server, cast.maya)
    theirs.goto("/me/sessions/")
    expect(theirs.get_by_role("heading", level=1)).to_be_visible()

    page = sign_in_as(cast.priya)
    page.goto(f"/people/{cast.maya.pk}/")
    page.get_by_role("link", name="Offboard").click()
    expect(page.get_by_text("Churn dashboard").first).to_be_visible()
    expect(page.get_by_text("Unless you choose somebody else, Jonas Weber takes over")).to_be_visible()
    assert faults(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_label("At once").check()
    page.get_by_label("Reason").fill("Contract ended")
    page.get_by_role("button", name="Offboard Maya Okafor").click()
    expect(page.get_by_text("Type Maya Okafor to confirm.")).to_be_visible()
    page.get_by_label("Type Maya Okafor to confirm").fill("Maya Okafor")
    page.get_by_role("button", name="Offboard Maya Okafor").click()
    expect(page.get_by_role("heading", name="Has left", exact=True)).to_be_visible()

    theirs.reload()
    expect(theirs).to_have_url(re.compile("/sign-in/"))
    theirs.context.close()

    dashboard = page.get_by_role("row", name="Churn dashboard").filter(has_text="Jonas Weber")
    expect(dashboard).to_be_visible()
    assert faults(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    with page.expect_download() as download:
        page.get_by_role("button", name="Export the report").click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert "Churn dashboard" in text
    assert "Jonas Weber" in text
    page.goto("/people/leaving/?view=left")
    expect(page.get_by_role("link", name="Maya Okafor", exact=True)).to_be_visible()
    assert faults(page) == []


def test_a_leaving_ahead_is_scheduled_and_called_off(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    page = sign_in_as(cast.priya)
    page.goto(f"/people/{cast.ali.pk}/leave/")
    page.get_by_label("At a moment ahead").check()
    page.get_by_label("Date").fill("2027-11-30")
    page.get_by_label("Reason").fill("Moves abroad")
    page.get_by_label("Type Ali Haddad to confirm").fill("ali haddad")
    page.get_by_role("button", name="Offboard Ali Haddad").click()
    expect(page.get_by_role("heading", name="Leaves", exact=True)).to_be_visible()
    assert Leaving.objects.get().leaves_at.isoformat() == "2027-12-01T00:00:00+00:00"
    page.goto("/people/leaving/")
    expect(page.get_by_role("link", name="Ali Haddad", exact=True)).to_be_visible()
    page.goto(f"/people/{cast.ali.pk}/")
    page.get_by_role("link", name="Call it off").click()
    page.get_by_label("Reason").fill("He stays")
    page.get_by_role("button", name="Call it off").click()
    expect(page.get_by_text("Ali Haddad stays, with all they have.")).to_be_visible()
    cast.ali.refresh_from_db()
    assert cast.ali.leaves_at is None
