"""The step-up before what is dangerous: when it asks, what proves somebody, and where it leads on to."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import path

from accounts.models import Authenticator, Person
from accounts.signin import guards
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess import urls
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

PASSWORD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(world.soon(days=1), tick=False)
    return time_machine


def code_of(person: Person) -> str:
    return f"{Authenticator.objects.get(user=person).totp(world.soon().timestamp()).token():06d}"


def tags() -> list[str]:
    return list(Event.objects.order_by("id").values_list("tag", flat=True))


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
