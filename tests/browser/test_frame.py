"""The frame with scripts: palette, theme, menu, keys, choosing among many, choosing rows."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Person
from tests.browser.seen import faults
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def gallery(cast: Cast, sign_in_as: Callable[[Person], Page]) -> Page:
    page = sign_in_as(cast.priya)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto("/gallery/")
    return page


def test_the_palette_opens_by_keys_finds_and_goes(gallery: Page) -> None:
    gallery.keyboard.press("Control+k")
    box = gallery.get_by_role("combobox", name="Search", exact=True)
    expect(box).to_be_focused()
    box.fill("gallery nothing")
    expect(gallery.locator("#palette-results")).to_contain_text("Nothing found")
    assert faults(gallery) == []
    gallery.keyboard.press("Escape")
    expect(gallery.locator("#palette")).not_to_be_visible()


def test_the_theme_changes_at_once_and_stays(gallery: Page) -> None:
    gallery.get_by_role("button", name="Your menu, Priya Raman").click()
    gallery.get_by_role("button", name="Dark").click()
    expect(gallery.locator("html")).to_have_attribute("data-theme", "dark")
    gallery.reload()
    expect(gallery.locator("html")).to_have_attribute("data-theme", "dark")


def test_single_keys_show_the_shortcuts_and_can_be_turned_off(gallery: Page) -> None:
    gallery.keyboard.press("?")
    shortcuts = gallery.locator("#shortcuts")
    expect(shortcuts).to_be_visible()
    assert faults(gallery) == []
    gallery.set_viewport_size({"width": 1280, "height": 900})
    gallery.get_by_role("switch", name="Use single keys").uncheck()
    gallery.keyboard.press("Escape")
    gallery.locator("h1").click()
    gallery.keyboard.press("?")
    expect(shortcuts).not_to_be_visible()


def test_the_navigation_opens_as_a_popover_on_a_telephone(gallery: Page) -> None:
    gallery.set_viewport_size({"width": 360, "height": 800})
    gallery.get_by_role("button", name="Menu", exact=True).click()
    expect(gallery.get_by_role("navigation", name="Main")).to_be_visible()


def test_choosing_among_many_by_typing_fills_the_select(gallery: Page) -> None:
    owner = gallery.get_by_role("combobox", name="Owner").first
    owner.fill("gri")
    owner.press("Enter")
    expect(owner).to_have_value("Ingrid Aas")
    assert gallery.locator("select[name=owner]").first.evaluate("select => select.value") == "2"


def test_a_list_filters_and_sorts_in_place_and_keeps_its_address(gallery: Page) -> None:
    gallery.evaluate("window.stayed = true")
    gallery.get_by_role("searchbox", name="Search roles").press_sequentially("ana")
    expect(gallery).to_have_url(re.compile(r"/gallery/\?q=ana$"))
    gallery.get_by_role("columnheader", name="People").get_by_role("link").click()
    expect(gallery).to_have_url(re.compile(r"sort=people"))
    expect(gallery.get_by_role("columnheader", name="People")).to_have_attribute("aria-sort", "ascending")
    assert gallery.evaluate("window.stayed")


def test_choosing_rows_counts_them(gallery: Page) -> None:
    bar = gallery.get_by_role("region", name="Selection")
    gallery.get_by_label("Select all on this page").check()
    expect(bar).to_contain_text("3 selected")
    bar.get_by_role("button", name="Clear").click()
    expect(bar).not_to_be_visible()


def test_a_dialog_confirms_by_typing_and_gives_the_focus_back(gallery: Page) -> None:
    opener = gallery.get_by_role("button", name="Revoke", exact=True)
    opener.click()
    dialog = gallery.get_by_role("dialog", name="Revoke 12 grants of Maya Okafor?")
    do = dialog.get_by_role("button", name="Revoke 12 grants of Maya")
    expect(do).to_be_disabled()
    dialog.get_by_role("textbox").fill("Maya Okafor")
    expect(do).to_be_enabled()
    assert faults(gallery) == []
    dialog.get_by_role("button", name="Keep access").click()
    expect(opener).to_be_focused()
