"""Setting up an empty instance: one page, once, for who has the code of the machine."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts.models import Person
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.jobs.models import Setting
from cxaccess.lib.errors import Refused
from permissions import gate, giving
from permissions.models import Role
from permissions.setup import services
from permissions.setup.selectors import setup_code
from permissions.setup.services import First
from tests import world
from tests.cast import Cast

FORM = {
    "company": "Kestrel Home",
    "name": "Priya Raman",
    "email": "Priya.Raman@kestrelhome.example",
    "password1": "correct horse battery staple",
    "password2": "correct horse battery staple",
    "time_zone": "Europe/Berlin",
    "starter": "on",
}


def send(client: Client | None = None, **changes: str):
    return (client or Client()).post("/setup/", {**FORM, "code": setup_code(), **changes})


def test_while_nobody_is_there_every_page_leads_to_set_up(db: None) -> None:
    for path in ("/sign-in/", "/search/", "/me/security/"):
        assert Client().get(path).headers["Location"] == "/setup/"
    assert Client().get("/-/live").status_code == 200


def test_set_up_makes_an_administrator_who_enrols_next(db: None) -> None:
    client = Client()
    assert send(client).status_code == 302
    priya, at = Person.objects.get(), world.soon()
    assert (priya.email, priya.time_zone) == ("priya.raman@kestrelhome.example", "Europe/Berlin")
    assert giving.lasting_administrators(at=at).get() == priya
    assert gate.may(priya, "role.give_onward", at=at)
    assert sorted(Role.objects.values_list("key", flat=True)) == [
        "administrator",
        "analyst",
        "manager",
        "support-agent",
    ]
    assert Setting.objects.get(key="instance.name").value == "Kestrel Home"
    assert client.get("/search/").headers["Location"] == "/me/security/authenticator/"
    written = set(Event.objects.values_list("tag", flat=True))
    assert {Tag.INSTANCE_SET_UP, Tag.PERSON_CREATED, Tag.PERSON_CLAIMED, Tag.GRANT_GIVEN, Tag.STARTER_PACK_INSTALLED,
            Tag.SIGN_IN} <= written  # fmt: skip


def test_without_the_starter_pack_there_is_one_role(db: None) -> None:
    send(starter="")
    assert Role.objects.get().key == "administrator"


def test_it_never_opens_again(db: None) -> None:
    send()
    assert Client().get("/setup/").status_code == 404
    assert send(email="second@kestrelhome.example").status_code == 404
    assert Person.objects.count() == 1
    with pytest.raises(CommandError):
        call_command("setup_code")


def test_it_is_closed_where_people_are(cast: Cast) -> None:
    assert Client().get("/setup/").status_code == 404
    assert send().status_code == 404


@pytest.mark.parametrize("code", ["", "wrong", "aaaa-bbbb-cccc"])
def test_a_passer_by_cannot_claim_it(db: None, code: str) -> None:
    assert send(code=code).status_code == 200
    assert not Person.objects.exists()


def test_the_code_cannot_be_guessed_at_leisure(db: None) -> None:
    for _ in range(10):
        send(code="wrong")
    assert "Too many tries" in send().text
    assert not Person.objects.exists()


def test_the_command_shows_the_code(db: None, capsys) -> None:
    call_command("setup_code")
    assert capsys.readouterr().out.strip() == setup_code()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password1", "short"),
        ("password1", "priya raman 1"),
        ("password2", "another one entirely"),
        ("email", "x"),
        ("time_zone", "Mars/X"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(db: None, field: str, value: str) -> None:
    page = send(**{field: value})
    assert page.status_code == 200
    assert 'aria-invalid="true"' in page.text
    assert not Person.objects.exists()


@pytest.mark.realdb
@pytest.mark.django_db(transaction=True)
def test_of_rivals_exactly_one_becomes_administrator() -> None:
    def rival(number: int) -> bool:
        first = First("Kestrel Home", f"Rival {number}", f"r{number}@kestrelhome.example", "x" * 20, "UTC", False)
        try:
            services.set_up(services.SETUP, first=first, at=world.soon())
        except Refused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(rival, range(4)))
    assert won.count(True) == 1
    assert Person.objects.count() == 1
