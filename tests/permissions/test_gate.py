"""The gate, asked about the cast."""

from datetime import timedelta

from accounts.models import Person
from cxaccess.lib import clock
from permissions import gate
from permissions.engine import Reason
from permissions.models import Resource
from tests import world
from tests.cast import Cast


def test_somebody_without_grants_may_nothing(cast: Cast) -> None:
    assert gate.held(cast.chiara, at=clock.now()) == frozenset()


def test_a_team_gives_its_members_what_it_holds_by_inclusion(cast: Cast) -> None:
    decision = gate.decide(cast.maya, "feedback.view", cast.german_reviews, at=clock.now())
    assert decision.allowed
    ways = {(path.roles, path.actions) for path in decision.paths}
    assert ways == {
        ((cast.analyst.pk,), ("feedback.export", "feedback.view")),
        ((cast.analyst.pk, cast.feedback_reader.pk), ("feedback.view",)),
    }


def test_a_scope_covers_its_subtree_and_nothing_beside_it(cast: Cast) -> None:
    at = clock.now()
    assert gate.may(cast.maya, "feedback.view", cast.german_reviews, at=at)
    refused = gate.decide(cast.maya, "feedback.view", cast.mena_reviews, at=at)
    assert (refused.allowed, refused.reason) == (False, Reason.OUT_OF_SCOPE)
    assert list(gate.visible(cast.maya, "feedback.view", Resource.objects.all(), at=at)) == [cast.german_reviews]


def test_suspended_administrators_may_nothing(cast: Cast) -> None:
    decision = gate.decide(cast.sofia, "person.view", cast.maya, at=clock.now())
    assert (decision.allowed, decision.reason) == (False, Reason.NOT_ACTIVE)


def test_a_grant_ends_at_its_instant_with_no_job_running(cast: Cast) -> None:
    end = world.soon(hours=1)
    world.give(cast.chiara, cast.feedback_reader, until=end)
    assert gate.may(cast.chiara, "feedback.view", cast.mena_reviews, at=end - timedelta(microseconds=1))
    assert not gate.may(cast.chiara, "feedback.view", cast.mena_reviews, at=end)


def test_the_past_is_answered_with_the_role_as_it_was(cast: Cast) -> None:
    before, change = world.soon(days=-20), world.soon(days=-10)
    world.reversion(cast.agent, {"article.view"}, at=change)
    queue = world.resource("Returns MENA", "ticket", region=cast.mena)
    assert gate.may(cast.ali, "ticket.reply", queue, at=before)
    assert not gate.may(cast.ali, "ticket.reply", queue, at=clock.now())


def test_a_regional_administrator_sees_only_people_of_the_region(cast: Cast) -> None:
    seen = gate.visible(cast.rosa, "person.view", Person.objects.all(), at=clock.now())
    assert cast.maya in seen
    assert cast.priya not in seen


def test_who_can_turns_the_question_round(cast: Cast) -> None:
    people = gate.who_can("feedback.view", cast.german_reviews, at=clock.now())
    assert {person.name for person in people} == {"Jonas Weber", "Maya Okafor"}


def test_djangos_own_question_is_answered_by_the_gate(cast: Cast) -> None:
    assert cast.maya.has_perm("feedback.export", cast.german_reviews)
    assert not cast.maya.has_perm("feedback.export", cast.mena_reviews)
    assert not cast.maya.has_perm("feedback.export"), "she holds it in DACH, not everywhere"
    assert cast.priya.has_perm("person.edit")
    assert not cast.sofia.has_perm("person.edit"), "suspended"
    assert not cast.priya.has_perm("no.such")
    assert not cast.priya.has_perm("person.edit", cast.priya.principal), "nobody placed principals"
