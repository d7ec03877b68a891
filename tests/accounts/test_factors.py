"""Second factors: used, enrolled, forced, replaced, removed; and the step-up before what is dangerous."""

import re

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import path

from accounts.models import Authenticator, Person, RecoveryCode, RecoverySheet, Session
from accounts.signin import guards
from accounts.signin.factors import selectors, services
from accounts.signin.operator import OPERATOR, demo_code, recover_administrator
from accounts.signin.selectors import needs_factor
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess import urls
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


# Who needs one


def test_who_holds_a_risky_role_needs_a_factor_through_teams_and_inclusion_too(cast: Cast) -> None:
    at = world.soon()
    world.give(cast.ali, world.role("Harmless", {"article.view"}, [cast.regional_admin]))
    needing = {
        name for name in ("priya", "rosa", "maya", "ali", "chiara", "otto") if needs_factor(getattr(cast, name), at)
    }
    assert needing == {"priya", "rosa", "maya", "ali"}


def test_a_grant_that_is_over_or_not_yet_asks_for_nothing(cast: Cast) -> None:
    world.give(cast.chiara, cast.administrator, starts=world.soon(days=1))
    world.give(cast.otto, cast.administrator, until=world.soon(seconds=-5))
    assert not needs_factor(cast.chiara, world.soon())
    assert not needs_factor(cast.otto, world.soon())
    assert needs_factor(cast.chiara, world.soon(days=2))


@pytest.mark.parametrize("address", ["/search/", "/me/security/", "/me/sessions/", "/trail/", "/gallery/"])
def test_without_it_every_page_leads_to_enrolment(cast: Cast, address: str) -> None:
    client = signed_in(cast.priya, factor=False)
    assert client.get(address).headers["Location"] == "/me/security/authenticator/"
    fragment = client.get(address, headers={"HX-Request": "true"})
    assert fragment.headers["HX-Redirect"] == "/me/security/authenticator/"


def test_a_role_given_in_the_middle_of_a_session_asks_at_the_next_request(cast: Cast) -> None:
    client = signed_in(cast.chiara, factor=False)
    assert is_in(client)
    world.give(cast.chiara, cast.administrator)
    assert client.get("/me/sessions/").headers["Location"] == "/me/security/authenticator/"


# Enrolling


def enrol(client: Client, person: Person) -> HttpResponse:
    client.get("/me/security/authenticator/")
    waiting = Authenticator.objects.get(user=person, confirmed=False)
    code = f"{waiting.totp(world.soon().timestamp()).token():06d}"
    return client.post("/me/security/authenticator/", {"code": code})


def test_enrolling_shows_ten_codes_once_and_opens_the_console(cast: Cast) -> None:
    client = signed_in(cast.priya, factor=False)
    other = signed_in(cast.priya, factor=False)
    shown = CODES.findall(enrol(client, cast.priya).text)
    assert len(set(shown)) == 10
    assert is_in(client)
    assert not is_in(other), "sessions without the factor end"
    assert tags() == [Tag.FACTOR_ADDED, Tag.SESSION_ENDED, Tag.FACTOR_CODES_MADE]
    assert shown[0] not in client.get("/me/security/").text


def test_a_wrong_code_enrols_nothing(cast: Cast) -> None:
    client = signed_in(cast.priya, factor=False)
    client.get("/me/security/authenticator/")
    answer = client.post("/me/security/authenticator/", {"code": "000000"})
    assert "did not work" in answer.text
    assert not is_in(client)


def test_the_page_shows_the_key_that_the_picture_holds(cast: Cast) -> None:
    client = signed_in(cast.priya, factor=False)
    text = client.get("/me/security/authenticator/").text
    waiting = Authenticator.objects.get(user=cast.priya)
    assert selectors.manual_key(waiting) in text
    assert "<svg" in text
    assert "style=" not in text
    assert selectors.key_uri(waiting, issuer="Kestrel: Home").startswith(
        "otpauth://totp/Kestrel%20%20Home%3Apriya.raman%40kestrelhome.example?secret="
    )


def test_replacing_takes_a_fresh_proof_and_keeps_the_old_one_until_then(cast: Cast, clock) -> None:
    client = signed_in(cast.priya)
    clock.shift(20 * 60)
    answer = client.get("/me/security/authenticator/")
    assert answer.headers["Location"] == "/confirm/?next=%2Fme%2Fsecurity%2Fauthenticator%2F"
    client.post(answer.headers["Location"], {"code": code_of(cast.priya)})
    client.get("/me/security/authenticator/")
    assert Authenticator.objects.get(user=cast.priya, confirmed=True).secret == SECRET
    enrol(client, cast.priya)
    assert Authenticator.objects.get(user=cast.priya).secret != SECRET
    assert is_in(client)


