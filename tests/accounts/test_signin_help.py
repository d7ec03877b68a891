"""What happens to somebody's way in when they are stopped, lose a phone, or many knock at once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django_otp import verify_token

from accounts.models import Authenticator, Person, RecoverySheet
from accounts.people.services import reactivate, suspend
from accounts.signin import limits
from accounts.signin.factors import services
from accounts.signin.factors.services import reset_factor
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.jobs.runner import run_one
from cxaccess.lib.errors import Refused
from permissions.guards import NotAllowed
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in, with_authenticator


def is_in(client: Client) -> bool:
    return client.get("/me/sessions/").status_code == 200


def test_a_suspension_ends_every_session_for_good(cast: Cast) -> None:
    clients = [signed_in(cast.maya), signed_in(cast.maya)]
    suspend(cast.priya, person=cast.maya, reason="Laptop stolen", at=world.soon())
    cast.maya.refresh_from_db()
    reactivate(cast.priya, person=cast.maya, reason="Found again", at=world.soon(seconds=1))
    assert not any(is_in(client) for client in clients), "not even if no request came in between"
    assert Event.objects.filter(tag=Tag.SESSION_ENDED, about_person_id=cast.maya.pk).count() == 1


def test_an_administrator_takes_a_lost_factor_away(cast: Cast) -> None:
    theirs = signed_in(cast.maya)
    answer = signed_in(cast.priya).post(f"/people/{cast.maya.pk}/lost-factor/", {"reason": "Phone lost, spoke to her"})
    assert answer.headers["Location"] == f"/people/{cast.maya.pk}/"
    assert not is_in(theirs)
    assert not Authenticator.objects.filter(user=cast.maya).exists()
    removed = Event.objects.get(tag=Tag.FACTOR_REMOVED)
    assert (removed.actor, removed.about_person_id) == (cast.priya, cast.maya.pk)
    assert removed.additional_data == {"reason": "Phone lost, spoke to her"}
    while run_one(world.soon(seconds=1)):
        pass
    assert [told.to for told in mail.outbox] == [[cast.maya.email]]


def test_nobody_takes_the_factor_of_somebody_who_holds_more(cast: Cast) -> None:
    """Rosa may stop people in EMEA; what an administrator there holds, she could not give."""
    world.give(cast.chiara, cast.administrator)
    with_authenticator(cast.chiara)
    with pytest.raises(NotAllowed):
        reset_factor(cast.rosa, person=cast.chiara, reason="Phone lost", at=world.soon())


def test_nobody_resets_their_own_factor(cast: Cast) -> None:
    with_authenticator(cast.priya)
    with pytest.raises(Refused):
        reset_factor(cast.priya, person=cast.priya, reason="Too many codes", at=world.soon())


def test_an_invitation_is_sent_from_the_page(cast: Cast) -> None:
    answer = signed_in(cast.priya).post(f"/people/{cast.ivy.pk}/invite/")
    assert answer.headers["Location"] == f"/people/{cast.ivy.pk}/"
    assert Event.objects.get(tag=Tag.PERSON_INVITED).about_person_id == cast.ivy.pk
    assert signed_in(cast.priya).post(f"/people/{cast.maya.pk}/invite/").status_code == 422


def at_once(work, times: int = 8) -> list[object]:
    """Run `work` in parallel, each with its own connection."""

    def one(number: int) -> object:
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.fixture
def town(transactional_db: None) -> Cast:
    from tests import cast as people

    return people.build()


@pytest.mark.realdb
def test_of_many_guesses_at_once_five_are_judged(town: Cast) -> None:
    def guess(_number: int) -> bool:
        try:
            limits.consume(limits.sign_in(town.chiara.email, "203.0.113.9"), at=world.soon())
        except limits.TooMany:
            return False
        return True

    assert at_once(guess, 12).count(True) == 5


@pytest.mark.realdb
def test_of_the_same_code_at_once_one_is_accepted(town: Cast) -> None:
    device = with_authenticator(town.priya)
    code = f"{device.totp(world.soon().timestamp()).token():06d}"
    accepted = at_once(lambda _number: verify_token(town.priya, device.persistent_id, code) is not None)
    assert accepted.count(True) == 1


@pytest.mark.realdb
def test_of_the_same_recovery_code_at_once_one_is_accepted(town: Cast) -> None:
    with_authenticator(town.priya)
    [first, *_] = services.make_codes(town.priya, at=world.soon())
    sheet = RecoverySheet.objects.get(user=town.priya)
    accepted = at_once(lambda _number: verify_token(town.priya, sheet.persistent_id, first) is not None)
    assert accepted.count(True) == 1


@pytest.mark.realdb
def test_of_many_first_sign_ins_one_claims_the_account(town: Cast) -> None:
    def come(_number: int) -> int:
        return (
            Client()
            .post("/sign-in/", {"login": town.ivy.email, "password": "correct horse battery staple"})
            .status_code
        )

    at_once(come, 4)
    assert Event.objects.filter(tag=Tag.PERSON_CLAIMED).count() == 1
    assert Person.objects.get(pk=town.ivy.pk).claimed_at is not None
