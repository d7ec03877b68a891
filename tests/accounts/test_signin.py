"""Signing in by mail and password: who gets in, what outsiders learn, how often they may try."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.db.models import Sum
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import FailureCount, Person, PersonState, Session, Throttle
from accounts.signin import failures
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.jobs.models import Job, Notice
from cxaccess.jobs.runner import run_one
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

PASSWORD = "correct horse battery staple"
SIGN_IN = "/sign-in/"


def post(client: Client, login: str, password: str = PASSWORD, **headers: str):
    return client.post(SIGN_IN, {"login": login, "password": password}, headers=headers)


class Counting(MD5PasswordHasher):
    """Hashes like the others of the tests, and counts."""

    hashed: list[str] = []

    def encode(self, password: str, salt: str) -> str:
        self.hashed.append(password)
        return super().encode(password, salt)


def is_in(client: Client) -> bool:
    return client.get("/me/sessions/").status_code == 200


def tags() -> list[str]:
    return list(Event.objects.order_by("id").values_list("tag", flat=True))


def work() -> None:
    """Run the jobs that are due."""
    while run_one(world.soon(seconds=1)):
        pass


@pytest.fixture
def door(cast: Cast) -> Client:
    return Client(headers={"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})


def test_mail_and_password_let_an_active_person_in_whatever_the_case(cast: Cast, door: Client) -> None:
    Person.objects.filter(pk=cast.chiara.pk).update(email="Chiara.Bellini@KestrelHome.example")
    answer = post(door, " chiara.bellini@kestrelhome.EXAMPLE ")
    assert answer.status_code == 302
    assert is_in(door)
    session = Session.objects.get(person=cast.chiara)
    assert (session.browser, session.method, session.factor) == ("Firefox on Linux", "password", False)
    assert tags() == [Tag.SIGN_IN]


def test_the_session_table_does_not_hold_the_key_of_the_session(cast: Cast, door: Client) -> None:
    post(door, cast.chiara.email)
    assert door.session.session_key not in Session.objects.get(person=cast.chiara).key_hash


def test_signing_in_changes_the_session_key(cast: Cast, door: Client) -> None:
    door.get(SIGN_IN)
    planted = door.session
    planted["x"] = 1
    planted.save()
    door.cookies["sessionid"] = planted.session_key
    post(door, cast.chiara.email)
    assert door.session.session_key != planted.session_key
    assert is_in(door)


def test_the_first_sign_in_claims_the_account(cast: Cast, door: Client) -> None:
    post(door, cast.ivy.email)
    cast.ivy.refresh_from_db()
    assert cast.ivy.claimed_at is not None
    assert tags() == [Tag.PERSON_CLAIMED, Tag.SIGN_IN]


def test_every_refusal_reads_the_same(cast: Cast, door: Client) -> None:
    """A wrong password, no such person, somebody suspended or gone, somebody without a password: one answer."""
    Person.objects.filter(pk=cast.otto.pk).update(password="!nothing")
    tries = [(cast.chiara.email, "wrong password"), ("nobody@kestrelhome.example", PASSWORD)]
    tries += [(person.email, PASSWORD) for person in (cast.sofia, cast.lena, cast.nils, cast.otto)]
    pages = set()
    for who, password in tries:
        answer = post(Client(), who, password)
        text = answer.text.replace(who, "MAIL")
        pages.add((answer.status_code, _without_token(text)))
    assert len(pages) == 1
    assert Session.objects.count() == 0


def _without_token(page: str) -> str:
    start = page.index('name="csrfmiddlewaretoken" value="') + 34
    return page.replace(page[start : start + 64], "TOKEN")


def test_exactly_one_password_is_hashed_whoever_asks(cast: Cast, monkeypatch: pytest.MonkeyPatch, settings) -> None:
    hashed = []
    settings.PASSWORD_HASHERS = ["tests.accounts.test_signin.Counting"]
    monkeypatch.setattr(Counting, "hashed", hashed)
    for person in (cast.chiara, cast.sofia):
        person.set_password(PASSWORD)
        person.save()
    Person.objects.filter(pk=cast.otto.pk).update(password="!nothing")
    counts = []
    for who in (cast.chiara.email, "nobody@kestrelhome.example", cast.sofia.email, cast.otto.email):
        hashed.clear()
        post(Client(), who, "wrong password")
        counts.append(len(hashed))
    assert counts == [1, 1, 1, 1]


@pytest.mark.parametrize("state", [PersonState.SUSPENDED, PersonState.LEFT, PersonState.LEAVE, PersonState.PREHIRE])
def test_a_session_ends_at_the_next_request_once_its_person_is_not_active(
    cast: Cast, door: Client, state: PersonState
) -> None:
    post(door, cast.chiara.email)
    Person.objects.filter(pk=cast.chiara.pk).update(state=state)
    assert not is_in(door)
    Person.objects.filter(pk=cast.chiara.pk).update(state=PersonState.ACTIVE)
    assert not is_in(door), "it must not come back to life with the person"


def test_five_wrong_tries_pause_the_sixth_even_with_the_right_password(cast: Cast, door: Client) -> None:
    for _ in range(5):
        post(door, cast.chiara.email, "wrong password")
    answer = post(door, cast.chiara.email)
    assert "Too many tries. Wait 15 minutes." in answer.text
    assert not is_in(door)


def test_somebody_unknown_is_paused_just_the_same(cast: Cast, door: Client) -> None:
    for _ in range(5):
        post(door, "nobody@kestrelhome.example", "wrong password")
    assert "Too many tries. Wait 15 minutes." in post(door, "nobody@kestrelhome.example").text


@pytest.mark.parametrize("spelling", ["CHIARA.BELLINI@kestrelhome.example", " chiara.bellini@kestrelhome.example "])
def test_another_spelling_does_not_dodge_the_pause(cast: Cast, door: Client, spelling: str) -> None:
    for _ in range(5):
        post(door, cast.chiara.email, "wrong password")
    post(door, spelling)
    assert not is_in(door)


def test_a_forged_forwarding_header_does_not_dodge_the_pause(cast: Cast, door: Client) -> None:
    for step in range(5):
        post(door, cast.chiara.email, "wrong password", **{"x-forwarded-for": f"198.51.100.{step}"})
    post(door, cast.chiara.email, **{"x-forwarded-for": "198.51.100.99"})
    assert not is_in(door)


def test_many_machines_cannot_guess_at_one_mail(cast: Cast) -> None:
    for step in range(25):
        Client(REMOTE_ADDR=f"198.51.100.{step}").post(SIGN_IN, {"login": cast.chiara.email, "password": "wrong"})
    late = Client(REMOTE_ADDR="198.51.100.200")
    post(late, cast.chiara.email)
    assert not is_in(late)


def test_who_signs_in_rightly_is_never_paused(cast: Cast) -> None:
    for _ in range(8):
        door = Client()
        post(door, cast.chiara.email)
        assert is_in(door)


def test_the_pause_ends_by_itself(cast: Cast, door: Client, time_machine) -> None:
    time_machine.move_to(world.soon(days=1), tick=False)
    for _ in range(6):
        post(door, cast.chiara.email, "wrong password")
    time_machine.shift(15 * 60 + 1)
    post(door, cast.chiara.email)
    assert is_in(door)


def test_the_limits_hold_with_every_cache_away(cast: Cast, door: Client, settings) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    }
    for _ in range(6):
        assert post(door, cast.chiara.email, "wrong password").status_code == 200
    assert Throttle.objects.exists()
    assert "Too many tries" in post(door, cast.chiara.email).text


def test_failures_are_counted_not_written_one_by_one(cast: Cast, door: Client, time_machine) -> None:
    time_machine.move_to(world.soon(days=1), tick=False)
    for _ in range(3):
        post(door, cast.chiara.email, "wrong password")
        post(door, "nobody@kestrelhome.example", "wrong password")
    assert not Event.objects.filter(tag=Tag.SIGN_IN_FAILED).exists()
    assert FailureCount.objects.aggregate(n=Sum("count"))["n"] == 6
    failures.write(Job(), world.soon(minutes=1))
    failures.write(Job(), world.soon(minutes=1))
    events = list(Event.objects.filter(tag=Tag.SIGN_IN_FAILED).order_by("id"))
    told = {(event.about_person_id, event.additional_data["count"]) for event in events}
    assert told == {(cast.chiara.pk, 3), (None, 3)}
    assert FailureCount.objects.count() == 0


def test_a_session_ends_when_idle_and_when_old(cast: Cast, time_machine) -> None:
    time_machine.move_to(world.soon(days=1), tick=False)
    idle, busy = signed_in(cast.chiara), signed_in(cast.chiara)
    time_machine.shift(119 * 60)
    assert is_in(busy)
    time_machine.shift(2 * 60)
    assert not is_in(idle)
    assert is_in(busy)
    for _ in range(10):
        time_machine.shift(60 * 60)
        is_in(busy)
    assert not is_in(busy), "twelve hours have passed"


def test_last_seen_is_written_at_most_once_a_minute(cast: Cast, time_machine, django_assert_num_queries) -> None:
    time_machine.move_to(world.soon(days=1), tick=False)
    client = signed_in(cast.chiara)
    began = Session.objects.get().seen_at
    time_machine.shift(59)
    is_in(client)
    assert Session.objects.get().seen_at == began
    time_machine.shift(1)
    is_in(client)
    assert Session.objects.get().seen_at > began


def test_signing_out_takes_a_post_and_ends_the_session(cast: Cast, door: Client) -> None:
    post(door, cast.chiara.email)
    assert door.get("/sign-out/").status_code == 200
    assert is_in(door)
    stolen = Client()
    stolen.cookies["sessionid"] = door.cookies["sessionid"].value
    door.post("/sign-out/")
    assert not is_in(door)
    assert not is_in(stolen)
    assert tags()[-1] == Tag.SIGN_OUT


def test_a_session_of_djangos_without_ours_is_nobodys(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.priya)
    assert not is_in(client)


def test_next_leads_only_to_our_own_pages(cast: Cast, door: Client) -> None:
    answer = door.post(SIGN_IN, {"login": cast.chiara.email, "password": PASSWORD, "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_a_strange_browser_is_told_by_mail_but_not_the_first(cast: Cast, door: Client) -> None:
    post(door, cast.chiara.email)
    post(door, cast.chiara.email)
    assert Notice.objects.count() == 0
    door.post("/sign-out/")
    post(door, cast.chiara.email)
    assert Notice.objects.count() == 0, "the browser is known"
    post(Client(headers={"user-agent": "Chrome/140 Windows"}), cast.chiara.email)
    work()
    [told] = mail.outbox
    assert "New sign-in" in told.subject
    assert "Chrome on Windows" in told.body


@pytest.mark.parametrize(
    "name", ["account_signup", "account_email", "account_set_password", "account_reauthenticate",
             "socialaccount_connections", "socialaccount_signup", "account_confirm_login_code"],
)  # fmt: skip
def test_what_allauth_has_and_we_do_not_want_is_not_there(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    yield
    cache.clear()


def test_nobody_of_the_demo_signs_in_where_production_runs(cast: Cast, settings) -> None:
    Person.objects.filter(pk=cast.maya.pk).update(demo=True)
    client = Client()
    assert post(client, cast.maya.email).status_code == 302
    settings.PRODUCTION = True
    assert not is_in(client)
    assert post(Client(), cast.maya.email).status_code == 200
    assert post(Client(), cast.jonas.email).status_code == 302
