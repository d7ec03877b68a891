"""Journeys through the door, in a real browser: set up, password and code, single sign-on, lost phone."""

import re
import time
from collections.abc import Callable

import pytest
from allauth.socialaccount.models import SocialAccount
from playwright.sync_api import Page, expect

from accounts.models import Authenticator, Person, Session
from accounts.signin.factors.selectors import codes_left
from audits.models import Event
from audits.trail.tags import Tag
from permissions.models import Role
from permissions.setup.selectors import setup_code
from tests.browser.seen import faults
from tests.cast import Cast
from tests.provider import Provider
from tests.sessions import with_authenticator

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse battery staple"


def code_of(device: Authenticator) -> str:
    """Return the next code that the authenticator takes: of a step that was not used yet."""
    device.refresh_from_db()
    step = max(int(time.time()) // 30, device.last_t + 1)
    return f"{device.totp(step * 30).token():06d}"


def give_password(page: Page, person: Person) -> None:
    page.goto("/sign-in/?next=/me/security/")
    page.get_by_label("Work mail").fill(person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue", exact=True).click()


def enrol(page: Page, person: Person) -> None:
    """Set up the authenticator that the page asks for, store the codes, go on."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up your authenticator")
    assert faults(page) == []
    page.get_by_role("textbox", name="Code").fill(code_of(Authenticator.objects.get(user=person)))
    page.get_by_role("button", name="Confirm and show recovery codes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Store your recovery codes")
    assert faults(page) == []
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_title(re.compile("^Overview"))


def test_an_empty_instance_is_set_up_with_the_starter_pack(db: None, page: Page) -> None:
    page.goto("/sign-in/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up CX Access")
    assert faults(page) == []
    page.get_by_label("Set-up code").fill(setup_code())
    page.get_by_label("Company").fill("Kestrel Home")
    page.get_by_label("Time zone").select_option("Europe/Berlin")
    page.get_by_label("Your name").fill("Priya Raman")
    page.get_by_label("Work mail").fill("priya.raman@kestrelhome.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Set up and sign in").click()
    enrol(page, Person.objects.get())
    expect(page).to_have_title("Overview · Kestrel Home")
    assert Role.objects.count() == 4
    assert Event.objects.filter(tag=Tag.INSTANCE_SET_UP).count() == 1
    assert page.goto("/setup/").status == 404


def test_password_and_code_sign_in(cast: Cast, page: Page) -> None:
    device = with_authenticator(cast.priya)
    give_password(page, cast.priya)
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter your code")
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("That code did not work")).to_be_visible()
    assert faults(page) == []
    time.sleep(1.1)  # the wait after one wrong code
    page.get_by_role("textbox", name="Code").fill(code_of(device))
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign-in and security")
    page.get_by_role("link", name="Show browsers").click()
    expect(page.get_by_text("This browser, now")).to_be_visible()
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_title("Sign in · CX Access")
    assert not Session.objects.filter(ended_at=None).exists()


def test_a_holder_of_a_risky_role_is_led_to_enrol(cast: Cast, page: Page) -> None:
    give_password(page, cast.rosa)
    enrol(page, cast.rosa)
    assert codes_left(cast.rosa) == 10


def test_single_sign_on_to_the_end(cast: Cast, page: Page, oidc: Provider) -> None:
    SocialAccount.objects.create(user=cast.priya, provider=oidc.name, uid="priya-1")
    device = with_authenticator(cast.priya)
    page.goto("/sign-in/?next=/me/sessions/")
    assert faults(page) == []
    page.get_by_role("button", name="Continue with Kestrel ID").click()
    page.locator("input[name=sub]").fill("priya-1")
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter your code")
    page.get_by_role("textbox", name="Code").fill(code_of(device))
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Signed-in browsers")
    expect(page.get_by_text("Single sign-on, second factor")).to_be_visible()


def test_single_sign_on_of_a_stranger_ends_at_a_page_that_says_what_to_do(
    cast: Cast, page: Page, oidc: Provider
) -> None:
    page.goto("/sign-in/")
    page.get_by_role("button", name="Continue with Kestrel ID").click()
    page.locator("input[name=sub]").fill("a-stranger")
    page.get_by_role("button", name="Authorize").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("No access with this account")
    assert faults(page) == []


def test_a_lost_phone(cast: Cast, page: Page, sign_in_as: Callable[[Person], Page]) -> None:
    """A recovery code lets them in; a new authenticator takes the place of the lost one."""
    with_authenticator(cast.chiara)
    sign_in_as(cast.chiara)
    page.goto("/me/security/recovery-codes/")
    page.get_by_role("button", name="Make 10 new codes").click()
    [first, *_] = page.locator(".recovery-codes code").all_inner_texts()
    page.context.clear_cookies()
    give_password(page, cast.chiara)
    page.get_by_role("link", name="Recovery code").click()
    assert faults(page) == []
    page.reload()  # what axe still asks for under the old session would take the new one's cookie away
    page.get_by_label("Recovery code").fill(first)
    page.get_by_role("button", name="Verify").click()
    page.get_by_role("link", name="Replace").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Replace your authenticator")
    page.get_by_role("textbox", name="Code").fill(code_of(Authenticator.objects.get(user=cast.chiara, confirmed=False)))
    page.get_by_role("button", name="Confirm and show recovery codes").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Store your recovery codes")
