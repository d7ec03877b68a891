"""A connected system from its first page to its last: entered, let ask, given a token, asking, rotated, retired."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine
from playwright.sync_api import Page, expect

from accounts.models import Integration, Person
from audits.models import Event
from audits.trail.stories import describe
from cxaccess.lib import clock
from permissions.models import Resource
from tests.browser.seen import faults
from tests.cast import Cast
from tests.integrations import question

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def choose(page: Page, label: str, name: str) -> None:
    """Choose by typing, once the list has become a field that takes letters."""
    page.get_by_role("combobox", name=label).and_(page.locator("input")).fill(name)
    page.get_by_role("option", name=name).click()


def enter(page: Page) -> None:
    page.goto("/integrations/")
    expect(page.get_by_role("heading", name="No system is connected")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("link", name="Enter an integration").first.click()
    page.get_by_label("Name", exact=True).fill("Review board")
    page.get_by_label("Purpose").fill("Asks before it shows what customers wrote")
    choose(page, "Owner", "Jonas Weber")
    page.get_by_role("textbox", name="System").fill("voice")
    page.get_by_role("button", name="Enter the integration").click()
    expect(page.get_by_role("heading", name="Review board", level=1)).to_be_visible()
    expect(page.get_by_text("It may ask nothing yet", exact=True)).to_be_visible()
    assert faults(page) == []


def let_ask(page: Page) -> None:
    page.get_by_role("link", name="Let it ask", exact=True).click()
    choose(page, "About", "Feedback streams: everything")
    page.get_by_label("Reason").fill("Agreed in the platform round")
    assert faults(page) == []
    page.get_by_role("button", name="Let it ask").click()
    expect(page.get_by_role("rowheader", name="Feedback streams: everything")).to_contain_text("feedback.*")


def shown_once(page: Page) -> str:
    """Return the token that the page shows, and no other page has."""
    token = page.locator("#token code").inner_text()
    assert faults(page) == []
    page.get_by_role("link", name="I have put it away").click()
    expect(page.get_by_role("rowheader", name=token[:12])).to_be_visible()
    assert token not in page.content()
    return token


def make_token(page: Page) -> str:
    page.get_by_role("link", name="Make a token").first.click()
    page.get_by_label("Days").fill("90")
    assert faults(page) == []
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("button", name="Copy the token")).to_be_visible()
    return shown_once(page)


def rotate(page: Page, token: str) -> str:
    page.get_by_role("link", name=f"Rotate {token[:12]}").click()
    page.get_by_label("Hours that the old one stays open").fill("2")
    assert faults(page) == []
    page.get_by_role("button", name="Make the new token").click()
    return shown_once(page)


def retire(page: Page) -> None:
    page.get_by_role("button", name="More actions for Review board").click()
    page.get_by_role("link", name="Retire this integration").click()
    page.get_by_label("Reason").fill("The board moved into the console")
    assert faults(page) == []
    page.get_by_role("button", name="Retire Review board").click()
    expect(page.get_by_text("This integration is retired.")).to_be_visible()
    assert faults(page) == []


class System:
    """The connected system: a real HTTP client over a real socket."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/access/v1/evaluation"

    def ask(self, token: str, who: Person, thing: Resource) -> tuple[int, Any]:
        sent = {"Authorization": f"Bearer {token}"}
        body = question(who.email, "view", (thing.type.key, thing.external_id))
        answer = httpx.post(self.url, json=body, headers=sent)
        return answer.status_code, answer.json()["decision"] if answer.status_code == 200 else answer.json()


def test_a_system_is_connected_asks_and_is_let_go(
    cast: Cast, sign_in_as: Callable[[Person], Page], live_server: Any
) -> None:
    page, system = sign_in_as(cast.priya), System(live_server.url)
    enter(page)
    let_ask(page)
    first = make_token(page)
    expect(page.get_by_role("row", name=first[:12])).to_contain_text("Never")

    assert system.ask(first, cast.maya, cast.german_reviews) == (200, True)
    assert system.ask(first, cast.maya, cast.mena_reviews) == (200, False)
    page.reload()
    expect(page.get_by_role("row", name=first[:12])).not_to_contain_text("Never")

    second = rotate(page, first)
    assert [system.ask(one, cast.maya, cast.german_reviews)[0] for one in (first, second)] == [200, 200]
    page.reload()
    expect(page.get_by_role("row", name=second[:12])).to_contain_text(f"instead of {first[:12]}")
    assert faults(page) == []
    with time_machine.travel(clock.now() + timedelta(hours=3)):
        assert [system.ask(one, cast.maya, cast.german_reviews)[0] for one in (first, second)] == [401, 200]

    retire(page)
    assert system.ask(second, cast.maya, cast.german_reviews)[0] == 401
    row = Integration.objects.get()
    page.goto(f"/integrations/{row.pk}/history/")
    for told in (
        "Priya Raman entered the integration Review board",
        "Priya Raman let Review board ask about feedback.*",
        f"Priya Raman made the token {first[:12]} for Review board",
        f"Priya Raman rotated a token of Review board: {second[:12]}",
        "Priya Raman retired the integration Review board",
    ):
        expect(page.get_by_text(told)).to_be_visible()
    assert faults(page) == []
    told = [str(story.sentence) for story in describe(Event.objects.filter(tag="api.refused"))]
    assert told == ["Review board asked and was told no: Maya Okafor may not do feedback.view on App reviews MENA"]


def test_who_may_only_see_finds_no_button_and_no_dead_end(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    from tests.integrations import integration, token

    made = integration("Review board", ["feedback.*", "ticket.reply"])
    token(made)
    page = sign_in_as(cast.otto)
    page.goto(f"/integrations/{made.pk}/")
    expect(page.get_by_role("rowheader", name="Ticket queue: Reply")).to_be_visible()
    for name in ("Make a token", "Rotate", "Revoke", "End", "Let it ask"):
        expect(page.get_by_role("link", name=name)).to_have_count(0)
    assert faults(page) == []
