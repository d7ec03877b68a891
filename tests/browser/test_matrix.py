"""The matrix while somebody ticks: the page and the server say the same, with scripts and without."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import Person
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
DRAWN = """() => [...document.querySelectorAll('[data-matrix] .perm')].map(perm => [
    perm.querySelector('input')?.value ?? perm.dataset.key,
    [...perm.classList].sort().join(' '),
    perm.querySelector('span').textContent,
    perm.querySelector('input')?.disabled ?? true,
    perm.querySelector('svg').getAttribute('class'),
])"""


def tick(page: Page, *keys: str) -> None:
    """Turn each of `keys` over."""
    for key in keys:
        page.locator(f'input[value="{key}"]').click(force=True)


def test_what_shows_while_ticking_is_what_the_server_draws(
    cast: Cast, page: Page, sign_in_as: Callable[[Person], Page]
) -> None:
    sign_in_as(cast.priya)
    page.goto(reverse("roles:edit_permissions", args=[cast.analyst.pk]))
    tick(page, "report.edit", "report.delete", "survey.edit", "article.publish", "profile.export", "role.give_onward")
    tick(page, "survey.edit", "survey.send", "feedback.export")
    expect(page.locator("[data-matrix-count]")).to_have_text("7 edits, not previewed")
    shown = page.evaluate(DRAWN)
    page.get_by_role("button", name="Preview the changes").click()
    page.wait_for_load_state("load")
    assert page.evaluate(DRAWN) == shown
    expect(page.locator("[data-matrix-count]")).to_have_text("7 edits, not saved")


def test_a_tick_can_be_reached_and_turned_by_keyboard_alone(
    cast: Cast, page: Page, sign_in_as: Callable[[Person], Page]
) -> None:
    sign_in_as(cast.priya)
    page.goto(reverse("roles:edit_permissions", args=[cast.analyst.pk]))
    page.locator('input[value="ticket.reply"]').focus()
    page.keyboard.press("Space")
    expect(page.locator('label:has(input[value="ticket.view"])')).to_have_class("perm implied add")


def test_the_matrix_works_without_scripts(
    cast: Cast, chromium: Browser, context: BrowserContext, live_server: Any, sign_in_as: Callable[[Person], Page]
) -> None:
    sign_in_as(cast.priya)
    base = live_server.url.replace("127.0.0.1", "localhost")
    plain = chromium.new_context(java_script_enabled=False, storage_state=context.storage_state(), base_url=base)
    try:
        bare = plain.new_page()
        bare.goto(reverse("roles:edit_permissions", args=[cast.agent.pk]))
        bare.locator('input[value="survey.edit"]').check(force=True)
        bare.get_by_role("button", name="Preview the changes").click()
        expect(bare.locator('label:has(input[value="survey.view"])')).to_have_class("perm implied add")
        bare.get_by_label("Why this change").fill("They write surveys now")
        bare.get_by_role("button", name="Save for 1 person").click()
        expect(bare.get_by_text("Version 2, live")).to_be_visible()
    finally:
        plain.close()
