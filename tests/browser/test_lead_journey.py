"""A lead who manages one team only, in the browser: what they see, whom they add, who refuses, what the trail says."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Person
from accounts.teams import memberships
from audits.models import Event
from audits.trail.stories import describe
from cxaccess.lib import clock
from permissions import gate
from tests import world
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def add_colleague(page: Page, mail: str) -> None:
    """Add somebody by their address, from the team's page."""
    page.get_by_role("link", name="Add member").first.click()
    expect(page.get_by_text("Agent")).to_be_visible()  # what they gain is said before
    page.get_by_label("Mail address").fill(mail)
    page.get_by_label("Reason").fill("Starts in returns")
    page.get_by_role("button", name="Add member").click()


def test_a_lead_keeps_one_team_only(cast: Cast, sign_in_as: Callable[[Person], Page]) -> None:
    world.give(cast.care_dach, cast.agent, region=cast.dach)
    queue = world.resource("Returns queue", "ticket", region=cast.dach)
    memberships.add_member(cast.priya, team=cast.care_dach, person=cast.chiara, part="lead", at=clock.now())
    page = sign_in_as(cast.chiara)

    page.goto("/")
    menu = page.get_by_role("navigation").first
    expect(menu.get_by_role("link", name="People")).to_have_count(0)
    menu.get_by_role("link", name="Teams").click()
    expect(page.get_by_role("link", name="Care DACH")).to_be_visible()
    expect(page.get_by_role("link", name="Insights DACH")).to_have_count(0)
    page.get_by_role("link", name="Care DACH").first.click()

    add_colleague(page, "nobody@kestrelhome.example")
    expect(page.get_by_text("Nobody here has this address")).to_be_visible()
    page.get_by_label("Mail address").fill(cast.ali.email)
    page.get_by_role("button", name="Add member").click()
    expect(page.get_by_role("rowheader", name="Ali Haddad")).to_be_visible()
    assert gate.may(cast.ali, "ticket.reply", queue, at=clock.now())

    refused = page.goto(f"/teams/{cast.insights_dach.pk}/members/add/")
    assert refused is not None
    assert refused.status == 404

    page.goto(f"/teams/{cast.care_dach.pk}/members/")
    page.get_by_role("button", name="Actions for Ali Haddad").click()
    expect(page.get_by_text("Make a lead")).to_have_count(0)
    page.get_by_role("link", name="Take out of the team").click()
    page.get_by_role("button", name="Take Ali Haddad out").click()
    page.wait_for_url("**/members/")
    assert not gate.may(cast.ali, "ticket.reply", queue, at=clock.now())

    told = [str(story.sentence) for story in describe(Event.objects.filter(about_person_id=cast.ali.pk).order_by("pk"))]
    assert told[0] == "Chiara Bellini found Ali Haddad by their mail address"
    assert told[1].startswith("Chiara Bellini added Ali Haddad to Care DACH")
    assert told[-1] == "Chiara Bellini took Ali Haddad out of Care DACH"
    refusals = Event.objects.filter(tag="access.refused", actor=cast.chiara)
    assert refusals.count() == 1
