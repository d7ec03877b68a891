"""A file with mistakes, mended and applied in a real browser; progress shows and the page renews itself."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Person
from audits.models import Event
from cxaccess.jobs import runner
from cxaccess.lib import clock
from tests.browser.seen import faults
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
BAD = """Full name;E-Mail;Region;Reports to
Ada Lee;ada@kestrelhome.example;Nowhere;
Bea Ito;bea@kestrelhome.example;Germany;ada@kestrelhome.example
"""
GOOD = BAD.replace("Nowhere", "DACH")


def work() -> None:
    """Do what a worker would."""
    while runner.run_one(clock.now()):
        pass


def bring(page: Page, path: Path, content: str) -> None:
    """Bring a file in and have it checked."""
    path.write_text(content)
    page.goto("/imports/")
    page.get_by_role("link", name="Import a file").first.click()
    page.locator("a", has_text="Who works here").click()
    page.get_by_label("CSV file").set_input_files(path)
    page.locator("[name=system]").fill("hr")
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", name="Which column is which?")).to_be_visible()
    page.get_by_role("button", name="Check every row").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()


def test_a_file_with_mistakes_is_mended_and_applied(
    cast: Cast, sign_in_as: Callable[[Person], Page], tmp_path: Path
) -> None:
    page = sign_in_as(cast.priya)
    bring(page, tmp_path / "people.csv", BAD)
    assert faults(page) == []
    work()
    expect(page.get_by_text("2 rows are refused.")).to_be_visible()  # by itself
    expect(page.get_by_text("There is no place “Nowhere”")).to_be_visible()
    assert faults(page) == []
    with page.expect_download() as download:
        page.get_by_role("button", name="Refused rows as a file").click()
    assert "Nowhere" in Path(download.value.path()).read_text(encoding="utf-8-sig")
    page.get_by_role("button", name="Cancel the import").click()
    expect(page.get_by_text("is cancelled. Nothing was changed.")).to_be_visible()

    bring(page, tmp_path / "people.csv", GOOD)
    work()
    page.get_by_role("link", name="Apply 2 rows").click()
    page.get_by_role("button", name="Apply 2 rows").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    work()
    expect(page.get_by_text("2 rows were written.")).to_be_visible()
    assert Person.objects.get(name="Bea Ito").manager == Person.objects.get(name="Ada Lee")
    assert Event.objects.filter(tag="import.applied", actor=cast.priya).count() == 1

    bring(page, tmp_path / "people.csv", GOOD)
    work()
    expect(page.get_by_text("There is nothing to do.")).to_be_visible()
    expect(page.get_by_text("exactly this file before")).to_be_visible()
    page.goto("/trail/")
    expect(page.locator("main")).to_contain_text("applied an import: people.csv")
