"""Use that a connected system reports: taken in once, by the batch's name and by its content."""

from datetime import timedelta
from typing import Any

import pytest

from cxaccess.lib import clock
from permissions.models import UsageDay
from tests.cast import Cast
from tests.integrations import Caller, integration, question

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller(cast: Cast) -> Caller:
    return Caller(integration(reports=True))


def event(cast: Cast, **change: Any) -> dict[str, Any]:
    thing = ("feedback", cast.german_reviews.external_id)
    at = (clock.now() - timedelta(hours=1)).isoformat()
    return question(cast.maya.email, "view", thing, time=at, count=3) | change


def test_a_batch_is_taken_in_once(caller: Caller, cast: Cast) -> None:
    sent = {"batch": "night 1", "events": [event(cast)]}
    assert caller.ask("usage", sent) == (200, {"batch": "night 1", "accepted": 1, "new": True})
    assert caller.ask("usage", sent) == (200, {"batch": "night 1", "accepted": 1, "new": False})
    assert caller.ask("usage", sent | {"batch": "night 1 again"})[1]["new"] is False
    assert UsageDay.objects.get().count == 3


def test_the_same_name_for_other_use_is_409(caller: Caller, cast: Cast) -> None:
    caller.ask("usage", {"batch": "night 1", "events": [event(cast)]})
    assert caller.ask("usage", {"batch": "night 1", "events": [event(cast, count=4)]})[0] == 409


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"subject": {"type": "user", "id": "nobody"}}, "events[0].person"),
        ({"action": {"name": "levitate"}}, "events[0].action"),
        ({"resource": {"type": "feedback", "id": "nothing"}}, "events[0].resource"),
        ({"time": "yesterday"}, "events[0].time"),
        ({"time": None}, "events[0].time is missing"),
        ({"count": 0}, "events[0].count"),
        ({"count": True}, "events[0].count"),
    ],
)
def test_a_row_that_cannot_be_taken_in_refuses_the_batch_and_names_the_place(
    caller: Caller, cast: Cast, change: Any, said: str
) -> None:
    status, message = caller.ask("usage", {"batch": "b", "events": [event(cast, **change)]})
    assert status == 400
    assert said in message
    assert not UsageDay.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"batch": "b"}, {"batch": "b", "events": []}, {"batch": "b", "events": [1]}])
def test_what_is_no_batch_is_400(caller: Caller, sent: Any) -> None:
    assert caller.ask("usage", sent)[0] == 400


def test_only_who_was_let_may_report(cast: Cast) -> None:
    assert Caller().ask("usage", {"batch": "b", "events": [event(cast)]})[0] == 403