def test_the_last_factor_of_who_needs_one_stays(cast: Cast) -> None:
    client = signed_in(cast.priya)
    assert client.post("/me/security/authenticator/remove/").status_code == 422
    assert Authenticator.objects.filter(user=cast.priya, confirmed=True).exists()


def test_who_needs_none_may_remove_theirs(cast: Cast) -> None:
    client = signed_in(cast.chiara)
    services.make_codes(cast.chiara, at=world.soon())
    client.post("/me/security/authenticator/remove/")
    assert not Authenticator.objects.exists()
    assert not RecoverySheet.objects.exists()
    assert tags()[-1] == Tag.FACTOR_REMOVED
    assert is_in(client)


def test_few_codes_left_are_pointed_out(cast: Cast) -> None:
    client = signed_in(cast.chiara)
    services.make_codes(cast.chiara, at=world.soon())
    assert "recovery codes left</b>" not in client.get("/me/security/").text
    RecoveryCode.objects.filter(pk__in=RecoveryCode.objects.values("pk")[:7]).update(used_at=world.soon())
    assert "Only 3 recovery codes left" in client.get("/me/security/").text


def test_codes_are_downloaded_only_as_the_page_had_them(cast: Cast) -> None:
    client = signed_in(cast.chiara)
    answer = client.post("/me/security/recovery-codes/file/", {"codes": ["abcd-efgh-jkmn", "<script>"]})
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "abcd-efgh-jkmn" in answer.text
    assert "script" not in answer.text


# Step-up


@guards.fresh_factor()
def dangerous(request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


@pytest.fixture
def danger(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, path("danger/", dangerous)])
    from django.urls import clear_url_caches

    clear_url_caches()
    yield
    clear_url_caches()


def test_what_is_dangerous_asks_again_after_fifteen_minutes(cast: Cast, danger: None, clock) -> None:
    client = signed_in(cast.priya)
    assert client.get("/danger/").text == "done"
    clock.shift(15 * 60 + 1)
    asked = client.get("/danger/?x=1").headers["Location"]
    assert asked == "/confirm/?next=%2Fdanger%2F%3Fx%3D1"
    assert client.post("/danger/").text == "done", "a form that was opened in time may still be sent"
    clock.shift(5 * 60)
    again = client.post("/danger/", headers={"referer": "http://testserver/danger/?y=2"}).headers["Location"]
    assert again == "/confirm/?next=%2Fdanger%2F%3Fy%3D2"
    back = client.post(asked, {"code": code_of(cast.priya)})
    assert back.headers["Location"] == "/danger/?x=1"
    assert client.get("/danger/").text == "done"
    assert tags()[-1] == Tag.STEP_UP


def test_a_fragment_takes_the_whole_browser_along(cast: Cast, danger: None, clock) -> None:
    client = signed_in(cast.priya)
    clock.shift(16 * 60)
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/trail/?q=1"}
    answer = client.get("/danger/", headers=headers)
    assert answer.headers["HX-Redirect"] == "/confirm/?next=%2Ftrail%2F%3Fq%3D1"


def test_the_password_proves_somebody_without_a_factor_and_only_them(cast: Cast, danger: None, clock) -> None:
    client = signed_in(cast.chiara, factor=False)
    clock.shift(16 * 60)
    page = client.get("/confirm/?next=/danger/")
    assert 'autocomplete="current-password"' in page.text
    assert client.post("/confirm/?next=/danger/", {"password": "wrong"}).status_code == 200
    assert client.get("/danger/").status_code == 302
    client.post("/confirm/?next=/danger/", {"password": PASSWORD})
    assert client.get("/danger/").text == "done"
    with_factor = signed_in(cast.priya)
    clock.shift(16 * 60)
    with_factor.post("/confirm/?next=/danger/", {"password": PASSWORD})
    assert with_factor.get("/danger/").status_code == 302


def test_confirming_is_limited(cast: Cast, clock) -> None:
    client = signed_in(cast.chiara, factor=False)
    for _ in range(8):
        client.post("/confirm/", {"password": "wrong"})
    assert "Too many tries" in client.post("/confirm/", {"password": PASSWORD}).text


def test_who_comes_by_sso_alone_signs_in_once_more(cast: Cast, danger: None, clock) -> None:
    cast.chiara.set_unusable_password()
    cast.chiara.save()
    client = signed_in(cast.chiara, factor=False)
    clock.shift(16 * 60)
    assert "Sign out and in again" in client.get("/confirm/?next=/danger/").text


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/nowhere/", ""]
)
def test_the_way_on_stays_in_the_console(cast: Cast, target: str) -> None:
    assert guards.safe_next(target) == "/"


def test_a_referer_from_elsewhere_is_not_followed() -> None:
    request = RequestFactory().post("/danger/", headers={"referer": "https://evil.example/danger/"})
    request.htmx = False
    assert guards.page_of(request) == "/"


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
