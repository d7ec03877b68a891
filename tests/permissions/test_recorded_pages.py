"""What recording found, as the pages of a policy tell it: in one sentence, by day, kind and person, within sight."""

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from cxaccess.lib import clock
from permissions.guards import require
from permissions.models import PolicyState, PolicyVersion
from permissions.policies import traffic
from tests import world
from tests.cast import Cast
from tests.policies import enact
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def at() -> datetime:
    return clock.now()


@pytest.fixture
def watched(cast: Cast, at: datetime) -> PolicyVersion:
    """A block on feedback that has been recorded for six days, the begun one counted."""
    return enact("block", permissions=["feedback.view"], stage="recording", since=at - timedelta(days=5, hours=2))


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def asks(cast: Cast, at: datetime) -> None:
    """Maya opens the reviews twice, Jonas once, yesterday and today."""
    for person, moment in ((cast.maya, at), (cast.maya, at + timedelta(minutes=1)), (cast.jonas, at)):
        require(person, "feedback.view", cast.german_reviews, at=moment)
    traffic.flush()


def text_of(client: Client, name: str, version: PolicyVersion, **query: str) -> str:
    answer = client.get(reverse(f"policies:{name}", args=[version.policy_id]), query)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_one_sentence_stands_on_the_policy_and_where_it_is_enforced(
    cast: Cast, at: datetime, priya: Client, watched: PolicyVersion
) -> None:
    asks(cast, at)
    for name in ("detail", "recorded", "enforce"):
        text = text_of(priya, name, watched)
        assert "In 6 days 3 decisions of 2 people would have been no." in text, name
        assert "3 real decisions were put to it, 3 would have been different." in text, name


def test_it_is_told_by_kind_action_day_and_person(
    cast: Cast, at: datetime, priya: Client, watched: PolicyVersion
) -> None:
    asks(cast, at)
    text = text_of(priya, "recorded", watched)
    for word in (
        "Would be a no",
        "feedback.view",
        "Maya Okafor",
        "Jonas Weber",
        "2 \N{MULTIPLICATION SIGN}",
        "App reviews Germany",
    ):
        assert word in text, word
    assert text_of(priya, "recorded", watched, kind="block").count("Would be a no") > 1
    assert "Maya Okafor" in text_of(priya, "recorded", watched, kind="nonsense", page="9", sort="x")


def test_before_anybody_asked_it_says_so(cast: Cast, at: datetime, priya: Client, watched: PolicyVersion) -> None:
    assert "Nothing touched yet" in text_of(priya, "recorded", watched)
    assert "In 6 days nobody asked for anything that it is about." in text_of(priya, "detail", watched)


def test_what_would_change_nothing_says_so(cast: Cast, at: datetime, priya: Client) -> None:
    never = {"attribute": "subject.title", "operator": "equals", "value": "Astronaut"}
    version = enact("block", permissions=["feedback.view"], condition=never, stage="recording", since=at)
    asks(cast, at)
    text = text_of(priya, "recorded", version)
    assert "In 1 day it was asked about 3 decisions and would have changed none." in text


def test_a_version_that_was_never_recorded_says_that_nobody_knows(cast: Cast, priya: Client) -> None:
    version = enact("block", permissions=["feedback.view"], stage=None)
    assert "This version is not being recorded." in text_of(priya, "enforce", version)
    assert "Nothing of this policy is being recorded." in text_of(priya, "recorded", version)


def test_whom_and_what_one_may_not_see_is_counted_alone(cast: Cast, at: datetime, watched: PolicyVersion) -> None:
    asks(cast, at)
    world.give(cast.chiara, world.role("Policy reader", {"policy.view"}))
    world.give(cast.chiara, cast.people_reader, region=cast.germany)
    text = text_of(signed_in(cast.chiara), "recorded", watched)
    assert "In 6 days 3 decisions of 2 people" in text
    assert "Maya Okafor" not in text, "what somebody may do is told to who may check it"
    world.give(cast.chiara, world.role("Checker", {"access.check"}), region=cast.germany)
    text = text_of(signed_in(cast.chiara), "recorded", watched)
    assert "Maya Okafor" not in text, "what somebody used, and when, is told to who may see their use"
    assert "2 more whom you may not see" in text
    world.give(cast.chiara, world.role("Use reader", {"usage.view"}), region=cast.germany)
    text = text_of(signed_in(cast.chiara), "recorded", watched)
    assert "Maya Okafor" in text
    assert "Jonas Weber" not in text
    assert "App reviews Germany" not in text
    assert "1 more whom you may not see" in text


def test_what_was_counted_before_it_was_recorded_again_is_not_told(
    cast: Cast, at: datetime, priya: Client, watched: PolicyVersion
) -> None:
    asks(cast, at)
    PolicyState.objects.filter(version=watched).update(starts_at=at + timedelta(days=1))
    assert "Maya Okafor" not in text_of(priya, "recorded", watched)
