"""A policy that is recorded: what it would change of real decisions is counted at every door, and nothing else is."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.signin.guards import FACTOR
from cxaccess.lib import clock
from permissions import facts, gate, recorded
from permissions.engine.policies import Rule
from permissions.grants.bulk.services import end_many
from permissions.guards import NotVisible, NotYet, passes, require
from permissions.models import PolicyDay, PolicyTouch, ResourceType, RoleGrant, Sensitivity
from permissions.policies import services, traffic
from permissions.policies.wording import Wording
from tests import policies, world
from tests.cast import Cast
from tests.integrations import Caller, question
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db
NOBODY = {"attribute": "subject.title", "operator": "equals", "value": "Astronaut"}
ANALYST = {"attribute": "subject.title", "operator": "starts_with", "value": "Senior"}
HARMLESS = {"attribute": "resource.sensitivity", "operator": "at_most", "value": 2}


@pytest.fixture
def at() -> datetime:
    return clock.now()


def counted() -> dict[tuple[str, str], int]:
    """Write what was counted and return {(action, kind): how often}."""
    traffic.flush()
    found: dict[tuple[str, str], int] = {}
    for row in PolicyDay.objects.select_related("action"):
        key = (row.action.key, row.kind)
        found[key] = found.get(key, 0) + row.count
    return found


def watch(effect: str, condition: object = None, **more: object):
    return policies.enact(effect, condition=condition, stage="recording", **more)


# What is counted


def test_a_page_that_would_be_refused_is_counted_and_shown(cast: Cast) -> None:
    version = watch("block", permissions=["team.view"])
    assert signed_in(cast.jonas).get(reverse("teams:detail", args=[cast.insights_dach.pk])).status_code == 200
    found = counted()
    assert found == {("team.view", "seen"): 1, ("team.view", "changed"): 1, ("team.view", "block"): 1}
    touch = PolicyTouch.objects.get()
    assert (touch.version, touch.person, touch.resource) == (version, cast.jonas, cast.insights_dach.resource)


def test_what_stays_as_it_is_is_only_seen(cast: Cast, at: datetime) -> None:
    watch("block", NOBODY, permissions=["feedback.view"])
    require(cast.maya, "feedback.view", cast.german_reviews, at=at)
    assert counted() == {("feedback.view", "seen"): 1}
    assert not PolicyTouch.objects.exists()


def test_a_refusal_that_would_be_a_yes_is_counted_too(cast: Cast, at: datetime) -> None:
    watch("allow", permissions=["feedback.view"])
    with pytest.raises(NotVisible):
        require(cast.chiara, "feedback.view", cast.german_reviews, at=at)
    assert counted()["feedback.view", "allow"] == 1


@pytest.mark.parametrize(
    ("obligations", "kinds"),
    [
        ([{"kind": "step_up", "minutes": 5}], {"step_up"}),
        ([{"kind": "reason"}], {"reason"}),
        ([{"kind": "mask", "data_classes": ["phone"]}], {"mask"}),
        ([{"kind": "mask", "fields": ["note"]}, {"kind": "reason"}], {"mask", "reason"}),
    ],
)
def test_what_would_be_asked_for_or_masked_is_counted_by_its_kind(
    cast: Cast, at: datetime, obligations: list[dict[str, object]], kinds: set[str]
) -> None:
    watch("only", types=["feedback"], obligations=obligations)
    require(cast.maya, "feedback.view", cast.german_reviews, at=at)
    found = counted()
    assert {kind for _action, kind in found} == {"seen", "changed", *kinds}
    assert found["feedback.view", "changed"] == 1


def test_a_version_is_compared_in_the_place_of_the_one_that_is_enforced(cast: Cast, at: datetime) -> None:
    """What the older version blocks, a narrower one would let pass: also where it is no more about it at all."""
    old = Wording("block", {"permissions": ["feedback.view", "report.edit"]}, None, ())
    new = Wording("block", {"permissions": ["report.edit"]}, None, ())
    policy = services.create_policy(cast.priya, name="Closed", purpose="x", owner=None, says=old, at=at)
    services.enforce_policy(cast.priya, policy=policy, row_version=policy.row_version, reason="Now", at=at)
    policy.refresh_from_db()
    services.save_version(cast.priya, policy=policy, row_version=policy.row_version, says=new, note="", at=at)
    policy.refresh_from_db()
    services.record_policy(cast.priya, policy=policy, row_version=policy.row_version, at=at)
    with pytest.raises(NotVisible):
        require(cast.maya, "feedback.view", cast.german_reviews, at=at)
    assert counted() == {
        ("feedback.view", "seen"): 1, ("feedback.view", "changed"): 1, ("feedback.view", "allow"): 1,
    }  # fmt: skip


def test_less_is_a_difference_too(cast: Cast, at: datetime) -> None:
    old = Wording("only", {"types": ["feedback"]}, None, ({"kind": "reason"},))
    new = Wording("only", {"types": ["feedback"]}, ANALYST, ())
    policy = services.create_policy(cast.priya, name="Reasons", purpose="x", owner=None, says=old, at=at)
    services.enforce_policy(cast.priya, policy=policy, row_version=policy.row_version, reason="Now", at=at)
    policy.refresh_from_db()
    services.save_version(cast.priya, policy=policy, row_version=policy.row_version, says=new, note="", at=at)
    policy.refresh_from_db()
    services.record_policy(cast.priya, policy=policy, row_version=policy.row_version, at=at)
    with pytest.raises(NotYet):
        require(cast.maya, "feedback.view", cast.german_reviews, at=at)
    assert counted()["feedback.view", "less"] == 1


def test_each_recorded_policy_is_told_of_by_itself(cast: Cast, at: datetime) -> None:
    blocks = watch("block", permissions=["feedback.view"])
    asks = watch("only", types=["feedback"], obligations=[{"kind": "reason"}])
    require(cast.maya, "feedback.view", cast.german_reviews, at=at)
    traffic.flush()
    told = PolicyTouch.objects.values_list("version", "kind")
    assert set(told) == {(blocks.pk, "block"), (asks.pk, "reason")}


def test_one_request_that_asks_twice_is_one_decision(cast: Cast, at: datetime) -> None:
    watch("block", permissions=["feedback.view"])
    for moment in (at, at, at + timedelta(seconds=1)):
        require(cast.maya, "feedback.view", cast.german_reviews, at=moment)
    assert counted()["feedback.view", "block"] == 2


# Every door


def test_django_s_own_question_is_a_door(cast: Cast) -> None:
    watch("block", permissions=["feedback.view"])
    assert cast.maya.has_perm("feedback.view", cast.german_reviews)
    assert counted()["feedback.view", "block"] == 1


def test_connected_systems_are_a_door_in_questions_batches_and_searches(cast: Cast) -> None:
    watch("block", permissions=["feedback.view"])
    caller, reviews = Caller(), ("feedback", cast.german_reviews.external_id)
    assert caller.may(cast.maya.email, "view", reviews)
    rows = [question(cast.maya.email, "view", reviews), question(cast.ali.email, "view", reviews)]
    assert caller.ask("evaluations", {"evaluations": rows})[0] == 200
    found = counted()
    assert (found["feedback.view", "seen"], found["feedback.view", "block"]) == (3, 2)
    sought = question(cast.maya.email, "view", ("feedback", ""))
    del sought["resource"]["id"]
    assert [row["id"] for row in caller.ask("search/resource", sought)[1]["results"]] == [reviews[1]]
    assert counted()["feedback.view", "hide"] == 1


def test_things_that_are_registered_nowhere_are_told_apart(cast: Cast) -> None:
    ResourceType.objects.filter(key="survey").update(unregistered=True)
    world.give(cast.maya, world.role("Surveyor", {"survey.view"}))
    watch("block", permissions=["survey.view"])
    rows = [question(cast.maya.email, "view", ("survey", name)) for name in ("spring", "autumn")]
    assert Caller().ask("evaluations", {"evaluations": rows})[0] == 200
    assert counted()["survey.view", "block"] == 2


@pytest.mark.realdb
def test_the_door_of_a_list_and_the_rows_that_it_shows(cast: Cast) -> None:
    world.resource("Voice of DACH", region=cast.dach, sensitivity=Sensitivity.RESTRICTED)
    watch("only", HARMLESS, permissions=["resource.view"])
    assert signed_in(cast.priya).get(reverse("resources:list")).status_code == 200
    assert counted() == {("resource.view", "seen"): 1, ("resource.view", "hide"): 1}
    watch("only", permissions=["person.view"], obligations=[{"kind": "step_up", "minutes": 1}])
    browser = signed_in(cast.rosa)
    session = browser.session
    session.pop(FACTOR)
    session.save()
    assert browser.get(reverse("people:list")).status_code == 200
    assert counted()["person.view", "step_up"] == 1


@pytest.mark.parametrize(
    ("listing", "action"),
    [("people:list", "person.view"), ("teams:list", "team.view"), ("groups:list", "group.view"),
     ("roles:list", "role.view")],
)  # fmt: skip
def test_rows_of_the_other_lists_are_counted(cast: Cast, listing: str, action: str) -> None:
    world.group("Writers", region=cast.dach)
    nowhere = {"attribute": "resource.region", "operator": "is_missing"}
    watch("block", nowhere if action == "role.view" else {"not": nowhere}, permissions=[action])
    assert signed_in(cast.priya).get(reverse(listing)).status_code == 200
    found = counted()
    assert found[action, "hide"] > 0
    assert (found[action, "seen"], found.get((action, "changed"))) == (1, None)


def test_opening_a_resource_is_counted_for_its_attributes_and_for_its_content(cast: Cast) -> None:
    world.give(cast.priya, cast.feedback_reader)
    watch("block", permissions=["resource.view", "feedback.view"])
    page = reverse("resources:detail", args=[cast.german_reviews.pk])
    assert signed_in(cast.priya).get(page).status_code == 200
    found = counted()
    assert (found["resource.view", "block"], found["feedback.view", "block"]) == (1, 1)


def test_many_at_once_are_counted_one_by_one(cast: Cast, at: datetime) -> None:
    watch("block", permissions=["grant.end"])
    grants = [world.give(one, cast.agent) for one in (cast.chiara, cast.maya)]
    end_many(cast.priya, grants=[grant.pk for grant in grants], reason="Over", at=at)
    found = counted()
    assert found["grant.end", "block"] >= 2
    assert not RoleGrant.objects.filter(pk__in=[one.pk for one in grants], ended_by=None).exists()


def test_a_write_that_rests_on_one_right_of_several_is_counted(cast: Cast, at: datetime) -> None:
    watch("block", permissions=["feedback.view"])
    assert passes(cast.maya, "feedback.view", cast.german_reviews, at=at)
    assert counted()["feedback.view", "block"] == 1
    assert passes(cast.maya, "feedback.view", cast.german_reviews, at=at + timedelta(seconds=1), acted_on=False)
    assert counted()["feedback.view", "block"] == 1


# What is no traffic


def test_menus_buttons_checks_trials_and_looks_ahead_are_no_traffic(cast: Cast) -> None:
    world.give(cast.priya, cast.feedback_reader)
    watched = watch("block", permissions=["feedback.view", "trail.view", "team.edit"])
    at = clock.now()
    gate.shows(cast.priya, "trail.view", at=at)
    gate.may(cast.priya, "team.edit", cast.care_dach, at=at)
    gate.held(cast.priya, at=at)
    gate.explain(cast.maya, "feedback.view", cast.german_reviews, at=at)
    browser = signed_in(cast.priya)
    asked = f"?person={cast.maya.pk}&action=feedback.view&resource={cast.german_reviews.pk}"
    assert browser.get(reverse("check:index") + asked).status_code == 200
    assert browser.get(reverse("policies:effect", args=[watched.policy_id])).status_code == 200
    tried = f"?try-person={cast.maya.pk}&try-action=feedback.view"
    assert browser.get(reverse("policies:try", args=[watched.policy_id]) + tried).status_code == 200
    assert browser.get(reverse("teams:detail", args=[cast.care_dach.pk])).status_code == 200
    assert counted() == {}


# It never decides


def test_a_fault_in_what_is_recorded_is_counted_and_changes_no_answer(
    cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch("block", permissions=["feedback.view", "resource.view"])

    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Rule, "judge", broken)
    monkeypatch.setattr(Rule, "possible", broken)
    monkeypatch.setattr(Rule, "is_about", broken)
    require(cast.maya, "feedback.view", cast.german_reviews, at=at)
    with pytest.raises(NotVisible):
        require(cast.chiara, "feedback.view", cast.german_reviews, at=at)
    assert signed_in(cast.priya).get(reverse("resources:list")).status_code == 200
    found = counted()
    assert (found["feedback.view", "fault"], found["feedback.view", "seen"]) == (2, 2)
    assert found["resource.view", "fault"] >= 1
    assert not {kind for _action, kind in found} & {"changed", "block", "allow", "hide"}


def test_a_version_that_cannot_even_be_made_ready_keeps_nobody_from_deciding(cast: Cast, at: datetime) -> None:
    watch("only", types=["feedback"], obligations=[{"kind": "step_up", "minutes": "soon"}])
    require(cast.maya, "feedback.view", cast.german_reviews, at=at)
    assert counted()["feedback.view", "fault"] == 1


def test_a_recorded_demand_is_not_asked_for(cast: Cast, at: datetime) -> None:
    watch("only", types=["feedback"], obligations=[{"kind": "reason"}])
    require(cast.maya, "feedback.view", cast.german_reviews, at=at)
    policies.enact("only", types=["feedback"], obligations=[{"kind": "reason"}])
    with pytest.raises(NotYet):
        require(cast.maya, "feedback.view", cast.german_reviews, at=at)


# What it costs


def test_a_decision_asks_the_database_as_often_with_a_recorded_policy_as_without(cast: Cast, at: datetime) -> None:
    policies.enact(
        "block", condition=NOBODY, permissions=["ticket.reply"]
    )  # so that people's attributes are read in any case

    def asked() -> int:
        facts.kept.clear()
        with facts.pinned(), CaptureQueriesContext(connection) as queries:
            require(cast.maya, "feedback.view", cast.german_reviews, at=at)
            assert passes(cast.maya, "feedback.view", cast.german_reviews, at=at)
            assert cast.maya.has_perm("feedback.view", cast.german_reviews)
        return len(queries)

    cast.german_reviews.custom = {"since": "2026-03-03", "vendor": "Acme"}
    cast.german_reviews.save()
    before = asked()
    watch("only", {"all": [ANALYST, HARMLESS]}, types=["feedback"], obligations=[{"kind": "reason"}])
    assert asked() == before
    page, browser = reverse("teams:detail", args=[cast.insights_dach.pk]), signed_in(cast.priya)
    with CaptureQueriesContext(connection) as without:
        browser.get(page)
    watch("block", ANALYST, permissions=["team.view"])
    with CaptureQueriesContext(connection) as watched:
        browser.get(page)
    assert len(watched) == len(without)


def test_where_nothing_is_recorded_nothing_is_counted(cast: Cast, at: datetime) -> None:
    policies.enact("block", condition=NOBODY, permissions=["feedback.view"])
    require(cast.maya, "feedback.view", cast.german_reviews, at=at)
    assert len(recorded.counted) == 0
