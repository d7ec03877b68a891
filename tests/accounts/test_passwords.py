"""Passwords: forgotten, set by a link, changed; what the people who ask learn."""

import re

import pytest
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Person, PersonState, Session
from accounts.people.services import edit_person
from accounts.signin import services
from accounts.templatetags.signin import password_link
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.jobs.models import Job, Notice
from cxaccess.jobs.runner import run_one
from cxaccess.lib.errors import Refused
from permissions.guards import NotAllowed
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

PASSWORD = "correct horse battery staple"
NEW = "a brand new passphrase"
FORGOTTEN = "/password/forgotten/"


def work() -> None:
    while run_one(world.soon(seconds=1)):
        pass


def link_in(body: str) -> str:
    [found] = re.findall(r"http://localhost:8000(/password/new/\S+)", body)
    return found


def follow(client: Client, link: str) -> str:
    """Open the link of a mail; the address that the form posts to has no secret in it."""
    return client.get(link).headers["Location"]


def is_in(client: Client) -> bool:
    return client.get("/me/sessions/").status_code == 200


def test_a_forgotten_password_is_set_by_a_link_in_a_mail(cast: Cast) -> None:
    signed = signed_in(cast.chiara, factor=False)
    door = Client()
    door.post(FORGOTTEN, {"email": cast.chiara.email.upper()})
    work()
    [told] = mail.outbox
    assert told.to == [cast.chiara.email]
    address = follow(door, link_in(told.body))
    assert address.endswith("-set-password/")
    answer = door.post(address, {"password1": NEW, "password2": NEW})
    assert answer.headers["Location"] == "/password/new/done/"
    assert not is_in(signed), "every session ends"
    assert not is_in(door), "the link sets a password, it signs nobody in"
    door.post("/sign-in/", {"login": cast.chiara.email, "password": NEW})
    assert is_in(door)
    changed = Event.objects.get(tag=Tag.PASSWORD_CHANGED)
    assert (changed.actor_id, changed.additional_data) == (cast.chiara.pk, {"by": "mail"})


def test_the_link_works_once(cast: Cast) -> None:
    link = password_link(cast.chiara).removeprefix("http://localhost:8000")
    door = Client()
    door.post(follow(door, link), {"password1": NEW, "password2": NEW})
    assert "no longer works" in Client().get(link).text


def test_the_link_ends_after_a_day(cast: Cast, time_machine) -> None:
    time_machine.move_to(world.soon(days=1), tick=False)
    link = password_link(cast.chiara).removeprefix("http://localhost:8000")
    time_machine.shift(24 * 3600 + 60)
    assert "no longer works" in Client().get(link).text


@pytest.mark.parametrize("state", [PersonState.SUSPENDED, PersonState.LEFT])
def test_the_link_of_somebody_stopped_opens_nothing(cast: Cast, state: PersonState) -> None:
    link = password_link(cast.chiara).removeprefix("http://localhost:8000")
    Person.objects.filter(pk=cast.chiara.pk).update(state=state)
    assert "no longer works" in Client().get(link).text


def test_asking_tells_nothing_and_works_the_same_for_everybody(cast: Cast) -> None:
    Person.objects.filter(pk=cast.otto.pk).update(password="!none")
    SocialAccount.objects.create(user=cast.otto, provider=settings.OIDC_PROVIDER, uid="otto")
    mails = [cast.chiara.email, "nobody@kestrelhome.example", cast.sofia.email, cast.otto.email]
    answers = set()
    for asked in mails:
        with CaptureQueriesContext(connection) as queries:
            answer = Client().post(FORGOTTEN, {"email": asked})
        answers.add((answer.status_code, answer.headers["Location"], len(queries)))
    assert len(answers) == 1
    assert Job.objects.filter(kind="signin.reset").count() == 4
    assert not any(asked in str(job.payload) for job in Job.objects.all() for asked in mails), "mails are sealed"
    work()
    assert [told.to for told in mail.outbox] == [[cast.chiara.email]]


def test_the_link_is_kept_nowhere(cast: Cast) -> None:
    Client().post(FORGOTTEN, {"email": cast.chiara.email})
    work()
    link = link_in(mail.outbox[0].body)
    assert not any(link in str(row) for row in [*Notice.objects.values_list(), *Job.objects.values_list()])


def test_nobody_is_flooded_with_links(cast: Cast) -> None:
    for spelling in (cast.chiara.email, cast.chiara.email.upper(), cast.chiara.email, cast.chiara.email):
        assert Client().post(FORGOTTEN, {"email": spelling}).status_code == 302
    work()
    assert len(mail.outbox) == 3


def test_an_imported_person_has_no_password_to_forget(cast: Cast) -> None:
    cast.ivy.set_unusable_password()
    cast.ivy.save()
    Client().post(FORGOTTEN, {"email": cast.ivy.email})
    work()
    assert mail.outbox == []


