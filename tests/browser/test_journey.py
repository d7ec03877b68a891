"""One working day of an administrator, in the browser, to the end: each step is a screen, each change an event."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from playwright.sync_api import Page, expect

from accounts.models import Person
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions import gate
from permissions.models import Role, RoleGrant
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def choose(page: Page, label: str, words: str) -> None:
    """Choose by typing, as a person does: the first option that matches."""
    box = page.get_by_role("combobox", name=label)
    box.click()
    box.fill(words)
    page.get_by_role("option", name=words).first.click()


def make_role(page: Page) -> Role:
    """Make “Returns coach” and tick two permissions in the matrix."""
    page.goto("/roles/")
    page.get_by_role("link", name="Make a role").first.click()
    page.get_by_label("Name").fill("Returns coach")
    page.get_by_label("Purpose").fill("Coaches those who handle returns")
    page.get_by_role("button", name="Make the role and tick its permissions").click()
    page.get_by_label("ticket.assign").check()
    page.get_by_label("report.view").check()
    expect(page.get_by_text("by Assign")).to_be_visible()  # ticket.view is implied at once
    page.get_by_role("button", name="Preview the changes").click()
    page.get_by_label("Why this change").fill("Returns are coached from this week on")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Version 2, live")).to_be_visible()
    return Role.objects.get(name="Returns coach")


def add_person(page: Page, cast: Cast) -> Person:
    """Add Noor Haddad to MENA."""
    page.goto("/people/")
    page.get_by_role("link", name="Add person").click()
    page.get_by_label("Name").fill("Noor Haddad")
    page.get_by_label("Work mail").fill("noor.haddad@kestrelhome.example")
    choose(page, "Region", "MENA")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="Noor Haddad", level=1)).to_be_visible()
    return Person.objects.get(name="Noor Haddad")


def join_team(page: Page, person: Person, cast: Cast) -> None:
    """Put the person into Care EMEA."""
    page.goto(f"/people/{person.pk}/teams/")
    page.get_by_role("link", name="Put into a team").first.click()
    choose(page, "Team", "Care EMEA")
    page.get_by_label("Reason").fill("Starts in returns")
    page.get_by_role("button", name="Put into the team").click()
    expect(page.get_by_role("link", name="Care EMEA").first).to_be_visible()


def give_until(page: Page, person: Person, role: Role) -> RoleGrant:
    """Give the role for an hour and a bit."""
    end = (clock.now() + timedelta(hours=1)).astimezone(ZoneInfo("UTC"))
    page.goto(f"/people/{person.pk}/access/")
    page.get_by_role("link", name="Give access").first.click()
    choose(page, "Role", role.name)
    page.get_by_label("Until a date", exact=True).check()
    page.locator("[name=until_date]").fill(end.strftime("%Y-%m-%d"))
    page.locator("[name=until_time]").fill(end.strftime("%H:%M"))
    page.get_by_label("Reason").fill("Covers for a colleague this afternoon")
    page.get_by_role("button", name="Give Noor Haddad this role").click()
    page.wait_for_url("**/grants/*/")
    return RoleGrant.objects.get(principal=person.principal)


def test_a_working_day_of_an_administrator(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    page = sign_in_as(cast.priya)
    role = make_role(page)
    noor = add_person(page, cast)
    join_team(page, noor, cast)
    grant = give_until(page, noor, role)
    assert grant.until is not None
    assert gate.may(noor, "ticket.assign", at=grant.until - timedelta(microseconds=1))
    assert not gate.may(noor, "ticket.assign", at=grant.until)
    with time_machine.travel(grant.until + timedelta(seconds=1)):
        page.goto(f"/people/{noor.pk}/access/")
        expect(page.get_by_text("Ended")).to_be_visible()
    told = set(Event.objects.filter(about_person_id=noor.pk).values_list("tag", flat=True))
    assert {Tag.PERSON_CREATED, Tag.MEMBERSHIP_GIVEN, Tag.GRANT_GIVEN} <= told
