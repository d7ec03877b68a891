"""Parts that a page fetches once it stands: where they fail, the page stays as it is and asks once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import Person
from tests import world
from tests.browser.seen import faults
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def asked(page: Page, path: str, answer: Callable[[Route], None]) -> list[str]:
    """Answer the requests for `path` by hand; return the list that they are written into."""
    seen: list[str] = []

    def handle(route: Route) -> None:
        seen.append(route.request.url)
        answer(route)

    page.route(f"**{path}", handle)
    return seen


def stays(page: Page, path: str, seen: list[str]) -> None:
    """See that the page asked once, and is still there a while later."""
    page.evaluate("window.stayed = true")
    page.wait_for_timeout(800)
    assert page.evaluate("window.stayed") is True
    assert len(seen) == 1
    assert page.url.endswith(path)


@pytest.mark.parametrize(
    "answer", [lambda route: route.fulfill(status=500), lambda route: route.abort()], ids=["broken", "cut off"]
)
def test_the_overview_stands_without_its_figures(
    cast: Cast, sign_in_as: Callable[[Person], Page], answer: Callable[[Route], None]
) -> None:
    page = sign_in_as(cast.priya)
    seen = asked(page, "/overview/figures/", answer)
    page.goto("/")
    expect(page.locator(".later.missing")).to_be_visible()
    expect(page.get_by_role("link", name="Figures, and what needs a look")).to_be_visible()
    stays(page, "/", seen)


def test_a_list_stands_without_the_counts_beside_its_views(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    page = sign_in_as(cast.priya)
    seen = asked(page, "/people/counts/", lambda route: route.fulfill(status=500))
    page.goto("/people/")
    expect(page.locator("#count-later.missing")).to_be_attached()
    stays(page, "/people/", seen)
    expect(page.get_by_role("link", name="Maya Okafor").first).to_be_visible()


def boxes(page: Page) -> dict[str, object]:
    """Return where everything in the list of roles stands."""
    return page.evaluate(
        """() => [...document.querySelectorAll("#role-list th, #role-list td, #role-list a")].map(
            element => [element.tagName, Object.values(element.getBoundingClientRect().toJSON())])"""
    )


@pytest.mark.parametrize("width", [1280, 360])
def test_the_holders_of_roles_are_counted_once_the_list_stands_and_nothing_moves(
    cast: Cast, sign_in_as: Callable[[Person], Page], width: int
) -> None:
    world.give(cast.ali, cast.analyst)  # beside the team that has it
    page = sign_in_as(cast.priya)
    waiting: list[Route] = []
    page.set_viewport_size({"width": width, "height": 900})

    def holds_the_first(route: Route) -> None:
        if waiting:
            route.continue_()
        else:
            waiting.append(route)

    page.route("**/roles/counts/*", holds_the_first)
    page.goto("/roles/")
    row = page.get_by_role("row", name="Analyst")
    cell = row.locator("[id^=held-]")
    expect(cell).to_have_text("Show")
    page.wait_for_function("document.fonts.status === 'loaded'")
    before = boxes(page)
    waiting[0].continue_()
    expect(cell).to_have_text("3")
    expect(row).to_contain_text("2 through teams")
    assert boxes(page) == before
    assert faults(page) == []
    page.get_by_role("searchbox", name="Search roles").fill("analy")
    expect(page.get_by_role("row", name="Agent")).to_have_count(0)
    expect(cell).to_have_text("3")


def test_the_list_of_roles_stands_without_the_counts_of_their_holders(
    cast: Cast, sign_in_as: Callable[[Person], Page]
) -> None:
    page = sign_in_as(cast.priya)
    seen = asked(page, "/roles/counts/*", lambda route: route.fulfill(status=500))
    page.goto("/roles/")
    expect(page.locator("#count-later.missing")).to_be_attached()
    stays(page, "/roles/", seen)
    page.get_by_role("row", name="Analyst").get_by_role("link", name="Show").click()
    page.wait_for_url("**/holders/")


def test_the_filters_of_people_come_when_they_are_opened_and_what_is_in_force_stays(
    cast: Cast, sign_in_as: Callable[[Person], Page]
) -> None:
    page = sign_in_as(cast.priya)
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto("/people/?state=prehire")
    page.get_by_role("searchbox", name="Search").first.fill("nils")
    expect(page.get_by_role("link", name="Nils Berg").first).to_be_visible()
    page.wait_for_url("**state=prehire**")
    page.get_by_role("button", name="Filter", exact=True).click()
    panel = page.locator("#more-filters")
    expect(panel.get_by_label("State")).to_have_value("prehire")
    assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth"), "nothing sticks out of the panel"
    panel.get_by_label("State").select_option("active")
    panel.get_by_role("button", name="Show people").click()
    page.wait_for_url("**state=active**")
    expect(page.get_by_text("Nobody matches these filters")).to_be_visible()
