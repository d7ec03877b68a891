"""Second factors: who needs one, enrolling, replacing and removing it, and its recovery codes."""

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.models import Authenticator, Person, RecoveryCode, RecoverySheet
from accounts.signin.factors import selectors, services
from accounts.signin.selectors import needs_factor
from audits.models import Event
from audits.trail.tags import Tag
from tests import world
from tests.cast import Cast
from tests.sessions import SECRET, signed_in

CODES = re.compile(r"<li><code>([a-z0-9-]{14})</code></li>")


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(world.soon(days=1), tick=False)
    return time_machine


def code_of(person: Person) -> str:
    return f"{Authenticator.objects.get(user=person).totp(world.soon().timestamp()).token():06d}"


def is_in(client: Client) -> bool:
    return client.get("/me/sessions/").status_code == 200


def tags() -> list[str]:
    return list(Event.objects.order_by("id").values_list("tag", flat=True))


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
