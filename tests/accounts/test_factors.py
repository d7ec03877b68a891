"""Second factors at sign-in: codes and recovery codes, what is refused, what is kept; the operator's own door."""

import re

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client

from accounts.models import Authenticator, Person, Session
from accounts.signin.factors import selectors, services
from accounts.signin.operator import OPERATOR, demo_code, recover_administrator
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.jobs.runner import run_one
from cxaccess.lib.crypto import CannotUnseal
from cxaccess.lib.errors import Refused
from tests import world
from tests.cast import Cast
from tests.sessions import SECRET, signed_in, with_authenticator

PASSWORD = "correct horse battery staple"
CODES = re.compile(r"<li><code>([a-z0-9-]{14})</code></li>")


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(world.soon(days=1), tick=False)
    return time_machine


def code_of(person: Person) -> str:
    return f"{Authenticator.objects.get(user=person).totp(world.soon().timestamp()).token():06d}"


def half_way(person: Person) -> Client:
    """Somebody who has given their password and is asked for the code."""
    with_authenticator(person)
    client = Client()
    answer = client.post("/sign-in/", {"login": person.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/sign-in/code/"
    return client


def is_in(client: Client) -> bool:
    return client.get("/me/sessions/").status_code == 200


def tags() -> list[str]:
    return list(Event.objects.order_by("id").values_list("tag", flat=True))


# At sign-in


def test_the_password_alone_signs_nobody_in_who_has_a_factor(cast: Cast) -> None:
    client = half_way(cast.priya)
    assert not is_in(client)
    client.post("/sign-in/code/", {"code": code_of(cast.priya)})
    assert is_in(client)
    assert Session.objects.get().factor


def test_a_code_works_once(cast: Cast) -> None:
    code = code_of_new(cast.priya)
    client = half_way(cast.priya)
    client.post("/sign-in/code/", {"code": code})
    second = half_way(cast.priya)
    answer = second.post("/sign-in/code/", {"code": code})
    assert "did not work" in answer.text
    assert not is_in(second)


def code_of_new(person: Person) -> str:
    with_authenticator(person)
    return code_of(person)


@pytest.mark.parametrize("wrong", ["000000", "", "12345", "-12345", "१२३४५६", "1e5", "123 4567"])
def test_what_is_no_code_is_refused(cast: Cast, wrong: str) -> None:
    client = half_way(cast.priya)
    assert client.post("/sign-in/code/", {"code": wrong}).status_code == 200
    assert not is_in(client)


def test_wrong_codes_make_the_next_try_wait_longer_and_longer(cast: Cast, clock) -> None:
    client = half_way(cast.priya)
    for _ in range(5):
        client.post("/sign-in/code/", {"code": "000000"})
        clock.shift(20)
    client.post("/sign-in/code/", {"code": "000000"})
    answer = client.post("/sign-in/code/", {"code": code_of(cast.priya)})
    assert "Wait 32 seconds" in answer.text
    clock.shift(33)
    client.post("/sign-in/code/", {"code": code_of(cast.priya)})
    assert is_in(client)


def test_wrong_codes_do_not_block_a_recovery_code(cast: Cast) -> None:
    with_authenticator(cast.priya)
    [first, *_] = services.make_codes(cast.priya, at=world.soon())
    client = half_way(cast.priya)
    for _ in range(4):
        client.post("/sign-in/code/", {"code": "000000"})
    client.post("/sign-in/recovery/", {"code": first.upper().replace("-", " ")})
    assert is_in(client)


def test_a_recovery_code_works_once_and_is_told(cast: Cast) -> None:
    with_authenticator(cast.priya)
    [first, *_] = services.make_codes(cast.priya, at=world.soon())
    half_way(cast.priya).post("/sign-in/recovery/", {"code": first})
    again = half_way(cast.priya)
    again.post("/sign-in/recovery/", {"code": first})
    assert not is_in(again)
    assert tags().count(Tag.FACTOR_CODE_USED) == 1
    assert selectors.codes_left(cast.priya) == 9
    while run_one(world.soon(seconds=1)):
        pass
    assert any("9 are left" in told.body for told in mail.outbox)


def test_somebody_elses_code_is_worth_nothing(cast: Cast) -> None:
    with_authenticator(cast.rosa).keep_secret(b"another secret")
    [theirs, *_] = services.make_codes(cast.rosa, at=world.soon())
    client = half_way(cast.priya)
    client.post("/sign-in/recovery/", {"code": theirs})
    assert not is_in(client)


def test_the_way_between_password_and_code_closes(cast: Cast, clock) -> None:
    client = half_way(cast.priya)
    clock.shift(601)
    answer = client.post("/sign-in/code/", {"code": code_of(cast.priya)})
    assert answer.headers["Location"] == "/sign-in/"
    assert not is_in(client)


def test_who_is_suspended_between_the_two_steps_does_not_come_in(cast: Cast) -> None:
    client = half_way(cast.rosa)
    Person.objects.filter(pk=cast.rosa.pk).update(state="suspended")
    client.post("/sign-in/code/", {"code": code_of(cast.rosa)})
    assert not is_in(client)


# Kept


def test_neither_secret_nor_codes_lie_open(cast: Cast) -> None:
    device = with_authenticator(cast.priya)
    codes = services.make_codes(cast.priya, at=world.soon())
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_authenticator")
        rows = str(cursor.fetchall())
        cursor.execute("SELECT * FROM accounts_recoverycode")
        rows += str(cursor.fetchall())
    assert SECRET.hex() not in rows
    assert device.secret == SECRET
    assert not any(code in rows or code.replace("-", "") in rows for code in codes)
    assert not Event.objects.filter(additional_data__icontains=codes[0]).exists()


def test_a_secret_moved_to_somebody_else_opens_nothing(cast: Cast) -> None:
    sealed = with_authenticator(cast.ali).sealed_secret
    with_authenticator(cast.priya)
    Authenticator.objects.filter(user=cast.priya).update(sealed_secret=sealed)
    with pytest.raises(CannotUnseal):
        _ = Authenticator.objects.get(user=cast.priya).secret


def test_after_the_keys_changed_old_secrets_and_codes_still_work(cast: Cast, settings) -> None:
    with_authenticator(cast.priya)
    [first, *_] = services.make_codes(cast.priya, at=world.soon())
    settings.ENCRYPTION_KEYS = ["bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleSE=", *settings.ENCRYPTION_KEYS]
    assert Authenticator.objects.get(user=cast.priya).secret == SECRET
    client = half_way(cast.priya)
    client.post("/sign-in/recovery/", {"code": first})
    assert is_in(client)


def test_nobody_has_two_authenticators_in_use(cast: Cast) -> None:
    with_authenticator(cast.priya)
    with pytest.raises(IntegrityError), transaction.atomic():
        Authenticator.objects.create(user=cast.priya, name="x", confirmed=True, sealed_secret="x")


# The operator, and the demo


def test_the_operator_lets_an_administrator_back_in(cast: Cast) -> None:
    client = signed_in(cast.priya)
    assert recover_administrator(OPERATOR, person=cast.priya, at=world.soon()) is True
    assert not is_in(client)
    assert not Authenticator.objects.exists()
    event = Event.objects.get(tag=Tag.ADMINISTRATOR_RECOVERED)
    assert (event.system, event.actor_id, event.about_person_id) == ("recover_admin", None, cast.priya.pk)


@pytest.mark.parametrize("member", ["rosa", "chiara", "sofia"])
def test_the_operators_door_is_for_lasting_administrators_only(cast: Cast, member: str) -> None:
    with pytest.raises(Refused):
        recover_administrator(OPERATOR, person=getattr(cast, member), at=world.soon())


def test_a_demo_persons_code_signs_them_in_even_twice(cast: Cast) -> None:
    Person.objects.filter(pk=cast.priya.pk).update(demo=True)
    cast.priya.refresh_from_db()
    demo_code(cast.priya)
    for _ in range(2):
        client = Client()
        client.post("/sign-in/", {"login": cast.priya.email, "password": PASSWORD})
        client.post("/sign-in/code/", {"code": demo_code(cast.priya)})
        assert is_in(client)
    with pytest.raises(Refused):
        demo_code(cast.priya)


def test_nobody_real_has_a_demo_code(cast: Cast) -> None:
    with pytest.raises(Refused):
        demo_code(cast.priya)
