"""What the specification fixes beside the questions themselves: defaults, headers, errors. Named by its sections."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.signin.limits import Limit
from permissions.api import door, paging
from tests import world
from tests.api.test_batches import batch, decisions, on
from tests.api.test_evaluation import of
from tests.api.test_search import all_pages
from tests.api.test_search import body as searched
from tests.cast import Cast
from tests.integrations import Caller, integration, question

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(cast: Cast) -> Caller:
    return Caller()


def asked(cast: Cast, **more: Any) -> dict[str, Any]:
    return question(cast.maya.email, "view", of(cast.german_reviews), **more)


# 6.1 and 10.1.1: one evaluation


def test_one_evaluation_takes_a_batch_for_a_field_that_it_does_not_know(caller: Caller, cast: Cast) -> None:
    sent = asked(cast, evaluations=[on(cast.mena_reviews)], options={"evaluations_semantic": "anything"})
    assert caller.ask("evaluation", sent)[1]["decision"] is True


def test_a_decision_is_an_object_with_a_boolean_and_nothing_is_null(caller: Caller, cast: Cast) -> None:
    for thing in (cast.german_reviews, cast.mena_reviews):
        _status, answer = caller.ask("evaluation", question(cast.maya.email, "view", of(thing)))
        assert type(answer["decision"]) is bool
        assert set(answer) == {"decision", "context"}
        assert None not in answer["context"].values()


# 7.1.1: defaults


def test_the_context_is_a_default_too_and_is_overridden_as_a_whole(caller: Caller, cast: Cast) -> None:
    from tests import policies

    for name, value in (("managed_device", True), ("country", "DE")):
        condition = {"attribute": f"context.{name}", "operator": "equals", "value": value}
        policies.enact("only", types=["feedback"], condition=condition)
    german = on(cast.german_reviews)
    rows = [german, german | {"context": {"country": "DE"}}, german | {"context": None}, german | {"context": {}}]
    known = {"managed_device": True, "country": "DE"}
    assert decisions(caller.ask("evaluations", batch(cast, *rows, context=known))) == [True, False, False, False]


@pytest.mark.parametrize("name", ["subject", "action", "resource"])
def test_what_is_neither_in_the_evaluation_nor_a_default_is_400(caller: Caller, cast: Cast, name: str) -> None:
    whole = asked(cast)
    rows = {"evaluations": [{key: value for key, value in whole.items() if key != name}, whole]}
    assert caller.ask("evaluations", rows) == (400, f"evaluations[0].{name} is missing.")


def test_a_null_in_an_evaluation_takes_the_place_of_the_default(caller: Caller, cast: Cast) -> None:
    sent = batch(cast, on(cast.german_reviews) | {"subject": None})
    assert caller.ask("evaluations", sent) == (400, "evaluations[0].subject is missing.")


# 7.1.2: options and semantics


@pytest.mark.parametrize("options", [None, {}, {"another_option": "value"}, {"evaluations_semantic": None}])
def test_without_a_semantic_all_are_executed(caller: Caller, cast: Cast, options: Any) -> None:
    rows = [on(cast.mena_reviews), on(cast.german_reviews), on(cast.mena_reviews)]
    assert decisions(caller.ask("evaluations", batch(cast, *rows, options=options))) == [False, True, False]


def test_an_error_of_one_evaluation_stops_where_a_no_would(cast: Cast) -> None:
    caller, mine = Caller(integration(asks=["feedback.view"])), on(cast.german_reviews)
    error, stranger = mine | {"action": {"name": "export"}}, mine | {"subject": {"type": "user", "id": "nobody"}}
    for wrong in (error, stranger):
        denied = caller.ask("evaluations", batch(cast, mine, wrong, mine, semantic="deny_on_first_deny"))
        assert decisions(denied) == [True, False]
        permitted = caller.ask("evaluations", batch(cast, wrong, mine, mine, semantic="permit_on_first_permit"))
        assert decisions(permitted) == [False, True]


def test_what_cannot_be_read_refuses_a_batch_that_would_have_stopped_before_it(caller: Caller, cast: Cast) -> None:
    sent = batch(cast, on(cast.mena_reviews), {"resource": 7}, semantic="deny_on_first_deny")
    assert caller.ask("evaluations", sent) == (400, "evaluations[1].resource must be an object.")


# 8.2: pages


def test_a_page_says_first_whether_there_is_another_and_holds_only_what_was_sought(caller: Caller, cast: Cast) -> None:
    for what, sent, keys in (
        ("subject", searched(None, "view", of(cast.german_reviews)), {"type", "id"}),
        ("resource", searched(cast.maya.email, "view", ("feedback", None)), {"type", "id"}),
        ("action", searched(cast.maya.email, None, of(cast.german_reviews)), {"name"}),
    ):
        _status, answer = caller.ask(f"search/{what}", sent)
        assert list(answer) == ["page", "results"]
        assert answer["page"] == {"next_token": "", "count": len(answer["results"])}
        assert answer["results"]
        assert all(set(one) == keys for one in answer["results"])


def test_an_id_of_what_is_sought_is_ignored_and_so_is_an_action(caller: Caller, cast: Cast) -> None:
    for what, sent, ignored in (
        ("subject", searched(None, "view", of(cast.german_reviews)), {"subject": {"type": "user", "id": 7}}),
        (
            "resource",
            searched(cast.maya.email, "view", ("feedback", None)),
            {"resource": {"type": "feedback", "id": 7}},
        ),
        ("action", searched(cast.maya.email, None, of(cast.german_reviews)), {"action": 7}),
    ):
        assert caller.ask(f"search/{what}", sent | ignored) == caller.ask(f"search/{what}", sent)


def test_no_token_is_the_first_page_and_a_null_says_nothing(caller: Caller, cast: Cast) -> None:
    sent = searched(None, "view", of(cast.german_reviews))
    first = caller.ask("search/subject", sent)
    for page in ({}, None, {"token": ""}, {"token": None, "limit": None}, {"sort": "name"}):
        assert caller.ask("search/subject", sent | {"page": page}) == first


def test_more_than_the_most_is_the_most(caller: Caller, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST", 2)
    for number in range(4):
        world.resource(f"Stream {number}", "feedback", region=cast.germany)
    sent = searched(cast.maya.email, "view", ("feedback", None))
    page = caller.ask("search/resource", sent | {"page": {"limit": 50}})[1]["page"]
    assert page["count"] == 2
    onward = {"page": {"token": page["next_token"], "limit": 50}}
    assert caller.ask("search/resource", sent | onward)[1]["page"]["count"] == 2
    assert len(all_pages(caller, "search/resource", sent, 2)) == 5


def test_the_properties_of_a_page_stay_the_same(caller: Caller, cast: Cast) -> None:
    sent = searched(None, "view", of(cast.german_reviews))
    page = {"limit": 1, "properties": {"sort": "name"}}
    token = caller.ask("search/subject", sent | {"page": page})[1]["page"]["next_token"]
    assert caller.ask("search/subject", sent | {"page": {**page, "token": token}})[0] == 200
    for other in ({}, {"properties": {"sort": "id"}}):
        assert caller.ask("search/subject", sent | {"page": {"limit": 1, "token": token, **other}})[0] == 400


# 9: metadata


def test_metadata_is_got_by_whoever_asks_and_its_identifier_is_an_address_alone(db: None, settings: Any) -> None:
    settings.PUBLIC_URL = "https://access.example.com/"
    client, place = Client(), "/.well-known/authzen-configuration"
    answer = client.get(place, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert "max-age" in answer.headers["Cache-Control"]
    found = answer.json()
    assert found["policy_decision_point"] == "https://access.example.com"
    assert all(value.startswith("https://access.example.com/access/v1/") for value in list(found.values())[1:])
    assert not {"capabilities", "signed_metadata"} & set(found)  # parameters without a value are left out
    assert client.post(place).status_code == 405


# 10.1: the HTTPS binding


@pytest.mark.parametrize("sent", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_taken_by_its_header(caller: Caller, cast: Cast, sent: str) -> None:
    assert _posted(caller, asked(cast), content_type=sent).status_code == 200


@pytest.mark.parametrize("sent", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"])
def test_anything_else_is_400(caller: Caller, cast: Cast, sent: str) -> None:
    response = _posted(caller, asked(cast), content_type=sent)
    assert (response.status_code, response.json()) == (400, "Send the body with Content-Type: application/json.")


@pytest.mark.parametrize("length", ["", "none", "-1"])
def test_a_body_without_its_length_is_400(caller: Caller, cast: Cast, length: str) -> None:
    response = _posted(caller, asked(cast), CONTENT_LENGTH=length)
    assert (response.status_code, response.json()) == (400, "Send the body whole, with its Content-Length.")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_of_a_token_is_written_as_anybody_likes(caller: Caller, cast: Cast, scheme: str) -> None:
    response = caller.send("evaluation", asked(cast), Authorization=f"{scheme} {caller.text}")
    assert response.status_code == 200


def _posted(caller: Caller, body: Any, content_type: str = "application/json", **more: str) -> Any:
    import json

    sent = {"Authorization": f"Bearer {caller.text}"}
    raw = json.dumps(body).encode()
    return caller.client.generic("POST", "/access/v1/evaluation", raw, content_type, headers=sent, **more)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 405, 413, 429, 500])
def test_every_answer_is_json_and_carries_the_identifier_of_its_request(
    cast: Cast, status: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    response = _that_is(status, cast, monkeypatch)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Request-ID"] == "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"
    assert response.headers["Cache-Control"] == "no-store"
    assert isinstance(response.json(), dict if status == 200 else str)
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


def _that_is(status: int, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return an answer with this status."""
    caller = Caller(text="cxa_nothing") if status == 401 else Caller(integration(asks=["feedback.*"]))
    given = {"X_Request_ID": "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"}
    if status == 405:
        return caller.client.get("/access/v1/evaluation", headers={"X-Request-ID": given["X_Request_ID"]})
    if status == 429:
        monkeypatch.setattr(door, "OF_SYSTEM", Limit("api.integration", 0, timedelta(minutes=1)))
        monkeypatch.setattr(door, "slices", door.Slices())
    if status == 500:
        monkeypatch.setattr("permissions.api.deciding.gate.decide", None)
    body = {
        400: {}, 403: asked(cast) | {"resource": {"type": "ticket", "id": "1"}}, 413: {"subject": "x" * 1_100_000},
    }.get(status, asked(cast))  # fmt: skip
    return caller.send("evaluation/" if status == 404 else "evaluation", body, **given)
