"""A group by rule, from clicking its rule together to the trail: somebody is edited and holds what the group holds."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Group, Membership, Person
from cxaccess.lib import clock
from permissions import gate
from tests import world
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def click_together(page: Page) -> None:
    """Build “Region is within EMEA and Job title is one of Senior CX analyst”."""
    page.goto("/groups/")
    page.get_by_role("link", name="New group by rule").first.click()
    page.get_by_label("Name").fill("Analysts of EMEA")
    page.get_by_label("Attribute 1").select_option(label="Region")
    page.get_by_label("Comparison 1").select_option(label="is within")
    page.get_by_label("Value 1").select_option(label="\u2003EMEA")
    expect(page.get_by_role("button", name="Remove EMEA")).to_be_visible()
    page.get_by_role("button", name="Condition", exact=True).click()
    expect(page.get_by_label("Attribute 2")).to_be_focused()
    page.get_by_label("Attribute 2").select_option(label="Job title")
    page.get_by_label("Comparison 2").select_option(label="is one of")
    page.get_by_label("Value 2").fill("Senior CX analyst")
    page.get_by_label("Value 2").blur()


def test_a_rule_group_from_its_first_row_to_the_trail(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    page = sign_in_as(cast.priya)
    click_together(page)
    expect(page.locator(".sentence")).to_contain_text("Region is within EMEA and Job title is one of")
    page.get_by_text("1 joins").click()
    expect(page.get_by_role("complementary")).to_contain_text("Maya Okafor")
    page.get_by_role("button", name="Make group of 1 person").click()
    expect(page.get_by_role("heading", name="Analysts of EMEA", level=1)).to_be_visible()
    group = Group.objects.get()
    assert list(Membership.objects.filter(principal=group.principal).values_list("person__name", flat=True)) == [
        "Maya Okafor"
    ]
    world.give(group, cast.feedback_reader, region=cast.mena)

    # Somebody is edited, and holds what the group holds in the same second.
    assert not gate.may(cast.ali, "feedback.view", cast.mena_reviews, at=clock.now())
    page.goto(f"/people/{cast.ali.pk}/edit/")
    page.get_by_label("Job title").fill("Senior CX analyst")
    page.get_by_role("button", name="Save Ali Haddad").click()
    expect(page.get_by_role("heading", name="Ali Haddad", level=1)).to_be_visible()
    assert gate.may(cast.ali, "feedback.view", cast.mena_reviews, at=clock.now())
    page.goto(f"/people/{cast.ali.pk}/access/")
    expect(page.get_by_role("row", name="Feedback reader").get_by_role("link", name="Analysts of EMEA")).to_be_visible()
    page.goto(f"/check/?person={cast.ali.pk}&action=feedback.view&resource={cast.mena_reviews.pk}")
    expect(page.locator(".verdict")).to_contain_text("Yes")
    expect(page.get_by_text("Group by rule, since").first).to_be_attached()

    # The rule is changed: the page says who goes before it is saved.
    page.goto(f"/groups/{group.pk}/rule/edit/")
    page.get_by_role("button", name="Remove condition 2").click()
    expect(page.get_by_role("button", name="Save rule")).to_contain_text("0 leave")
    page.get_by_role("button", name="Remove EMEA").click()
    expect(page.get_by_role("button", name="Remove EMEA")).to_have_count(0)
    page.get_by_label("Value 1").select_option(label="\u2003\u2003DACH")
    expect(page.get_by_role("button", name="Save rule")).to_contain_text("1 leave")
    page.get_by_role("button", name="Save rule").click()
    expect(page.get_by_role("row", name="Jonas Weber")).to_be_visible()
    assert not gate.may(cast.ali, "feedback.view", cast.mena_reviews, at=clock.now())

    page.goto("/trail/")
    expect(page.get_by_text("The group's rule added Ali Haddad to Analysts of EMEA").first).to_be_visible()
    expect(page.get_by_text("The group's rule took Ali Haddad out of Analysts of EMEA").first).to_be_visible()