def test_lending_somebody_ones_own_mail_leaves_no_way_in_behind(cast: Cast) -> None:
    """Set their mail to one's own, choose a password, give the mail back, wait until they hold something."""
    own = cast.chiara.email
    lent = edit_person(
        cast.priya, person=cast.chiara, row_version=1, changes={"email": "lent@elsewhere.example"}, at=world.soon()
    )
    assert not lent.has_usable_password()
    Client().post(FORGOTTEN, {"email": "lent@elsewhere.example"})
    work()
    [told] = mail.outbox
    door = Client()
    door.post(follow(door, link_in(told.body)), {"password1": NEW, "password2": NEW})
    edit_person(cast.priya, person=cast.chiara, row_version=lent.row_version, changes={"email": own}, at=world.soon())
    door.post("/sign-in/", {"login": own, "password": NEW})
    assert door.get("/").status_code == 302
    cast.chiara.refresh_from_db()
    assert not cast.chiara.has_usable_password()


def test_an_invitation_sets_the_first_password(cast: Cast) -> None:
    cast.ivy.set_unusable_password()
    cast.ivy.save()
    services.invite(cast.priya, person=cast.ivy, at=world.soon())
    work()
    [told] = mail.outbox
    assert "Priya Raman invites you" in told.subject
    door = Client()
    door.post(follow(door, link_in(told.body)), {"password1": NEW, "password2": NEW})
    door.post("/sign-in/", {"login": cast.ivy.email, "password": NEW})
    assert is_in(door)


def test_only_who_may_edit_somebody_invites_them(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        services.invite(cast.chiara, person=cast.ivy, at=world.soon())


@pytest.mark.parametrize(
    ("password", "said"),
    [("short", "at least 12"), ("chiara.bellini", "too similar"), ("123456789012", "entirely numeric"),
     ("passwordpassword", "")],
)  # fmt: skip
def test_weak_passwords_are_refused_with_the_reason(cast: Cast, password: str, said: str) -> None:
    client = signed_in(cast.chiara)
    sent = {"present": PASSWORD, "password1": password, "password2": password}
    page = client.post("/me/security/password/", sent)
    if said:
        assert said in page.text


def test_changing_it_ends_every_other_session_and_keeps_this_one(cast: Cast) -> None:
    here, there = signed_in(cast.chiara), signed_in(cast.chiara)
    here.post("/me/security/password/", {"present": PASSWORD, "password1": NEW, "password2": NEW})
    assert is_in(here)
    assert not is_in(there)
    assert Session.objects.filter(ended_at=None).count() == 1
    work()
    assert "password was changed" in mail.outbox[0].subject


def test_changing_it_takes_the_present_one(cast: Cast) -> None:
    client = signed_in(cast.chiara)
    page = client.post("/me/security/password/", {"present": "wrong", "password1": NEW, "password2": NEW})
    assert "not your present password" in page.text
    with pytest.raises(Refused):
        services.prove_presence(cast.chiara, password="wrong", at=world.soon())


def test_ones_sessions_are_listed_and_ended(cast: Cast) -> None:
    here, there = signed_in(cast.chiara), signed_in(cast.chiara)
    page = here.get("/me/sessions/")
    assert page.text.count("Firefox on Linux") >= 2
    assert "This browser, now" in page.text
    other = Session.objects.order_by("-id").first()
    here.post(f"/me/sessions/{other.pk}/end/")
    assert not is_in(there)
    assert is_in(here)
    assert Event.objects.get().tag == Tag.SESSION_ENDED


def test_somebody_elses_session_is_not_found(cast: Cast) -> None:
    theirs = signed_in(cast.priya)
    session = Session.objects.get(person=cast.priya)
    assert signed_in(cast.chiara).post(f"/me/sessions/{session.pk}/end/").status_code == 404
    assert is_in(theirs)


def test_all_others_end_at_once(cast: Cast) -> None:
    here, *others = (signed_in(cast.chiara) for _ in range(3))
    here.post("/me/sessions/end-others/")
    assert is_in(here)
    assert not any(is_in(client) for client in others)


def test_the_operators_commands_say_what_they_did(cast: Cast, capsys, settings) -> None:
    call_command("recover_admin", cast.priya.email)
    assert "/password/new/" in capsys.readouterr().out
    for asked in (cast.rosa.email, "nobody@kestrelhome.example"):
        with pytest.raises(CommandError):
            call_command("recover_admin", asked)
    with pytest.raises(CommandError, match="not a demo"):
        call_command("demo_code", cast.priya.email)
    settings.DEMO = True
    with pytest.raises(CommandError, match="not one of the demo"):
        call_command("demo_code", cast.priya.email)
    Person.objects.filter(pk=cast.priya.pk).update(demo=True)
    call_command("demo_code", cast.priya.email)
    assert re.fullmatch(r"\d{6}\n", capsys.readouterr().out)
