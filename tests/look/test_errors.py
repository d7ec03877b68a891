"""What goes wrong is a page too: right for people who are not signed in, and drawn without the database."""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, OperationalError
from django.http import HttpRequest
from django.test import Client, RequestFactory

from cxaccess import errors, problems
from cxaccess.lib import clock
from cxaccess.lib.clock import Window
from cxaccess.lib.errors import InUse, Refused, Stale
from permissions import gate, guards
from permissions.engine.types import Decision, Grant, NearMiss, Path, Reason, Scope, Target
from tests.cast import Cast
from tests.sessions import signed_in


@pytest.fixture
def request_() -> HttpRequest:
    request = RequestFactory().get("/people/7/")
    request.user = AnonymousUser()
    request.at = clock.now()  # type: ignore[attr-defined]
    return request


@pytest.mark.parametrize(("answer", "status"), [
    (lambda r: errors.bad_request(r, SuspiciousOperation()), 400),
    (lambda r: errors.bad_request(r, RequestDataTooBig()), 413),
    (errors.forbidden, 403), (errors.not_found, 404), (errors.csrf_failure, 403), (errors.too_many_requests, 429),
    (errors.server_error, 500),
    (lambda r: errors.refusal(r, Refused("A team cannot lie under itself.")), 422),
    (lambda r: errors.refusal(r, Stale("", facts={"theirs": {"name": ("Care", "Care EMEA")}})), 409),
    (lambda r: errors.refusal(r, InUse("2 hold it.", facts={"users": ["Maya Okafor", "Ali Haddad"]})), 409),
])  # fmt: skip
def test_every_error_is_drawn_without_the_database(request_: HttpRequest, answer: object, status: int) -> None:
    page = answer(request_)  # type: ignore[operator]
    assert page.status_code == status
    assert "<h1" in page.text


def test_a_database_that_does_not_answer_is_503(request_: HttpRequest) -> None:
    try:
        raise OperationalError("could not connect")  # noqa: TRY301 - the handler reads what is being handled
    except OperationalError:
        assert errors.server_error(request_).status_code == 503


def test_a_signed_in_reader_gets_the_bare_page_when_the_database_went_away(request_: HttpRequest) -> None:
    class Gone:
        @property
        def is_authenticated(self) -> bool:
            raise DatabaseError("gone")

    request_.user = Gone()  # type: ignore[assignment]
    page = errors.not_found(request_)
    assert page.status_code == 404
    assert "sidebar" not in page.text


def test_the_reference_on_the_page_is_that_of_the_log(db: None, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "cxaccess.request"):
        page = Client().get("/nowhere/")
    [reference] = re.findall(r"<code>([0-9a-f]{32})</code>", page.text)
    [line] = [record.msg for record in caplog.records if record.name == "cxaccess.request"]
    assert reference == page["X-Correlation-ID"] == line["correlation_id"]


def test_absent_and_hidden_read_the_same(cast: Cast) -> None:
    absent = signed_in(cast.chiara).get("/nowhere/")
    hidden = signed_in(cast.chiara).get("/gallery/")
    assert (absent.status_code, hidden.status_code) == (404, 404)
    for page in (absent, hidden):
        assert "There is no such page, or it is not yours to see" in page.text


def why_not(cast: Cast, person: str, action: str, asked: object = None) -> problems.Problem:
    decision = gate.decide(getattr(cast, person), action, asked, at=clock.now())  # type: ignore[arg-type]
    assert not decision.allowed
    return problems.of_decision(decision, action)


def test_each_kind_of_no_says_the_nearest_yes(cast: Cast) -> None:
    assert "Ask somebody" in str(why_not(cast, "chiara", "role.view").text)
    assert "reaches other places" in str(why_not(cast, "ali", "ticket.view").title)
    assert "not active" in str(why_not(cast, "sofia", "role.view").title)


def test_an_ended_grant_says_when_it_ended() -> None:
    at = clock.now()
    grant = Grant(1, 1, 1, Scope(1), Window(at - timedelta(days=9), at - timedelta(days=1)))
    near = NearMiss(Path((1,), None, grant, (1,), ("trail.view",)), Reason.OVER)
    problem = problems.of_decision(Decision(False, Reason.OVER, "trail.view", Target("trail"), at, near=(near,)), "")
    assert "has ended" in str(problem.title)
    assert [moment for _name, moment in problem.times] == [at - timedelta(days=1), at]


def test_a_refused_page_names_what_was_asked_in_words(cast: Cast, request_: HttpRequest) -> None:
    decision = gate.decide(cast.chiara, "settings.edit", at=clock.now())
    page = errors.forbidden(request_, guards.NotAllowed(cast.chiara, decision))
    assert page.status_code == 403
    assert "Change how the console works" in page.text
    assert "settings.edit" in page.text


def test_a_page_elsewhere_is_never_the_way_back() -> None:
    request = RequestFactory().get("/", headers={"Referer": "https://evil.example/"})
    request.user = SimpleNamespace(is_authenticated=False)  # type: ignore[assignment]
    assert "evil.example" not in errors.refusal(request, Refused("No.")).text
