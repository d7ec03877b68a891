"""Searches: each result is a yes by itself, pages go on to the end, and nothing may change between two of them."""

from typing import Any

import pytest

from audits.models import Event
from audits.trail.tags import Tag
from permissions.models import Sensitivity
from tests import policies, world
from tests.api.test_evaluation import of
from tests.cast import Cast
from tests.integrations import Caller, integration

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(cast: Cast) -> Caller:
    return Caller()


def body(subject: str | None, action: str | None, resource: tuple[str, str | None], **more: Any) -> dict[str, Any]:
    kind, pk = resource
    found: dict[str, Any] = {
        "subject": {"type": "user"} | ({"id": subject} if subject else {}),
        "resource": {"type": kind} | ({"id": pk} if pk else {}),
    }
    return found | ({"action": {"name": action}} if action else {}) | more


def all_pages(caller: Caller, endpoint: str, asked: dict[str, Any], limit: int) -> list[Any]:
    found, page = [], {"limit": limit}
    for _ in range(50):
        status, answer = caller.ask(endpoint, asked | {"page": page})
        assert status == 200, answer
        assert answer["page"]["count"] == len(answer["results"]) <= limit
        found += answer["results"]
        if answer["page"]["next_token"] == "":
            return found
        page = {"token": answer["page"]["next_token"]}
    raise AssertionError("the pages never end")


def test_who_may(caller: Caller, cast: Cast) -> None:
    asked = body(None, "view", of(cast.german_reviews))
    found = all_pages(caller, "search/subject", asked, 1)
    assert {one["id"] for one in found} == {cast.maya.email, cast.jonas.email}
    for one in found:
        assert caller.may(one["id"], "view", of(cast.german_reviews))


def test_what_they_may_do_it_to(caller: Caller, cast: Cast) -> None:
    more = [world.resource(f"Stream {n}", "feedback", region=cast.germany) for n in range(5)]
    world.resource("Elsewhere", "feedback", region=cast.mena)
    world.resource("Another system's", "feedback", region=cast.germany, system="zendesk")
    found = all_pages(caller, "search/resource", body(cast.maya.email, "view", ("feedback", "ignored")), 2)
    assert [one["id"] for one in found] == [one.external_id for one in [cast.german_reviews, *more]]
    assert all(caller.may(cast.maya.email, "view", ("feedback", one["id"])) for one in found)


def test_what_they_may_do(caller: Caller, cast: Cast) -> None:
    asked = body(cast.maya.email, None, of(cast.german_reviews))
    assert all_pages(caller, "search/action", asked, 1) == [{"name": "view"}, {"name": "export"}]
    limited = Caller(integration("Another", ["feedback.export"]))
    assert limited.ask("search/action", asked)[1]["results"] == [{"name": "export"}]


def test_the_rest_of_a_page_is_empty_at_the_end(caller: Caller, cast: Cast) -> None:
    _status, answer = caller.ask("search/subject", body(None, "view", of(cast.german_reviews)))
    assert answer["page"]["next_token"] == ""
    assert next(iter(answer)) == "page"


@pytest.mark.parametrize(
    ("endpoint", "change", "why"),
    [
        ("search/subject", {"resource": {"type": "feedback", "id": "nothing"}}, "unknown_resource"),
        ("search/subject", {"resource": {"type": "spaceship", "id": "1"}}, "unknown_type"),
        ("search/subject", {"subject": {"type": "robot"}}, "unknown_subject"),
        ("search/resource", {"subject": {"type": "user", "id": "nobody"}}, "unknown_subject"),
        ("search/resource", {"resource": {"type": "spaceship"}}, "unknown_type"),
        ("search/action", {"subject": {"type": "user", "id": "nobody"}}, "unknown_subject"),
        ("search/action", {"resource": {"type": "spaceship", "id": "1"}}, "unknown_type"),
    ],
)
def test_what_is_not_known_finds_nothing_and_says_why(
    caller: Caller, cast: Cast, endpoint: str, change: Any, why: str
) -> None:
    status, answer = caller.ask(endpoint, body(cast.maya.email, "view", of(cast.german_reviews)) | change)
    assert (status, answer["results"], answer["context"]["reason"]) == (200, [], why)


