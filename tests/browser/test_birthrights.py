"""A birthright rule from its first row on: somebody new has it and sees why, moves, and keeps what is by hand."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Person
from cxaccess.lib import clock
from permissions import gate
from permissions.grants.services import give_in_words
from permissions.models import Birthright
from tests import birthrights as by
from tests.browser.seen import faults
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def click_together(page: Page) -> None:
    """Write “Job title is one of Store manager: Feedback reader in their own region, and in Care EMEA”."""
    page.goto("/birthrights/")
    page.get_by_role("link", name="Write a rule").first.click()
    page.get_by_label("Name").fill("Store managers")
    page.get_by_label("Purpose").fill("Each sees what is said of their own region")
    page.get_by_label("Attribute 1").select_option(label="Job title")
    page.get_by_label("Comparison 1").select_option(label="is one of")
    expect(page.get_by_label("Value 1")).to_have_attribute("placeholder", "One on each line")  # the row drawn anew
    page.get_by_label("Value 1").fill("Store manager")
    page.get_by_label("Value 1").blur()
    expect(page.locator("#preview .sentence")).to_contain_text("Job title is one of")
    choose(page, "Role", "Feedback reader")
    page.get_by_label("In which region").select_option("own")
    page.get_by_role("button", name="Add to what it gives").click()
    expect(page.get_by_role("button", name="Remove Feedback reader")).to_be_visible()
    choose(page, "Team", "Care EMEA")
    page.get_by_role("button", name="Add to what it gives").click()
    expect(page.get_by_role("button", name="Remove Care EMEA")).to_be_visible()


def choose(page: Page, label: str, name: str, *, exact: bool = True) -> None:
    page.get_by_role("combobox", name=label, exact=exact).and_(page.locator("input")).fill(name)
    page.get_by_role("option", name=name).first.click()


def test_a_rule_from_its_first_row_to_what_is_kept_by_hand(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    page = sign_in_as(cast.priya)
    click_together(page)
    assert faults(page) == []
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_role("heading", name="Store managers", level=1)).to_be_visible()
    row = Birthright.objects.get()
    assert faults(page) == []

    # Nobody has it before it is in force; the page says whom it would concern.
    page.get_by_role("link", name="Put in force").click()
    expect(page.get_by_text("0 people gain").first).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Reason").fill("Agreed with the stores")
    page.get_by_role("button", name="Put version 1 in force").click()
    expect(page.get_by_text("Version 1 is in force").first).to_be_visible()

    # Somebody new has it, and pages say why.
    page.goto("/people/new/")
    page.get_by_label("Name").fill("Nora New")
    page.get_by_label("Mail").fill("nora@kestrelhome.example")
    page.get_by_label("Job title").fill("Store manager")
    choose(page, "Region", "MENA", exact=False)
    page.get_by_role("button", name="Add person").click()
    expect(page.get_by_role("heading", name="Nora New", level=1)).to_be_visible()
    nora = Person.objects.get(name="Nora New")
    assert gate.may(nora, "feedback.view", cast.mena_reviews, at=clock.now())
    page.goto(f"/people/{nora.pk}/access/")
    expect(page.get_by_text("Rule Store managers").first).to_be_visible()
    assert faults(page) == []
    page.goto(f"/check/?person={nora.pk}&action=feedback.view&resource={cast.mena_reviews.pk}")
    expect(page.get_by_role("link", name="Store managers").first).to_be_attached()
    assert faults(page) == []

    # She moves: what the rule gave goes, what was given by hand stays.
    terms = {"region": cast.mena.pk}
    stated = {"starts_at": None, "until": None, "reason": "Helps the agents", "at": clock.now()}
    give_in_words(cast.priya, principal=nora.principal, role=cast.feedback_reader, terms=terms, **stated)
    page.goto(f"/people/{nora.pk}/edit/")
    page.get_by_label("Job title").fill("Buyer")
    page.get_by_role("button", name="Save Nora New").click()
    expect(page.get_by_role("heading", name="Nora New", level=1)).to_be_visible()
    assert (by.grants(nora), by.places(nora)) == (set(), set())
    assert len(by.grants(nora, source="manual")) == 1
    assert gate.may(nora, "feedback.view", cast.mena_reviews, at=clock.now())
    page.goto(f"/birthrights/{row.pk}/people/")
    expect(page.get_by_text("Nobody has anything by this rule")).to_be_visible()
    assert faults(page) == []
    page.goto("/trail/")
    expect(page.get_by_text("A birthright rule ended the role Feedback reader of Nora New").first).to_be_visible()
