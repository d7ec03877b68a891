"""The same console with scripts switched off: every form is a form, every list a page."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import Person
from permissions.models import Policy, Role, RoleGrant
from tests.browser.test_imports import work
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def context(chromium: Browser, live_server: object) -> Iterator[BrowserContext]:
    """A browser that runs no scripts, as wide as a telephone."""
    base = live_server.url.replace("127.0.0.1", "localhost")  # type: ignore[attr-defined]
    made = chromium.new_context(base_url=base, java_script_enabled=False, viewport={"width": 360, "height": 800})
    yield made
    made.close()


def test_a_role_is_ticked_previewed_and_saved_without_scripts(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    page = sign_in_as(cast.priya)
    page.goto(f"/roles/{cast.agent.pk}/permissions/edit/")
    page.locator("label.perm", has=page.locator("[aria-label^='ticket.assign']")).click()
    page.get_by_role("button", name="Preview the changes").click()
    expect(page.locator("main")).to_contain_text("ticket.assign")
    page.get_by_label("Why this change").fill("Agents spread their cases themselves")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Version 2, live")).to_be_visible()
    version = Role.objects.get(pk=cast.agent.pk).current
    assert version is not None
    assert version.role_actions.filter(action__key="ticket.assign").exists()


def test_a_role_is_given_and_a_list_is_filtered_without_scripts(
    cast: Cast, sign_in_as: Callable[[Person], Page]
) -> None:
    page = sign_in_as(cast.priya)
    page.goto(f"/grants/give/?to={cast.chiara.principal_id}")
    page.get_by_label("Role").select_option(str(cast.feedback_reader.pk))
    page.get_by_label("30 days").check()
    page.get_by_label("Reason").fill("Reads along in research")
    page.get_by_role("button", name="Give Chiara Bellini this role").click()
    assert RoleGrant.objects.filter(principal=cast.chiara.principal_id, role=cast.feedback_reader).count() == 1

    page.goto("/people/")
    page.get_by_role("searchbox", name="Search").first.fill("okafor")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Maya Okafor").first).to_be_visible()
    expect(page.get_by_role("link", name="Ali Haddad")).to_have_count(0)


def test_a_file_is_brought_in_without_scripts(cast: Cast, sign_in_as: Callable[[Person], Page], tmp_path: Path) -> None:
    page = sign_in_as(cast.priya)
    path = tmp_path / "people.csv"
    path.write_text("Name,Mail,Region\nAda Lee,ada@kestrelhome.example,DACH\n")
    page.goto("/imports/new/people/")
    page.get_by_label("CSV file").set_input_files(path)
    page.get_by_role("button", name="Read the file").click()
    page.get_by_role("button", name="Check every row").click()
    work()
    page.get_by_role("link", name="Look again").click()
    page.get_by_role("link", name="Apply 1 row").click()
    page.get_by_role("button", name="Apply 1 row").click()
    work()
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_text("1 row was written.")).to_be_visible()
    assert Person.objects.filter(email="ada@kestrelhome.example").exists()


def test_a_policy_is_clicked_together_without_scripts(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    page = sign_in_as(cast.priya)
    page.goto("/policies/new/")
    page.get_by_label("Name", exact=True).fill("Own region")
    page.get_by_label("Purpose").fill("Everybody sees what is theirs")
    page.get_by_label("Only when").check()
    page.get_by_label("Everything with").select_option(label="Feedback streams")
    page.get_by_label("Attribute 1").select_option(label="Region of the resource")
    update = page.locator("noscript button, button.btn", has_text="Update rows and preview").first
    update.click()
    expect(page.get_by_role("button", name="Remove Feedback streams")).to_be_visible()
    page.get_by_label("Comparison 1").select_option(label="is within")
    update.click()
    page.get_by_label("Compare 1 with").select_option(label="the person's region")
    page.get_by_role("button", name="Ask for a reason").click()
    expect(page.locator(".sentence")).to_contain_text("only when Region of the resource is within the person's region")
    expect(page.locator(".sentence")).to_contain_text("A reason is asked for first.")
    page.get_by_role("button", name="Save the policy").click()
    expect(page.get_by_role("heading", name="Own region", level=1)).to_be_visible()
    assert Policy.objects.get().current is not None
