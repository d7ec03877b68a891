"""Offboarding: of somebody who is stopped or has left nothing is accepted at the next use, with every worker stopped.

Every kind of session, token and link that the console issues, by every route by which people come in.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.integrations.services import issue_token
from accounts.models import Authenticator, Person, Session
from accounts.people.services import put_on_leave, reactivate, suspend
from accounts.signin.factors.services import make_codes
from accounts.signin.services import invite
from accounts.templatetags.signin import password_link
from cxaccess.jobs.imports import Run
from cxaccess.jobs.models import Job
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions import gate
from permissions.imports.services import applying, batches
from tests import world
from tests.accounts.test_sso import REFUSED, come, link
from tests.cast import Cast
from tests.importing import checked, said
from tests.integrations import Caller, integration
from tests.leaving import come_back, leave, schedule, work
from tests.provider import Provider
from tests.sessions import signed_in, with_authenticator

PASSWORD = "correct horse battery staple"
Stop = Callable[[Cast, Person], None]


def _suspended(cast: Cast, person: Person) -> None:
    suspend(cast.priya, person=person, reason="Laptop stolen", at=clock.now())


def _left(cast: Cast, person: Person) -> None:
    leave(cast.priya, person)


def _scheduled(cast: Cast, person: Person) -> None:
    """Let the moment come, with no job running."""
    schedule(cast.priya, person, clock.now() + timedelta(milliseconds=1))
    Job.objects.filter(kind="leaver.leave").delete()


def _on_leave(cast: Cast, person: Person) -> None:
    put_on_leave(cast.priya, person=person, reason="Parental leave", at=clock.now())


ways = pytest.mark.parametrize("stop", [_suspended, _left, _scheduled, _on_leave])
gone = pytest.mark.parametrize("stop", [_suspended, _left, _scheduled])


def is_in(client: Client) -> bool:
    return client.get("/me/sessions/").status_code == 200


def nobody_is_in(person: Person, *clients: Client) -> bool:
    """Return whether none of `clients` is signed in, and no session is left that could come back to life."""
    return not any(is_in(client) for client in clients)


@ways
def test_twenty_sessions_in_two_browsers_are_over_at_the_next_click(cast: Cast, stop: Stop) -> None:
    clients = [signed_in(cast.maya) for _ in range(20)]
    Session.objects.filter(person=cast.maya, pk__gt=Session.objects.order_by("-pk")[10].pk).update(
        browser="Safari on iPhone", device_hash="another browser"
    )
    assert all(is_in(client) for client in clients)
    stop(cast, cast.maya)
    assert nobody_is_in(cast.maya, *clients)
    for path in ("/", "/people/", "/me/security/", "/confirm/", f"/people/{cast.maya.pk}/", "/trail/"):
        assert clients[0].get(path).status_code in (302, 404), path
    assert clients[1].post("/me/security/password/", {"present": PASSWORD}).status_code == 302


@ways
def test_neither_password_nor_code_begins_or_ends_a_sign_in(cast: Cast, stop: Stop) -> None:
    authenticator = with_authenticator(cast.maya)
    begun, recovering = Client(), Client()
    for client in (begun, recovering):
        client.post("/sign-in/", {"login": cast.maya.email, "password": PASSWORD})
    codes = make_codes(cast.maya, at=clock.now())
    stop(cast, cast.maya)
    code = f"{authenticator.totp(world.soon().timestamp()).token():06d}"
    assert begun.post("/sign-in/code/", {"code": code}).headers["Location"] == REFUSED
    assert recovering.post("/sign-in/recovery/", {"code": codes[0]}).headers["Location"] == REFUSED
    fresh = Client()
    fresh.post("/sign-in/", {"login": cast.maya.email, "password": PASSWORD})
    assert nobody_is_in(cast.maya, begun, recovering, fresh)
    assert not Session.objects.filter(person=cast.maya, ended_at=None).exists()


@ways
def test_no_link_in_a_mail_works_any_more(cast: Cast, stop: Stop) -> None:
    opened, address = Client(), password_link(cast.maya).partition("8000")[2]
    form = opened.get(address).headers["Location"]
    invitation = password_link(cast.ivy).partition("8000")[2]
    for person in (cast.maya, cast.ivy):
        stop(cast, person)
    new = {"password1": "a brand new passphrase", "password2": "a brand new passphrase"}
    opened.post(form, new)
    for path in (address, invitation):
        answer = Client().get(path)
        assert answer.status_code != 302 or "set-password" not in answer.headers["Location"], path
    for person in (cast.maya, cast.ivy):
        assert not Person.objects.get(pk=person.pk).check_password("a brand new passphrase")
    with pytest.raises(Refused, match="Invitations go to active people"):
        invite(cast.priya, person=Person.objects.get(pk=cast.ivy.pk), at=world.soon(seconds=1))
    mail.outbox.clear()
    Client().post("/password/forgotten/", {"email": cast.maya.email})
    work()
    assert not [told for told in mail.outbox if re.search("/password/new/", str(told.body))]


@ways
def test_single_sign_on_lets_nobody_in_half_way(cast: Cast, oidc: Provider, settings, stop: Stop) -> None:
    """Linked or known by a verified mail; also where strangers are admitted, they are not taken for one."""
    settings.OIDC_UNKNOWN, settings.OIDC_LINK_VERIFIED_MAIL = "admit", True
    link(cast.maya, oidc, "maya-1")
    oidc.has("maya-1", email=cast.maya.email, email_verified=True)
    oidc.has("ivy-1", email=cast.ivy.email, email_verified=True)
    people = Person.objects.count()
    for person in (cast.maya, cast.ivy):
        stop(cast, person)
    for subject in ("maya-1", "ivy-1"):
        client = Client()
        assert come(client, subject).headers["Location"] == REFUSED
        assert not is_in(client)
    assert Person.objects.count() == people
    assert SocialAccount.objects.get().user == cast.maya
    assert not Session.objects.filter(ended_at=None, person__in=[cast.maya, cast.ivy]).exists()


@ways
def test_a_sign_in_by_sso_that_waits_for_the_code_ends_there(cast: Cast, oidc: Provider, stop: Stop) -> None:
    link(cast.maya, oidc, "maya-1")
    oidc.has("maya-1")
    authenticator, client = with_authenticator(cast.maya), Client()
    assert come(client, "maya-1").headers["Location"] == "/sign-in/code/"
    stop(cast, cast.maya)
    code = f"{authenticator.totp(world.soon().timestamp()).token():06d}"
    assert client.post("/sign-in/code/", {"code": code}).headers["Location"] == REFUSED
    assert nobody_is_in(cast.maya, client)


@ways
def test_enrolling_and_stepping_up_end_with_the_session(cast: Cast, stop: Stop) -> None:
    client = signed_in(cast.chiara, factor=False)
    assert client.get("/me/security/authenticator/").status_code == 200
    waiting = Authenticator.objects.get(user=cast.chiara)
    stop(cast, cast.chiara)
    code = f"{waiting.totp(world.soon().timestamp()).token():06d}"
    assert client.post("/me/security/authenticator/", {"code": code}).status_code == 302
    assert client.post("/confirm/", {"password": PASSWORD}).status_code == 302
    assert client.get("/me/security/recovery-codes/file/").status_code == 302
    assert not Authenticator.objects.filter(user=cast.chiara, confirmed=True).exists()


@gone
def test_a_token_that_they_made_is_answered_nothing(cast: Cast, stop: Stop) -> None:
    """The known failure: a server of tokens that goes on serving those of somebody deactivated."""
    gateway = integration()
    theirs = Caller(text=issue_token(cast.priya, integration=gateway, days=30, at=clock.now()).text)
    gateway.tokens.update(created_by=cast.maya)
    others = Caller(text=issue_token(cast.priya, integration=gateway, days=30, at=clock.now()).text)
    body = {"subject": {"type": "user", "id": str(cast.ali.pk)}, "action": {"name": "view"},
            "resource": {"type": "feedback", "id": "none"}}  # fmt: skip
    assert theirs.ask("evaluation", body)[0] == 200
    stop(cast, cast.maya)
    assert theirs.ask("evaluation", body)[0] == 401
    assert others.ask("evaluation", body)[0] == 200, "what somebody else made goes on"


def test_a_suspended_makers_tokens_come_back_with_them_and_who_is_on_leave_stays_trusted(cast: Cast) -> None:
    gateway = integration()
    theirs = Caller(text=issue_token(cast.priya, integration=gateway, days=30, at=clock.now()).text)
    gateway.tokens.update(created_by=cast.maya)
    body = {"subject": {"type": "user", "id": str(cast.ali.pk)}, "action": {"name": "view"},
            "resource": {"type": "feedback", "id": "none"}}  # fmt: skip
    for stop, status in ((_suspended, 401), (_on_leave, 200)):
        stop(cast, Person.objects.get(pk=cast.maya.pk))
        assert theirs.ask("evaluation", body)[0] == status
        reactivate(cast.priya, person=cast.maya, reason="Back", at=clock.now())
        assert theirs.ask("evaluation", body)[0] == 200


@ways
def test_connected_systems_are_told_no_about_them(cast: Cast, stop: Stop) -> None:
    caller = Caller(integration(system="voice"))
    world.identity(cast.maya, "voice", "maya")
    thing = ("feedback", cast.german_reviews.external_id)
    assert caller.may("maya", "view", thing)
    stop(cast, cast.maya)
    assert not caller.may("maya", "view", thing)


@ways
def test_a_file_that_waits_for_its_worker_is_not_applied(cast: Cast, stop: Stop) -> None:
    """They asked for it while they might; what is written is asked for anew when it is written."""
    second = world.person("Second Admin", region=cast.world_)
    world.give(second, cast.administrator)
    batch = checked(second, "people", "Name,Mail,Region\nYara Nakamura,yara@kestrelhome.example,Germany\n")
    assert (said(batch), batch.counts["create"]) == ({}, 1)
    batches.begin_apply(second, batch=batch, leave_out=False, at=clock.now())
    stop(cast, Person.objects.get(pk=second.pk))
    batch.refresh_from_db()
    with suppress(applying.Outdated, Refused):
        applying.apply(Run(batch, "test"), at=clock.now(), tick=clock.now)
    assert not Person.objects.filter(name="Yara Nakamura").exists()


def test_the_operators_door_opens_for_no_administrator_who_has_left(cast: Cast) -> None:
    second = world.person("Second Admin", region=cast.world_)
    world.give(second, cast.administrator)
    leave(second, cast.priya)
    with pytest.raises((CommandError, Refused)):
        call_command("recover_admin", cast.priya.email)


@ways
def test_nothing_of_before_comes_back_to_life(cast: Cast, stop: Stop) -> None:
    """Whoever is let back in signs in anew: no session of before is open, with no request in between either."""
    clients = [signed_in(cast.maya) for _ in range(3)]
    stop(cast, cast.maya)
    person = Person.objects.get(pk=cast.maya.pk)
    if person.has_left(clock.now()):
        come_back(cast.priya, person, region=cast.germany)
        assert not gate.held(person, at=clock.now())
    else:
        reactivate(cast.priya, person=person, reason="Back", at=clock.now())
    assert nobody_is_in(cast.maya, *clients)
