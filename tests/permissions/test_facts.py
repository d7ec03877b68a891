"""Where facts come from, and that whatever is odd about them closes."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AttributeHistory, Membership, ParentHistory, Person, PersonState, Team
from cxaccess.jobs import stamps
from cxaccess.lib import clock
from permissions import facts, gate, giving, history, places
from permissions.engine import Reason
from permissions.models import Mode, Resource, Role, RoleGrant, Scope, ScopeTerm
from tests import world
from tests.cast import Cast


def test_a_scope_that_lost_its_terms_covers_nothing(cast: Cast) -> None:
    world.give(cast.chiara, cast.feedback_reader, region=cast.mena)
    ScopeTerm.objects.filter(scope__digest=f"region={cast.mena.pk}").delete()
    at = clock.now()
    assert not gate.may(cast.chiara, "feedback.view", cast.mena_reviews, at=at)
    assert not gate.visible(cast.chiara, "feedback.view", Resource.objects.all(), at=at).exists()
    assert cast.chiara not in gate.who_can("feedback.view", cast.mena_reviews, at=at)


def test_a_scope_that_nobody_wrote_is_not_everywhere(cast: Cast) -> None:
    with pytest.raises(KeyError):
        facts.scope(Scope.objects.latest("pk").pk + 1)


def test_a_scope_in_a_dimension_nobody_knows_covers_nothing(cast: Cast) -> None:
    odd = Scope.objects.create(digest="planet=3")
    ScopeTerm.objects.create(scope=odd, dimension="planet", ref_id=3)
    grant = world.give(cast.chiara, cast.administrator)
    RoleGrant.objects.filter(pk=grant.pk).update(scope=odd)
    for model, action in ((Person, "person.view"), (Team, "team.view"), (Role, "role.view"), (RoleGrant, "grant.view")):
        assert not gate.visible(cast.chiara, action, model.objects.all(), at=clock.now()).exists()


def test_a_retired_role_decides_nothing_from_then_on(cast: Cast) -> None:
    retired = world.soon(days=-3)
    Role.objects.filter(pk=cast.feedback_reader.pk).update(retired_at=retired)
    assert not gate.may(cast.maya, "report.view", cast.german_reviews, at=clock.now())
    decision = gate.decide(cast.maya, "feedback.view", cast.german_reviews, at=clock.now())
    assert {path.roles for path in decision.paths} == {(cast.analyst.pk,)}, "only the role's own permission is left"
    Role.objects.filter(pk=cast.analyst.pk).update(retired_at=retired)
    facts.kept.clear()
    assert not gate.may(cast.maya, "feedback.view", cast.german_reviews, at=clock.now())
    assert gate.may(cast.maya, "feedback.view", cast.german_reviews, at=retired - timedelta(seconds=1))
    assert not gate.may(cast.maya, "feedback.view", cast.german_reviews, at=retired)


def test_what_an_archived_team_holds_reaches_nobody(cast: Cast) -> None:
    archived = world.soon(days=-3)
    Team.objects.filter(pk=cast.insights_dach.pk).update(archived_at=archived)
    assert not gate.may(cast.maya, "feedback.view", cast.german_reviews, at=clock.now())
    assert not gate.who_can("feedback.view", cast.german_reviews, at=clock.now()).exists()
    assert gate.may(cast.maya, "feedback.view", cast.german_reviews, at=archived - timedelta(seconds=1))


def test_nothing_reaches_through_an_archived_team(cast: Cast) -> None:
    world.give(cast.care_emea, cast.feedback_reader)
    world.join(cast.chiara, cast.care_dach)
    assert gate.may(cast.chiara, "feedback.view", cast.german_reviews, at=clock.now())
    Team.objects.filter(pk=cast.care_emea.pk).update(archived_at=world.soon(days=-1))
    assert not gate.may(cast.chiara, "feedback.view", cast.german_reviews, at=clock.now())


def test_eligible_is_not_active(cast: Cast) -> None:
    grant = world.give(cast.chiara, cast.feedback_reader)
    RoleGrant.objects.filter(pk=grant.pk).update(mode=Mode.ELIGIBLE)
    assert not gate.may(cast.chiara, "feedback.view", cast.mena_reviews, at=clock.now())
    assert cast.chiara not in gate.who_can("feedback.view", cast.mena_reviews, at=clock.now())
    assert not giving.gains_of([cast.chiara.principal_id], at=clock.now())


def test_nobody_inherits_from_a_person_by_being_put_into_them(cast: Cast) -> None:
    Membership.objects.create(person=cast.chiara, principal=cast.priya.principal, starts_at=world.LONG_AGO)
    assert not gate.may(cast.chiara, "person.view", cast.maya, at=clock.now())
    assert cast.chiara not in gate.who_can("person.view", cast.maya, at=clock.now())


def test_a_history_that_begins_too_late_does_not_open(cast: Cast) -> None:
    """The first change writes the old value, too; where that row is missing, nobody knows what was before."""
    then, change = world.soon(days=-9), world.soon(days=-3)
    AttributeHistory.objects.create(of="person", of_id=cast.priya.pk, name="state", value="active", since=change)
    assert not gate.may(cast.priya, "person.view", cast.maya, at=then)
    assert gate.may(cast.priya, "person.view", cast.maya, at=change)
    AttributeHistory.objects.create(of="person", of_id=cast.maya.pk, name="region", value=cast.germany.pk, since=change)
    assert not gate.may(cast.rosa, "person.view", cast.maya, at=then)
    assert gate.may(cast.rosa, "person.view", cast.jonas, at=then)
    ParentHistory.objects.create(kind="node", of_id=cast.dach.pk, parent_id=cast.emea.pk, since=change)
    assert not gate.may(cast.rosa, "person.view", cast.jonas, at=then)


def test_the_present_never_reads_the_past(cast: Cast) -> None:
    """A row of history that lags a moment behind must not answer for now: lists do not read it either."""
    AttributeHistory.objects.create(
        of="person", of_id=cast.maya.pk, name="region", value=cast.mena.pk, since=world.LONG_AGO
    )
    target = places.target(cast.maya, clock.now())
    assert target.places["region"] == {cast.germany.pk}


def test_what_did_not_exist_then_was_nobodys(cast: Cast) -> None:
    yesterday = world.soon(days=-1)
    Resource.objects.filter(pk=cast.german_reviews.pk).update(created_at=world.soon(hours=-1))
    cast.german_reviews.refresh_from_db()
    assert gate.may(cast.maya, "feedback.view", cast.german_reviews, at=clock.now())
    decision = gate.decide(cast.maya, "feedback.view", cast.german_reviews, at=yesterday)
    assert decision.reason is Reason.NOT_THERE
    assert not gate.visible(cast.maya, "feedback.view", Resource.objects.all(), at=yesterday).exists()
    assert not gate.who_can("feedback.view", cast.german_reviews, at=yesterday).exists()


def test_a_mover_is_where_they_were_then(cast: Cast) -> None:
    then, moved = world.soon(days=-9), world.soon(days=-3)
    for value, since in ((cast.germany.pk, world.LONG_AGO), (cast.world_.pk, moved)):
        AttributeHistory.objects.create(of="person", of_id=cast.maya.pk, name="region", value=value, since=since)
    Person.objects.filter(pk=cast.maya.pk).update(region=cast.world_)
    people = Person.objects.all()
    assert cast.maya in gate.visible(cast.rosa, "person.view", people, at=then)
    assert cast.maya not in gate.visible(cast.rosa, "person.view", people, at=clock.now())
    assert cast.rosa in gate.who_can("person.view", cast.maya, at=then)


def test_a_list_of_the_past_does_not_ask_row_by_row(cast: Cast) -> None:
    def queries(rows) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            list(gate.visible(cast.priya, "person.view", rows, at=world.soon(days=-2)))
        return len(seen)

    assert queries(Person.objects.filter(name__startswith="M")) == queries(Person.objects.all())


def test_a_list_of_another_type_shows_nothing(cast: Cast) -> None:
    """The point decision says wrong type; the list must not let everything through because somebody holds it."""
    assert not gate.visible(cast.priya, "person.view", Team.objects.all(), at=clock.now()).exists()
    under = gate.visible(cast.otto, "trail.view", Person.objects.all(), at=clock.now(), as_type="trail")
    assert cast.maya in under
    assert not gate.visible(cast.maya, "trail.view", Person.objects.all(), at=clock.now(), as_type="trail").exists()


def test_asking_about_the_future_spoils_nothing_for_now(cast: Cast) -> None:
    world.give(cast.chiara, cast.feedback_reader, until=world.soon(days=2))
    with facts.pinned():
        assert not gate.may(cast.chiara, "feedback.view", cast.mena_reviews, at=world.soon(days=9))
        assert gate.may(cast.chiara, "feedback.view", cast.mena_reviews, at=clock.now())


def test_what_is_over_is_explained_though_it_decides_nothing(cast: Cast) -> None:
    world.give(cast.chiara, cast.feedback_reader, starts=world.soon(days=-9), until=world.soon(days=-3))
    at = clock.now()
    assert gate.decide(cast.chiara, "feedback.view", cast.mena_reviews, at=at).near == ()
    decision = gate.explain(cast.chiara, "feedback.view", cast.mena_reviews, at=at)
    assert (decision.allowed, decision.reason) == (False, Reason.OVER)
    assert [miss.reason for miss in decision.near] == [Reason.OVER]


def test_the_suspended_are_told_what_they_would_have(cast: Cast) -> None:
    decision = gate.explain(cast.sofia, "person.view", cast.maya, at=clock.now())
    assert decision.reason is Reason.NOT_ACTIVE
    assert {miss.reason for miss in decision.near} == {Reason.NOT_ACTIVE}
    assert not decision.paths


@pytest.mark.parametrize("state", [state for state in PersonState if state != PersonState.ACTIVE])
def test_only_the_active_may_anything(cast: Cast, state: str) -> None:
    Person.objects.filter(pk=cast.priya.pk).update(state=state)
    assert gate.held(cast.priya, at=clock.now()) == frozenset()
    assert not gate.may_somewhere(cast.priya, "person.view", at=clock.now())
    assert not gate.visible(cast.priya, "person.view", Person.objects.all(), at=clock.now()).exists()


def test_facts_that_change_while_they_are_read_are_read_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chiara leaves a team; then the team is given a role. A reader between the two must not see her with the role."""
    membership = world.join(cast.chiara, cast.care_emea)
    real = facts._memberships

    def slow(*args):
        if membership.until is None:
            membership.until = world.soon(hours=-1)
            membership.save()
            world._changed(cast.chiara.principal_id)
            world.give(cast.care_emea, cast.administrator)
        return real(*args)

    monkeypatch.setattr(facts, "_memberships", slow)
    assert not gate.may(cast.chiara, "person.view", cast.maya, at=clock.now())


def test_facts_that_never_hold_still_allow_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    real = facts._memberships

    def restless(*args):
        world._changed(cast.priya.principal_id)
        return real(*args)

    monkeypatch.setattr(facts, "_memberships", restless)
    with pytest.raises(facts.FactsUnsteady):
        gate.may(cast.priya, "person.view", cast.maya, at=clock.now())


def test_one_minute_back_is_still_now_and_sees_what_ended_since(cast: Cast) -> None:
    """A request's moment lies a little back; a window that ended meanwhile was in force at that moment."""
    started = clock.now()
    ends = started + timedelta(seconds=10)
    world.give(cast.chiara, cast.feedback_reader, until=ends)
    with time_machine.travel(started + timedelta(seconds=30), tick=False):
        assert not history.is_past(started)
        assert gate.may(cast.chiara, "feedback.view", cast.mena_reviews, at=started)
        assert not gate.may(cast.chiara, "feedback.view", cast.mena_reviews, at=ends)


def test_stamps_stand_still_without_a_change(cast: Cast) -> None:
    found = facts.snapshot(cast.maya.pk, clock.now())
    assert set(found.stamps) == {stamps.MODEL, cast.maya.principal_id, cast.insights_dach.principal_id}