def test_a_permission_that_nobody_knows_finds_nothing(caller: Caller, cast: Cast) -> None:
    for endpoint in ("search/subject", "search/resource"):
        assert caller.ask(endpoint, body(cast.maya.email, "levitate", of(cast.german_reviews)))[1]["results"] == []


def test_what_it_may_not_ask_is_403(cast: Cast) -> None:
    caller = Caller(integration(asks=["ticket.view"]))
    asked = body(cast.maya.email, "view", of(cast.german_reviews))
    assert [caller.ask(f"search/{what}", asked)[0] for what in ("subject", "resource", "action")] == [403, 403, 403]


@pytest.mark.parametrize(
    "page",
    [{"limit": -1}, {"limit": "2"}, {"limit": True}, {"limit": 1.5}, {"token": "made up"}, {"token": 7}, [], "next"],
)
def test_a_page_that_cannot_be_read_is_400(caller: Caller, cast: Cast, page: Any) -> None:
    asked = body(None, "view", of(cast.german_reviews), page=page)
    assert caller.ask("search/subject", asked)[0] == 400


def test_between_two_pages_nothing_may_change(caller: Caller, cast: Cast) -> None:
    asked = body(None, "view", of(cast.german_reviews))
    token = caller.ask("search/subject", asked | {"page": {"limit": 1}})[1]["page"]["next_token"]
    assert caller.ask("search/subject", asked | {"page": {"token": token, "limit": 1}})[0] == 200
    for change in (
        {"action": {"name": "export"}},
        {"context": {"country": "DE"}},
        {"page": {"token": token, "limit": 2}},
    ):
        assert caller.ask("search/subject", asked | {"page": {"token": token}} | change)[0] == 400
    assert Caller(integration("Another")).ask("search/subject", asked | {"page": {"token": token}})[0] == 400


def test_a_limit_of_nothing_is_a_limit(caller: Caller, cast: Cast) -> None:
    _status, answer = caller.ask("search/subject", body(None, "view", of(cast.german_reviews), page={"limit": 0}))
    assert answer["results"] == []
    assert answer["page"]["next_token"]


def test_what_must_be_met_first_is_no_result_until_it_is(caller: Caller, cast: Cast) -> None:
    policies.enact("only", permissions=["feedback.view"], obligations=[{"kind": "step_up", "minutes": 15}])
    for endpoint, asked in (
        ("search/subject", body(None, "view", of(cast.german_reviews))),
        ("search/resource", body(cast.maya.email, "view", ("feedback", None))),
        ("search/action", body(cast.maya.email, None, of(cast.german_reviews))),
    ):
        assert {"name": "view"} not in caller.ask(endpoint, asked)[1]["results"]
        met = caller.ask(endpoint, asked | {"context": {"factor_minutes": 1}})[1]["results"]
        assert met


def test_a_search_that_tells_of_guarded_resources_is_on_record(caller: Caller, cast: Cast) -> None:
    caller.ask("search/resource", body(cast.maya.email, "view", ("feedback", None)))
    assert not Event.objects.filter(tag=Tag.API_SEARCHED).exists()
    secret = world.resource("Board", "feedback", region=cast.germany, sensitivity=Sensitivity.CONFIDENTIAL)
    caller.ask("search/resource", body(cast.maya.email, "view", ("feedback", None)))
    assert Event.objects.get(tag=Tag.API_SEARCHED).additional_data["resources"] == [secret.pk]


def test_people_are_named_as_the_system_names_them(caller: Caller, cast: Cast) -> None:
    cast.maya.identities.create(system="voice", external_id="u-7")
    found = caller.ask("search/subject", body(None, "view", of(cast.german_reviews)))[1]["results"]
    assert {"type": "user", "id": "u-7"} in found
