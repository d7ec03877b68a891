"""What the random organisations found, kept as cases."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cxaccess.lib import clock
from permissions import facts, gate, places
from permissions.guards import NotYet, require, require_somewhere
from permissions.models import Resource
from tests import policies, world
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def at() -> datetime:
    return clock.now()


def test_an_allow_that_does_not_apply_takes_nothing_from_who_holds_it_everywhere(cast: Cast, at: datetime) -> None:
    world.give(cast.chiara, cast.feedback_reader)
    never = {"attribute": "context.managed_device", "operator": "equals", "value": True}
    policies.enact("allow", permissions=["feedback.view"], condition=never)
    shown = gate.visible(cast.chiara, "feedback.view", Resource.objects.filter(type__key="feedback"), at=at)
    assert set(shown) == {cast.german_reviews, cast.mena_reviews}


def test_a_list_under_policies_is_one_statement_however_many_rows(cast: Cast, at: datetime) -> None:
    own = {"attribute": "resource.region", "operator": "within", "other": "subject.region"}
    policies.enact("only", types=["feedback"], condition=own)
    counts = []
    for _ in range(2):
        with facts.pinned():
            gate.may(cast.maya, "feedback.view", cast.german_reviews, at=at)
            with CaptureQueriesContext(connection) as queries:
                assert gate.visible(cast.maya, "feedback.view", Resource.objects.all(), at=at).count() >= 1
        counts.append(len(queries))
        for number in range(20):
            world.resource(f"More {number}", "feedback", region=cast.germany)
    assert counts == [1, 1]


def test_without_policies_nothing_is_read_for_them(cast: Cast, at: datetime) -> None:
    with CaptureQueriesContext(connection) as queries:
        gate.may(cast.maya, "feedback.view", cast.german_reviews, at=at)
    assert not [query for query in queries if "attributedefinition" in query["sql"]]
    assert places.target(cast.mena_reviews, at).facts() != {}


def test_what_must_be_met_first_is_refused_at_the_door_and_on_the_thing(cast: Cast, at: datetime) -> None:
    policies.enact("only", permissions=["feedback.export"], obligations=[{"kind": "step_up", "minutes": 15}])
    with pytest.raises(NotYet) as refusal:
        require(cast.maya, "feedback.export", cast.german_reviews, at=at)
    assert refusal.value.minutes == 15
    with pytest.raises(NotYet):
        require_somewhere(cast.maya, "feedback.export", at=at)
    require(cast.maya, "feedback.view", cast.german_reviews, at=at)
    assert gate.may(cast.maya, "feedback.export", cast.german_reviews, at=at)
    assert not cast.maya.has_perm("feedback.export", cast.german_reviews)
    assert cast.maya.has_perm("feedback.view", cast.german_reviews)


def test_the_decision_names_the_policy_and_the_clause(cast: Cast, at: datetime) -> None:
    condition = {"all": [
        {"attribute": "subject.title", "operator": "is_set"},
        {"not": {"attribute": "resource.region", "operator": "within", "value": [cast.mena.pk]}},
    ]}  # fmt: skip
    version = policies.enact("block", types=["feedback"], condition=condition)
    (verdict,) = gate.decide(cast.maya, "feedback.view", cast.german_reviews, at=at).verdicts
    assert (verdict.version, verdict.effect, verdict.said) == (version.pk, "block", True)
    assert verdict.clauses == ((0,), (1,))
    assert gate.explain(cast.maya, "feedback.view", cast.german_reviews, at=at).verdicts == (verdict,)


def test_a_condition_that_can_no_longer_be_read_closes(cast: Cast, at: datetime) -> None:
    gone = {"attribute": "subject.custom.gone", "operator": "is_set"}
    policies.enact("allow", permissions=["feedback.view"], condition={"not": gone})
    assert not gate.may(cast.chiara, "feedback.view", cast.mena_reviews, at=at)
    policies.enact("block", permissions=["feedback.view"], condition=gone)
    assert not gate.may(cast.maya, "feedback.view", cast.german_reviews, at=at)
    assert not gate.who_can("feedback.view", cast.german_reviews, at=at).exists()
