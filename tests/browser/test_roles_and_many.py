"""Roles compared and cloned; one role given to many and taken back; many grants ended: in the browser, to the end."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import Person
from cxaccess.lib import clock
from permissions.models import GrantBatch, Role, RoleGrant
from tests import world
from tests.browser.seen import faults
from tests.browser.test_journey import choose
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def test_compare_and_clone(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    page = sign_in_as(cast.priya)
    page.goto("/roles/")
    page.get_by_role("link", name="Compare", exact=True).click()
    choose(page, "Compare", "Analyst")
    choose(page, "With", "Agent")
    page.get_by_role("button", name="Compare").click()
    row = page.get_by_role("row", name="ticket.reply")
    expect(row).to_contain_text("None")
    expect(row).to_contain_text("Granted")
    expect(page.get_by_role("row", name="settings.view")).to_have_count(0)
    page.get_by_role("link", name="All permissions").click()
    expect(page.get_by_role("row", name="settings.view")).to_have_count(1)
    page.get_by_role("link", name="Swap the sides").click()
    expect(page).to_have_url(re.compile(f"a=role-{cast.agent.pk}&"))

    page.goto(reverse("roles:detail", args=[cast.analyst.pk]))
    page.get_by_role("button", name="More actions for Analyst").click()
    page.get_by_role("link", name="Clone this role").click()
    page.get_by_label("Name").fill("Analyst abroad")
    page.get_by_label("Purpose").fill("Reports from the branches")
    page.get_by_role("button", name="Make a clone of Analyst").click()
    expect(page.get_by_role("heading", name="Analyst abroad", level=1)).to_be_visible()
    clone = Role.objects.get(name="Analyst abroad")
    page.goto(f"/roles/compare/?a=role-{cast.analyst.pk}&b=role-{clone.pk}")
    expect(page.get_by_role("heading", name="No difference")).to_be_visible()
    page.goto("/trail/")
    expect(page.get_by_text("as a clone of Analyst")).to_be_visible()


def test_a_bulk_grant_and_its_undo(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    page = sign_in_as(cast.priya)
    page.goto("/people/")
    page.get_by_label("Select Chiara Bellini").check()
    page.get_by_label("Select Maya Okafor").check()
    bar = page.get_by_role("region", name="Selection")
    expect(bar).to_contain_text("2 selected")
    bar.get_by_role("button", name="Give a role").click()
    expect(page.get_by_role("heading", name="What do 2 people get?")).to_be_visible()
    page.get_by_role("link", name="Change who").click()
    page.get_by_label("Work mails").fill(f"{cast.ali.email}, {cast.jonas.email}")
    page.get_by_role("button", name="Add these people").click()
    page.get_by_role("link", name="Next: what they get").click()
    choose(page, "Role", "Agent")
    page.get_by_label("Region").select_option(label="\u2003\u2003MENA")
    page.get_by_label("Reason").fill("The branch in Dubai opens")
    page.get_by_role("button", name="Next: see what it does").click()
    expect(page.get_by_role("heading", name="1 person holds it there already")).to_be_visible()  # Ali
    page.get_by_role("button", name="Give it to 3 people").click()
    expect(page.get_by_text("3 people now hold Agent.")).to_be_visible()
    assert RoleGrant.objects.filter(role=cast.agent, ended_by=None).count() == 4
    page.get_by_role("status").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("3 grants have ended again.")).to_be_visible()
    expect(page.get_by_text("What still stood of it has ended.")).to_be_visible()
    assert list(RoleGrant.objects.filter(role=cast.agent, ended_by=None)) == [cast.ali.principal.role_grants.get()]
    page.goto("/trail/")
    expect(page.get_by_text("that 3 people were given together")).to_be_visible()


def test_many_grants_are_ticked_and_ended(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    for number in range(11):
        world.give(world.person(f"Helper {number:02}"), cast.agent, region=cast.mena)
    page = sign_in_as(cast.priya)
    page.goto(f"/grants/?role={cast.agent.pk}")
    page.get_by_label("Select all on this page").check()
    bar = page.get_by_role("region", name="Selection")
    expect(bar).to_contain_text("12 selected")
    bar.get_by_role("button", name="End the selected").click()
    expect(page.get_by_role("heading", name="End 12 grants?")).to_be_visible()
    page.get_by_label("Reason").fill("The season is over")
    page.get_by_role("button", name="End 12 grants").click()
    expect(page.get_by_text("Type 12 to confirm.")).to_be_visible()
    page.get_by_label("Type 12 to confirm").fill("12")
    page.get_by_role("button", name="End 12 grants").click()
    expect(page.get_by_text("12 grants have ended.")).to_be_visible()
    assert not RoleGrant.objects.filter(role=cast.agent, ended_by=None).exists()


def test_what_a_filter_brought_can_be_ticked_and_ended(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    page = sign_in_as(cast.priya)
    page.goto("/grants/?q=nobody-is-called-this")
    page.get_by_label("Search grants").fill("Haddad")
    page.get_by_label("Select Agent of Ali Haddad").check()
    page.get_by_role("button", name="End the selected").click()
    expect(page.get_by_role("heading", name="End 1 grant?")).to_be_visible()
    page.goto("/people/?q=nobody-is-called-this")
    page.get_by_label("Search people").fill("Haddad")
    page.get_by_label("Select Ali Haddad").check()
    page.get_by_role("button", name="Give a role").click()
    expect(page.get_by_role("heading", name="What does 1 person get?")).to_be_visible()


def test_all_of_it_without_scripts(
    cast: Cast, chromium: Browser, context: BrowserContext, live_server: Any, sign_in_as: Callable[[Person], Page]
) -> None:
    sign_in_as(cast.priya)
    base = live_server.url.replace("127.0.0.1", "localhost")
    plain = chromium.new_context(java_script_enabled=False, storage_state=context.storage_state(), base_url=base)
    try:
        bare = plain.new_page()
        bare.goto("/people/")
        bare.get_by_label("Select Chiara Bellini").check()
        bare.get_by_role("button", name="Give a role").click()
        bare.get_by_label("Role", exact=True).select_option(label="Agent (low risk)")
        bare.get_by_label("Reason").fill("Helps out")
        bare.get_by_role("button", name="Next: see what it does").click()
        bare.get_by_role("button", name="Give it to 1 person").click()
        bare.get_by_role("button", name="End 1 grant").click()
        expect(bare.get_by_text("What still stood of it has ended.")).to_be_visible()
        bare.goto("/grants/")
        bare.get_by_label("Select Agent of Ali Haddad").check()
        bare.get_by_role("button", name="End the selected").click()
        bare.get_by_label("Reason").fill("Moves away")
        bare.get_by_role("button", name="End 1 grant").click()
        expect(bare.get_by_text("1 grant has ended.")).to_be_visible()
        bare.goto("/roles/compare/")
        bare.get_by_label("Compare", exact=True).select_option(label="Analyst")
        bare.get_by_label("With").select_option(label="Maya Okafor")
        bare.get_by_role("button", name="Compare").click()
        expect(bare.get_by_role("heading", name="No difference")).to_be_visible()
    finally:
        plain.close()


def _batch(cast: Cast, role: Role) -> GrantBatch:
    people = [cast.chiara, cast.maya, cast.lena, cast.nils, cast.ali]
    many = [world.person(f"Maximiliane von Hohenstein-Rosenthal {role.pk} {number}") for number in range(11)]
    return GrantBatch.objects.create(
        made_by=cast.priya, made_at=clock.now(), people=[one.principal_id for one in (*people, *many)], role=role,
        scope=world.scope(region=cast.mena), reason="The branch in Dubai opens and needs hands at once",
    )  # fmt: skip


def addresses(cast: Cast) -> Iterator[str]:
    """Yield the pages whose address says what they show."""
    world.reversion(cast.agent, {"ticket.export"}, [cast.feedback_reader])
    yield f"/roles/compare/?a=role-{cast.analyst.pk}&b=role-{cast.agent.pk}"
    yield f"/roles/compare/?a=role-{cast.analyst.pk}&b=person-{cast.maya.pk}&show=all"
    yield f"/roles/compare/?a=role-{cast.analyst.pk}&b=person-0"
    yield f"/roles/{cast.agent.pk}/versions/compare/?from=1&to=2"
    yield f"/roles/{cast.agent.pk}/versions/1/restore/"
    yield f"/roles/?differs={cast.agent.pk}"
    yield f"/grants/bulk/{_batch(cast, cast.analyst).pk}/"
    yield f"/grants/bulk/{_batch(cast, cast.agent).pk}/people/?q=a"
    yield "/grants/end/?all=1"


def test_pages_whose_address_says_what_they_show_are_accessible_in_every_look(
    cast: Cast, sign_in_as: Callable[[Person], Page]
) -> None:
    page = sign_in_as(cast.priya)
    for address in addresses(cast):
        page.goto(address)
        assert faults(page) == [], address
