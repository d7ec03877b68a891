"""Trying a policy: the answer with it in force, by which comparison, beside today's; asked as access is checked."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions import gate
from permissions.guards import NotAllowed, NotVisible
from permissions.models import Action, PolicyVersion
from permissions.policies import trial
from permissions.policies.trying import Trying, try_policy
from tests import world
from tests.cast import Cast
from tests.policies import enact
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db
INSIDE = {"attribute": "resource.region", "operator": "within", "other": "subject.region"}
MANAGED = {"attribute": "context.managed_device", "operator": "equals", "value": True}


@pytest.fixture
def priya(cast: Cast) -> Client:
    world.give(cast.maya, cast.feedback_reader)
    return signed_in(cast.priya)


def tried(client: Client, version: PolicyVersion, **asked: Any) -> str:
    data = {f"try-{name}": getattr(value, "pk", value) for name, value in asked.items()}
    answer = client.get(reverse("policies:try", args=[version.policy_id]), data)
    assert answer.status_code == 200
    return unescape(re.sub(r"<[^>]+>|\s+", " ", answer.content.decode())).replace("  ", " ")


def test_a_no_says_which_comparison_decided(cast: Cast, priya: Client) -> None:
    version = enact("only", types=["feedback"], condition={"all": [INSIDE, MANAGED]}, stage=None)
    asked = {"person": cast.maya, "action": "feedback.view", "thing": cast.mena_reviews}
    text = tried(priya, version, **asked, managed_device="yes")
    assert "This policy blocks it: its condition does not hold." in text
    assert "Today the answer is yes." in text
    assert re.search(r"within the person's region: +does not hold, +this decided", text)
    assert re.search(r"Managed device is yes: +holds", text)
    here = asked | {"thing": cast.german_reviews}
    assert "The same as today." in tried(priya, version, **here, managed_device="yes")
    assert re.search(r"Managed device is yes: +is not known, +this decided", tried(priya, version, **here))
    assert gate.may(cast.maya, "feedback.view", cast.mena_reviews, at=clock.now())  # nothing is enforced by asking


def test_a_yes_says_what_allows_and_what_is_owed(cast: Cast, priya: Client) -> None:
    title = {"attribute": "subject.title", "operator": "equals", "value": "CX researcher"}
    duty = {"kind": "step_up", "minutes": 5}
    version = enact("allow", permissions=["feedback.view"], condition=title, obligations=[duty], stage=None)
    asked = {"person": cast.chiara, "action": "feedback.view", "thing": cast.german_reviews}
    text = tried(priya, version, **asked)
    assert "Yes, once that is met" in text
    assert "This policy allows it: no role or grant of Chiara Bellini does." in text
    assert "A second factor of the last 5 minutes is asked for first" in text
    assert "Yes, once that is met" not in tried(priya, version, **asked, factor_minutes="3")
    assert "No role or grant of Ali Haddad gives it there" in tried(priya, version, **asked | {"person": cast.ali})


def test_without_a_resource_it_says_whether_there_may_be_one(cast: Cast, priya: Client) -> None:
    version = enact("only", types=["feedback"], condition=INSIDE, stage=None)
    text = tried(priya, version, person=cast.maya, action="feedback.view")
    assert "Yes, on some" in text
    assert "depends on the resource" in text
    assert "No, on none" in tried(priya, version, person=cast.chiara, action="feedback.view")


def test_without_a_resource_it_says_which_policy_leaves_none(cast: Cast, priya: Client) -> None:
    version, asked = enact("only", types=["feedback"], condition=MANAGED), {"person": cast.maya}
    text = tried(priya, version, **asked, action="feedback.view")
    assert "This policy closes it, whatever the thing is." in text
    assert "No role or grant of Maya Okafor" not in text
    other = enact("only", types=["feedback"], condition=INSIDE, stage=None)
    assert "Another policy closes it, whatever the thing is." in tried(priya, other, **asked, action="feedback.view")
    assert "No role or grant of Chiara Bellini" in tried(priya, version, person=cast.chiara, action="feedback.view")


def test_the_time_of_asking_can_be_chosen(cast: Cast, priya: Client) -> None:
    hours = {
        "attribute": "context.at",
        "operator": "hours",
        "value": {"from": "08:00", "until": "18:00", "zone": "UTC"},
    }
    version = enact("only", types=["feedback"], condition=hours, stage=None)
    asked = {"person": cast.maya, "action": "feedback.view", "thing": cast.german_reviews}
    day = f"{clock.now():%Y-%m-%d}"
    assert "The same as today." in tried(priya, version, **asked, at=f"{day}T12:00")
    assert "does not hold" in tried(priya, version, **asked, at=f"{day}T22:00")


def test_another_policy_that_blocks_is_named(cast: Cast, priya: Client) -> None:
    enact("block", types=["feedback"], condition=None, name="All closed")
    version = enact("only", types=["feedback"], condition=INSIDE, stage=None)
    text = tried(priya, version, person=cast.maya, action="feedback.view", thing=cast.german_reviews)
    assert "Another policy blocks it: All closed." in text


def test_what_a_trial_told_of_somebody_is_on_record(cast: Cast, priya: Client) -> None:
    condition = {"attribute": "subject.title", "operator": "is_set"}
    tried(priya, enact("only", types=["feedback"], condition=condition, stage=None), person=cast.maya,
          action="feedback.view", thing=cast.german_reviews)  # fmt: skip
    event = Event.objects.filter(tag=Tag.ACCESS_CHECKED, about_person_id=cast.maya.pk).latest("pk")
    assert event.additional_data["told"] == [["Job title is set", True]]


def test_whom_it_is_not_about_is_said(cast: Cast, priya: Client) -> None:
    version = enact("block", types=["feedback"], condition=None, teams=[cast.care_dach.pk], stage=None)
    text = tried(priya, version, person=cast.maya, action="feedback.view", thing=cast.german_reviews)
    assert "This policy is not about it." in text


def test_asking_about_others_takes_the_right_to_and_leaves_an_event(cast: Cast, priya: Client) -> None:
    version = enact("block", types=["feedback"], condition=None, stage=None)
    tried(priya, version, person=cast.maya, action="feedback.view", thing=cast.german_reviews)
    event = Event.objects.get(tag=Tag.ACCESS_CHECKED)
    assert (event.actor_id, event.about_person_id) == (cast.priya.pk, cast.maya.pk)
    assert event.additional_data["tried"] == version.policy_id
    assert event.decision["allowed"] is True  # what is so, not what would be
    action, rule = Action.objects.get(key="feedback.view"), trial.rule_of(version, version.policy, at=clock.now())
    asked = Trying(cast.maya, action, cast.german_reviews, {}, clock.now())
    more = {"asked": asked, "rule": rule, "policy": version.policy, "zone": "UTC", "at": clock.now()}
    with pytest.raises((NotAllowed, NotVisible)):
        try_policy(cast.rosa, **more)  # type: ignore[arg-type]
    own = more | {"asked": Trying(cast.maya, action, None, {}, clock.now())}
    assert try_policy(cast.maya, **own).after is False  # type: ignore[arg-type]  # of oneself


def test_a_draft_is_tried_while_it_is_written(cast: Cast, priya: Client) -> None:
    given = {
        "effect": "block", "permissions": "feedback.view", "do": "try", "try-person": cast.maya.pk,
        "try-action": "feedback.view", "try-thing": cast.german_reviews.pk,
    }  # fmt: skip
    text = priya.post(reverse("policies:create"), given).content.decode()
    assert "This policy blocks it." in text
    assert not Event.objects.filter(tag=Tag.POLICY_CREATED).exists()
    incomplete = priya.post(reverse("policies:create"), {"effect": "block", "do": "try"}).content.decode()
    assert "Once the policy is complete" in incomplete


def test_whoever_may_ask_about_nobody_gets_no_panel(cast: Cast) -> None:
    world.give(cast.chiara, world.role("Policy writer", {"policy.edit"}))
    chiara, version = signed_in(cast.chiara), enact("block", types=["feedback"], condition=None, stage=None)
    assert "Try it" not in chiara.get(reverse("policies:write", args=[version.policy_id])).content.decode()
    assert chiara.get(reverse("policies:try", args=[version.policy_id])).status_code == 404


def test_rubbish_in_the_address_asks_nothing(cast: Cast, priya: Client) -> None:
    version = enact("block", types=["feedback"], condition=None, stage=None)
    text = tried(priya, version, person="rubbish", action="nothing.at_all", thing="-7", at="soon")
    assert "Nobody is asked about yet" in text


def test_nobody_finds_out_by_trying_what_somebody_is_whom_they_may_not_see(cast: Cast, priya: Client) -> None:
    """A draft could ask anything of a person: it is tried on whom and what one may see, and only that is counted."""
    asker = world.role("Asker", {"policy.edit", "access.check"})
    world.give(cast.chiara, asker)
    world.give(cast.chiara, cast.people_reader, region=cast.germany)
    chiara, version = signed_in(cast.chiara), enact("block", types=["feedback"], condition=None, stage=None)
    form = chiara.get(reverse("policies:try", args=[version.policy_id])).context["try_form"]
    assert set(form.fields["person"].queryset) == {cast.maya}
    assert not form.fields["thing"].queryset.exists()
    action, rule = Action.objects.get(key="feedback.view"), trial.rule_of(version, version.policy, at=clock.now())
    for asked in (
        Trying(cast.ali, action, None, {}, clock.now()),
        Trying(cast.maya, action, cast.german_reviews, {}, clock.now()),
        Trying(cast.chiara, action, cast.german_reviews, {}, clock.now()),
    ):
        with pytest.raises((NotAllowed, NotVisible)):
            try_policy(cast.chiara, asked=asked, rule=rule, policy=version.policy, zone="UTC", at=clock.now())
    writing = chiara.post(reverse("policies:create"), {"effect": "block", "permissions": "feedback.view", "do": "look"})
    reach = writing.context["writing"].reach
    assert (reach.people.value, reach.resources.value, reach.of_all) == (1, 0, False)
    assert "Counted are those whom you may see" in writing.content.decode()
