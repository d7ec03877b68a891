"""Taking resources out: who may not read what they hold finds no column for it, and the trail has all of it."""

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Person
from audits.models import Event
from audits.trail.tags import Tag
from permissions.models import Resource, Sensitivity
from tests import world
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SECRET = "The delivery was late, call Ms Ott"


@pytest.fixture
def guarded(cast: Cast) -> Resource:
    """A confidential stream with content, in Germany."""
    cast.german_reviews.content = {"comment": SECRET, "score": "4"}
    cast.german_reviews.sensitivity = Sensitivity.CONFIDENTIAL
    cast.german_reviews.save()
    return cast.german_reviews


def taken(page: Page) -> list[list[str]]:
    """Send the form and return the lines of the file."""
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    return list(csv.reader(StringIO(text)))


def test_a_file_holds_what_its_taker_may_read_and_the_trail_says_who_took_it(
    cast: Cast, guarded: Resource, page: Page, sign_in_as: Callable[[Person], Page]
) -> None:
    sign_in_as(cast.priya)
    page.goto("/resources/")
    page.get_by_role("button", name="Filter").click()
    page.locator(".facets").get_by_role("link", name="Feedback streams").click()
    expect(page.get_by_text("Type Feedback streams")).to_be_visible()
    page.get_by_role("link", name="Export").click()
    expect(page.get_by_text("What they hold")).to_have_count(0)
    assert SECRET not in str(taken(page))

    world.give(cast.maya, world.role("Exporter", {"resource.export"}), region=cast.emea)
    sign_in_as(cast.maya)
    page.goto("/resources/export/")
    page.get_by_label("Feedback stream: Comment").check()
    rows = taken(page)
    assert [SECRET in row for row in rows[1:]] == [True, False]

    sign_in_as(cast.otto)
    page.goto("/trail/")
    expect(page.get_by_text("Maya Okafor exported Resources, 2 rows")).to_be_visible()
    expect(page.get_by_text("took out what confidential resources hold")).to_be_visible()
    assert Event.objects.get(tag=Tag.RESOURCES_READ).additional_data["resources"] == [guarded.pk]


def test_rows_are_archived_and_brought_back_by_one_click(
    cast: Cast, page: Page, sign_in_as: Callable[[Person], Page]
) -> None:
    sign_in_as(cast.priya)
    page.goto("/resources/")
    page.get_by_label("Select App reviews Germany").check()
    page.get_by_label("Select App reviews MENA").check()
    page.get_by_role("button", name="Archive").click()
    page.get_by_label("Reason").fill("Moved to the new platform")
    page.get_by_role("button", name="Archive 2 resources").click()
    expect(page.get_by_text("2 resources are archived.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone for 2 resources.")).to_be_visible()
    expect(page.get_by_role("link", name="App reviews MENA")).to_be_visible()


def test_a_view_is_kept_under_a_name(cast: Cast, page: Page, sign_in_as: Callable[[Person], Page]) -> None:
    sign_in_as(cast.priya)
    page.goto("/people/")
    page.get_by_role("searchbox").first.fill("okafor")
    expect(page.get_by_role("link", name="Jonas Weber")).to_have_count(0)
    page.get_by_role("button", name="Save view").click()
    page.get_by_label("Name", exact=True).fill("Okafors")
    page.get_by_role("button", name="Save the view").click()
    expect(page.get_by_role("link", name="Okafors")).to_have_attribute("aria-current", "page")
