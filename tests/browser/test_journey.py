"""One working day of an administrator, in the browser, to the end: each step is a screen, each change an event."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import Person
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.jobs import runner
from cxaccess.lib import clock
from permissions import gate
from permissions.models import Role, RoleGrant
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def choose(page: Page, label: str, words: str) -> None:
    """Choose by typing, as a person does: the first option that matches."""
    box = page.get_by_role("combobox", name=label).and_(page.locator("input"))  # not the select before the script ran
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


def run_the_worker(at: datetime) -> None:
    """Let the worker do what is due at `at`, as beat and worker would."""
    runner.make_ticks(at)
    while runner.run_one(at):
        pass


def check(page: Page, person: Person, action: str) -> None:
    """Ask whether the person may do `action` anywhere."""
    page.goto(f"/check/?person={person.pk}&action={action}")


def test_a_working_day_of_an_administrator(
    cast: Cast, sign_in_as: Callable[[Person], Page], context: BrowserContext
) -> None:
    page = sign_in_as(cast.priya)
    role = make_role(page)
    noor = add_person(page, cast)
    join_team(page, noor, cast)
    grant = give_until(page, noor, role)
    end = grant.until
    assert end is not None

    check(page, noor, "ticket.view")
    expect(page.locator(".verdict")).to_contain_text("Yes")
    expect(page.get_by_role("link", name="Returns coach").first).to_be_visible()

    # At its instant it is denied, though no worker runs; the screen says why.
    assert gate.may(noor, "ticket.assign", at=end - timedelta(microseconds=1))
    assert not gate.may(noor, "ticket.assign", at=end)
    with time_machine.travel(end + timedelta(seconds=1)):
        check(page, noor, "ticket.view")
        expect(page.locator(".verdict")).to_contain_text("No")
        assert not Event.objects.filter(tag=Tag.GRANT_EXPIRED).exists()

        # When the worker comes, it writes the end exactly once, however often it comes.
        for _ in range(3):
            run_the_worker(clock.now() + timedelta(minutes=1))
        assert Event.objects.filter(tag=Tag.GRANT_EXPIRED, object_id=grant.pk).count() == 1

        page.goto("/trail/")
        for told in ("ran out", "Returns coach", "Noor Haddad", "Care EMEA"):
            expect(page.locator("main table").get_by_text(told).first).to_be_visible()

    tags = set(Event.objects.values_list("tag", flat=True))
    assert {
        Tag.ROLE_CREATED, Tag.ROLE_VERSIONED, Tag.PERSON_CREATED, Tag.MEMBERSHIP_GIVEN, Tag.GRANT_GIVEN,
        Tag.GRANT_EXPIRED,
    } <= tags  # fmt: skip


def test_somebody_else_is_refused_as_designed(
    cast: Cast, sign_in_as: Callable[[Person], Page], context: BrowserContext
) -> None:
    page = sign_in_as(cast.chiara)
    for hidden in ("/roles/", f"/people/{cast.maya.pk}/", "/trail/", "/people/999999/"):
        answer = page.goto(hidden)
        assert answer is not None
        assert answer.status == 404, hidden
        expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    context.clear_cookies()

    page = sign_in_as(cast.jonas)
    assert page.goto(f"/people/{cast.maya.pk}/").status == 200  # type: ignore[union-attr]
    answer = page.goto(f"/people/{cast.maya.pk}/edit/")
    assert answer is not None
    assert answer.status == 403
    expect(page.locator("main")).to_contain_text("person.edit")
    refused = Event.objects.filter(tag=Tag.ACCESS_REFUSED)
    assert refused.filter(actor_id=cast.chiara.pk).count() >= 3
    assert refused.filter(actor_id=cast.jonas.pk).count() == 1
