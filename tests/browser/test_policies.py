"""A policy from its first row to whom it meets: written by clicking, tried, recorded, looked ahead, enforced, met."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Page, Route, expect

from accounts.models import Person
from accounts.signin.guards import FACTOR
from cxaccess.lib import clock
from permissions.models import Policy, PolicyStage, Resource, ResourceType
from tests import world
from tests.browser.seen import faults
from tests.browser.test_signing_in import code_of
from tests.cast import Cast
from tests.policies import enact
from tests.sessions import with_authenticator

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
SENTENCE = (
    "Everybody in the group EMEA managers may do anything with feedback streams only when Region of the resource is "
    "within EMEA and Managed device is yes. Phone is masked, unless Job title is “Care lead”."
)


@pytest.fixture
def managed(settings: Any) -> dict[str, str]:
    """The headers with which the proxy in front sends what comes from a managed device."""
    settings.TRUSTED_PROXIES, settings.PROXY_NETWORKS = 1, ["127.0.0.0/8"]
    settings.DEVICE_HEADER = "CXManagedDevice"
    return {"X-Forwarded-For": "203.0.113.9", "CXManagedDevice": "yes"}


@pytest.fixture
def elsewhere(cast: Cast) -> Resource:
    """Rosa answers for EMEA and reads feedback everywhere; there is some of another continent, with phone numbers."""
    fields = ResourceType.objects.get(key="feedback").fields
    phone = {"name": "phone", "label": "Phone", "data_class": "phone"}
    ResourceType.objects.filter(key="feedback").update(fields=[*fields, phone])
    content = {"comment": "The drill arrived broken", "phone": "+49 30 1234567"}
    Resource.objects.filter(pk=cast.german_reviews.pk).update(content=content)
    world.join(cast.rosa, world.group("EMEA managers"))
    world.give(cast.rosa, cast.feedback_reader)
    return world.resource("App reviews Americas", "feedback", region=world.node("Americas", cast.world_))


def choose(page: Page, label: str, name: str) -> None:
    """Choose by typing into the list with this label."""
    page.get_by_role("combobox", name=label, exact=True).and_(page.locator("input")).fill(name)
    page.get_by_role("option", name=name).first.click()


def click_together(page: Page) -> None:
    page.goto("/policies/")
    page.get_by_role("link", name="Write a policy").first.click()
    page.get_by_label("Name", exact=True).fill("EMEA managers see EMEA")
    page.get_by_label("Purpose").fill("They answer for EMEA, and for nothing else")
    page.get_by_text("Limits what roles and grants give").click()
    expect(page.get_by_label("Only when")).to_be_checked()
    choose(page, "Everything with", "Feedback streams")
    expect(page.get_by_role("button", name="Remove Feedback streams")).to_be_visible()
    choose(page, "Group", "EMEA managers")
    expect(page.get_by_role("button", name="Remove EMEA managers")).to_be_visible()
    page.get_by_label("Attribute 1").select_option(label="Region of the resource")
    page.get_by_label("Comparison 1").select_option(label="is within")
    page.get_by_label("Value 1").select_option(label="\u2003EMEA")
    expect(page.get_by_role("button", name="Remove EMEA", exact=True)).to_be_visible()
    page.get_by_role("button", name="Condition", exact=True).click()
    expect(page.get_by_label("Attribute 2")).to_be_focused()
    page.get_by_label("Attribute 2").select_option(label="Managed device")
    page.get_by_label("Value 2").select_option(label="yes")
    page.get_by_role("button", name="Mask fields").click()
    page.get_by_role("checkbox", name="Phone").first.check()
    page.get_by_role("button", name="Unless").click()
    inside = page.get_by_role("group", name="Mask fields")
    inside.get_by_label("Attribute 1").select_option(label="Job title")
    inside.get_by_label("Value 1").fill("Care lead")
    inside.get_by_label("Value 1").blur()
    expect(page.locator(".sentence")).to_have_text(SENTENCE)


def try_it(page: Page) -> None:
    choose(page, "Who", "Rosa Lind")
    choose(page, "May do", "Feedback stream: View")
    choose(page, "On optional", "App reviews Americas")
    page.get_by_role("complementary").get_by_label("Managed device").select_option(label="Yes")
    page.get_by_role("button", name="Try", exact=True).click()
    expect(page.locator(".verdict")).to_contain_text("This policy blocks it: its condition does not hold.")
    expect(page.get_by_text("Today the answer is yes.")).to_be_visible()


def test_what_is_chosen_while_the_builder_answers_stays(
    cast: Cast, elsewhere: Resource, sign_in_as: Callable[[Person], Page]
) -> None:
    page = sign_in_as(cast.priya)
    click_together(page)
    held: list[Route] | None = []
    page.route("**/policies/new/", lambda route: route.continue_() if held is None else held.append(route))
    inside = page.get_by_role("group", name="Mask fields")
    inside.get_by_label("Value 1").fill("Chief")
    inside.get_by_label("Value 1").blur()
    expect(page.locator("#builder[inert]")).to_have_count(1)
    choose(page, "Who", "Rosa Lind")
    waiting, held = held, None
    for route in waiting:
        route.continue_()
    expect(page.locator(".sentence")).to_contain_text("Chief")
    expect(page.get_by_role("combobox", name="Who", exact=True)).to_have_value("Rosa Lind, Head of operations EMEA")


def take_steps(page: Page) -> None:
    page.get_by_role("button", name="Save the policy").click()
    expect(page.get_by_role("heading", name="EMEA managers see EMEA", level=1)).to_be_visible()
    page.get_by_role("link", name="Record", exact=True).click()
    page.get_by_role("button", name="Record version 1").click()
    expect(page.get_by_text("Version 1 is being recorded", exact=True)).to_be_visible()
    assert Policy.objects.get().states.get().stage == PolicyStage.RECORDING
    page.get_by_role("link", name="Who gains, who loses").click()
    expect(page.get_by_role("heading", name="1 person loses something")).to_be_visible()
    expect(page.get_by_role("row", name="Rosa Lind")).to_contain_text("feedback.view on 1 of 3")
    assert faults(page) == []
    page.get_by_role("link", name="Enforce", exact=True).click()
    page.get_by_label("Reason").fill("Agreed with the works council")
    page.get_by_role("button", name="Enforce version 1: 1 person loses").click()
    expect(page.get_by_text("Version 1 is enforced", exact=True)).to_be_visible()


def test_a_policy_is_written_tried_recorded_looked_ahead_enforced_and_met(
    cast: Cast, elsewhere: Resource, managed: dict[str, str], sign_in_as: Callable[[Person], Page]
) -> None:
    page = sign_in_as(cast.priya)
    click_together(page)
    try_it(page)
    assert faults(page) == []
    take_steps(page)
    Policy.objects.update(owner=cast.priya)

    page = sign_in_as(cast.rosa)
    page.goto(f"/resources/{cast.german_reviews.pk}/")
    expect(page.get_by_text("A policy blocks this")).to_be_visible()
    expect(page.get_by_text("Ask Priya Raman, who answers for the policy.")).to_be_visible()
    assert "+49 30" not in page.content()
    assert faults(page) == []
    page.set_extra_http_headers(managed)
    page.reload()
    expect(page.get_by_text("The drill arrived broken")).to_be_visible()
    expect(page.get_by_text("Masked")).to_be_visible()
    assert "+49 30" not in page.content()
    assert page.goto(f"/resources/{elsewhere.pk}/").status == 404  # type: ignore[union-attr]


def test_a_reason_is_said_on_the_page_of_the_refusal(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    enact("only", permissions=["person.edit"], condition=None, obligations=[{"kind": "reason"}], name="Say why")
    page = sign_in_as(cast.priya)
    page.goto(f"/people/{cast.ali.pk}/edit/")
    expect(page.get_by_role("heading", name="Yes, once you say why")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("textbox", name="Why").fill("He moved to Rabat")
    page.get_by_role("button", name="Say why and go on").click()
    expect(page.get_by_role("button", name="Save Ali Haddad")).to_be_visible()


def test_a_second_factor_that_is_too_old_is_given_again_and_leads_back(
    cast: Cast, sign_in_as: Callable[[Person], Page]
) -> None:
    enact("only", permissions=["person.edit"], condition=None, obligations=[{"kind": "step_up", "minutes": 5}])
    page = sign_in_as(cast.priya)
    age_the_factor(page)
    page.goto(f"/people/{cast.ali.pk}/edit/")
    expect(page.get_by_role("heading", name="Yes, once you confirm it is you")).to_be_visible()
    assert faults(page) == []
    page.get_by_role("link", name="Confirm it is you and go on").click()
    page.get_by_role("textbox", name="Code").fill(code_of(with_authenticator(cast.priya)))
    page.get_by_role("button", name="Confirm and continue").click()
    expect(page.get_by_role("button", name="Save Ali Haddad")).to_be_visible()


def age_the_factor(page: Page) -> None:
    """Let the last code of whoever is signed in be ten minutes ago."""
    key = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    session = SessionStore(session_key=key)
    session[FACTOR] = (clock.now() - timedelta(minutes=10)).isoformat()
    session.save()


def test_a_block_says_which_policy_it_was(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    managed = {"attribute": "context.managed_device", "operator": "equals", "value": True}
    enact("only", permissions=["person.edit"], condition=managed, name="Only from our own devices")
    page = sign_in_as(cast.priya)
    page.goto(f"/people/{cast.ali.pk}/edit/")
    expect(
        page.get_by_text("“Only from our own devices” says no. Managed device is yes: nobody knows.")
    ).to_be_visible()
    assert faults(page) == []
    page.get_by_role("link", name="Only from our own devices").click()
    expect(page.get_by_role("heading", name="Only from our own devices", level=1)).to_be_visible()
