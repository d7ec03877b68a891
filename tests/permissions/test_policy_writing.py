"""Writing a policy by clicking it together, without a script: each button posts the whole form."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib.errors import Refused
from permissions.models import Policy, PolicyVersion
from permissions.policies import wording
from permissions.policies.forms import offered_types
from tests import world
from tests.cast import Cast
from tests.policies import enact
from tests.sessions import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
NEW = "policies:create"
TITLE = {"attribute": "subject.title", "operator": "equals", "value": "Care lead"}
ROW = {"rule": ["root", "row:0"], "rule-kind": "all"}
TITLED = ROW | {"rule-0-attribute": "subject.title", "rule-0-operator": "equals", "rule-0-value": "Care lead"}
WHOM: dict[str, list[int]] = {"roles": [], "teams": [], "groups": []}  # everybody, as it is kept


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def within(place: Any) -> dict[str, Any]:
    """Return the row “Region of the resource is within `place`” as the form posts it."""
    return ROW | {
        "rule-0-attribute": "resource.region", "rule-0-operator": "within", "rule-0-other": "", "rule-0-value": place.pk
    }  # fmt: skip


def press(client: Client, deed: str, data: dict[str, Any], url: str | None = None, button: str = "do") -> Any:
    answer = client.post(url or reverse(NEW), data | {button: deed})
    assert answer.status_code == 200
    return answer


def story(cast: Cast) -> dict[str, Any]:
    """Return the form of “EMEA managers see only EMEA feedback, from managed devices, mails masked but for leads”."""
    group = world.group("EMEA managers")
    return within(cast.emea) | {
        "name": "EMEA managers", "purpose": "They answer for EMEA", "owner": "", "effect": "only", "types": "feedback",
        "groups": group.pk, "rule": ["root", "row:0", "row:1"],
        "rule-1-attribute": "context.managed_device", "rule-1-operator": "equals", "rule-1-value": "yes",
        "duty": "1", "duty-1-kind": "mask", "duty-1-classes": "email",
        "unless-1": ["root", "row:0"], "unless-1-kind": "all", "unless-1-0-attribute": "subject.title",
        "unless-1-0-operator": "equals", "unless-1-0-value": "Care lead",
    }  # fmt: skip


def test_the_policy_of_the_story_is_written_and_saved(cast: Cast, priya: Client) -> None:
    given = story(cast)
    answer = press(priya, "look", given)
    assert "Save the policy" in answer.content.decode()
    assert answer.context["draft"].errors == {}
    saved = priya.post(reverse(NEW), given)
    policy = Policy.objects.get()
    assert saved.status_code == 302
    assert saved["Location"] == reverse("policies:detail", args=[policy.pk])
    says = wording.of(policy.current)  # type: ignore[arg-type]
    assert (says.effect, says.targets["types"], says.targets["groups"]) == ("only", ["feedback"], [given["groups"]])
    assert says.condition == {"all": [
        {"attribute": "resource.region", "operator": "within", "value": [cast.emea.pk]},
        {"attribute": "context.managed_device", "operator": "equals", "value": True},
    ]}  # fmt: skip
    assert says.obligations == [{"kind": "mask", "fields": [], "data_classes": ["email"], "unless": TITLE}]
    assert Event.objects.filter(tag=Tag.POLICY_CREATED, object_id=policy.pk).exists()


@pytest.mark.parametrize("odd", ["²", "9" * 30, "9" * 5000, "٣", "x"])
def test_what_is_no_number_is_an_error_of_its_row(cast: Cast, priya: Client, odd: str) -> None:
    rows = ROW | {
        "name": "Odd",
        "purpose": "Odd",
        "effect": "block",
        "types": "feedback",
        "rule": ["root", "row:0", "row:1"],
    }
    rows |= {"rule-0-attribute": "resource.region", "rule-0-operator": "within", "rule-0-value": odd}
    rows |= {"rule-1-attribute": "context.at", "rule-1-operator": "weekday", "rule-1-weekday": odd}
    assert priya.post(reverse(NEW), rows | {"rule-1-zone": "UTC"}).status_code == 422
    assert not Policy.objects.exists()


def test_nothing_is_an_error_before_it_is_saved(cast: Cast, priya: Client) -> None:
    empty = priya.get(reverse(NEW))
    assert 'class="error"' not in empty.content.decode()
    looked = press(priya, "look", {"effect": "block", **ROW})
    assert looked.context["draft"].errors == {}
    assert "No such attribute" not in looked.content.decode()
    saved = priya.post(reverse(NEW), {"effect": "block", **ROW})
    assert saved.status_code == 422
    text = saved.content.decode()
    assert "No such attribute" in text
    assert set(saved.context["draft"].errors) == {"targets", "conditions"}  # all at once
    assert not Policy.objects.exists()


def test_each_button_does_what_it_says(cast: Cast, priya: Client) -> None:
    begun = {"effect": "only", "types": "feedback"}
    typed = press(priya, "condition", begun).context["draft"].typed
    assert len(typed.rule.parts) == 1
    assert press(priya, "always", begun | ROW).context["draft"].typed.rule is None
    assert press(priya, "add:", begun | ROW, button="rule-do").context["draft"].typed.rule.parts[1:]
    assert [duty.kind for duty in press(priya, "duty:step_up", begun).context["draft"].typed.duties] == ["step_up"]
    duty = {"duty": "3", "duty-3-kind": "reason"}
    assert press(priya, "end-duty:3", begun | duty).context["draft"].typed.duties == []
    assert press(priya, "unless:3", begun | duty).context["draft"].typed.duties[0].unless is not None
    spared = duty | {"unless-3": ["root", "row:0"], "unless-3-kind": "all"}
    assert press(priya, "end-unless:3", begun | spared).context["draft"].typed.duties[0].unless is None
    assert press(priya, "drop:types=feedback", begun).context["draft"].typed.targets["types"] == []
    assert press(priya, "fly:to=moon", begun).context["draft"].typed.targets["types"] == ["feedback"]


def test_what_is_chosen_is_added(cast: Cast, priya: Client) -> None:
    chosen = {"add-types": "survey", "add-permissions": "report.view", "add-teams": cast.care_dach.pk}
    answer = press(priya, "look", {"effect": "only", "types": "feedback", **chosen})
    assert answer.context["draft"].typed.targets == {
        "permissions": ["report.view"], "types": ["feedback", "survey"], "roles": [], "groups": [],
        "teams": [str(cast.care_dach.pk)],
    }  # fmt: skip
    text = answer.content.decode()
    for name in ("Remove Surveys", "Remove Report: View", "Remove Care DACH"):
        assert name in text


def test_policies_are_offered_as_what_nothing_is_about(cast: Cast, priya: Client) -> None:
    adding = priya.get(reverse(NEW)).context["adding"]
    assert "policy.enforce" not in str(adding["permissions"])
    answer = priya.post(reverse(NEW), {"effect": "block", "permissions": "policy.enforce", "name": "x", "purpose": "y"})
    assert answer.status_code == 422
    assert "No policy is about policy.enforce" in answer.content.decode()
    for key in ("role.give", "role.give_onward"):
        assert key not in str(adding["permissions"])
    assert "role.view" in str(adding["permissions"])
    assert not {"policy", "role"} & {key for _area, types in offered_types() for key, _label in types}


def test_only_what_its_resources_hold_is_offered_to_be_masked(cast: Cast, priya: Client) -> None:
    """Feedback has no phone, so none is offered; what was ticked before stays there to be taken out."""
    for types, offered in (("feedback", ["email", "free_text", "score"]), ("report", ["email"]), ("", ["email"])):
        given = {"types": types} if types else {}
        given |= {"duty": "1", "duty-1-kind": "mask", "duty-1-classes": "email"}
        classes = [value for value, _label, _fields in press(priya, "look", given).context["writing"].classes]
        assert classes == offered, types


@pytest.mark.parametrize("targets", [
    {"teams": "rubbish"}, {"groups": "99999999999999999999999"}, {"roles": "-1"}, {"permissions": "\x00"},
    {"types": "feedback'--"}, {"types": "a\x00b"},
])  # fmt: skip
def test_rubbish_is_told_and_never_saved(cast: Cast, priya: Client, targets: dict[str, str]) -> None:
    given = {"effect": "allow", "name": "x", "purpose": "y", **targets}
    assert priya.post(reverse(NEW), given).status_code == 422
    assert press(priya, "look", given)
    assert not Policy.objects.exists()


def test_only_what_its_resources_have_can_be_read(cast: Cast, priya: Client) -> None:
    """Of people policies know where they are; the sensitivity of a resource is nothing they have."""
    shown = press(priya, "look", {"effect": "only", "types": "person", **ROW}).context["draft"].schema
    assert "resource.region" in shown
    assert "resource.sensitivity" not in shown
    assert "resource.sensitivity" in press(priya, "look", {"effect": "only", "types": "report"}).context["draft"].schema


def test_a_refusal_of_the_whole_is_told_once_nothing_is_missing(cast: Cast, priya: Client) -> None:
    given = {"effect": "block", "types": "report", "roles": cast.analyst.pk}
    answer = press(priya, "look", given)
    assert "ending a role never opens" in answer.content.decode()
    owing = {"effect": "block", "types": "report", "duty": "1", "duty-1-kind": "reason"}
    assert "What is blocked has no obligations" in press(priya, "look", owing).content.decode()
    minutes = {"effect": "only", "types": "report", "duty": "1", "duty-1-kind": "step_up", "duty-1-minutes": "soon"}
    assert "how many minutes" in press(priya, "look", minutes).content.decode()


def test_it_says_how_many_it_touches(cast: Cast, priya: Client) -> None:
    text = press(priya, "look", story(cast)).content.decode()
    assert "It touches" in text
    reach = press(priya, "look", {"effect": "block", "permissions": "feedback.view"}).context["writing"].reach
    assert (reach.people.value, reach.resources.value) == (2, 2)  # maya and jonas by their team; the two streams
    everybody = {"effect": "allow", "permissions": "report.view", **ROW, "rule-0-attribute": "subject.title",
                 "rule-0-operator": "equals", "rule-0-value": "Support agent"}  # fmt: skip
    reach = press(priya, "look", everybody).context["writing"].reach
    assert (reach.people.value, reach.resources.value) == (1, 0)


def kept(policy: Policy, **more: Any) -> dict[str, Any]:
    return {"row_version": policy.row_version, "note": "Wanted", "effect": "only", "types": "feedback", **more}


def test_a_change_makes_the_next_version_as_a_draft(cast: Cast, priya: Client) -> None:
    policy = enact("only", types=["feedback"], condition=TITLE, obligations=[{"kind": "reason"}], **WHOM).policy
    url = reverse("policies:write", args=[policy.pk])
    shown = priya.get(url)
    typed = shown.context["draft"].typed
    assert (typed.effect, typed.targets["types"], [duty.kind for duty in typed.duties]) == (
        "only", ["feedback"], ["reason"],
    )  # fmt: skip
    assert shown.context["draft"].wording == wording.of(policy.current)  # type: ignore[arg-type]
    assert priya.post(url, kept(policy, **within(cast.emea))).status_code == 302
    policy.refresh_from_db()
    assert policy.current is not None
    assert (policy.current.number, policy.current.note) == (2, "Wanted")
    assert policy.states.get().version.number == 1


def test_nothing_different_is_no_version(cast: Cast, priya: Client) -> None:
    policy = enact("only", types=["feedback"], condition=TITLE, stage=None, **WHOM).policy
    answer = priya.post(reverse("policies:write", args=[policy.pk]), kept(policy, **TITLED))
    assert answer.status_code == 422
    assert "Nothing is different" in answer.content.decode()


def test_whoever_was_slower_keeps_what_they_wrote(cast: Cast, priya: Client) -> None:
    policy = enact("only", types=["feedback"], condition=None, stage=None).policy
    url, old = reverse("policies:write", args=[policy.pk]), kept(policy, **within(cast.dach))
    assert priya.post(url, kept(policy, **within(cast.emea))).status_code == 302
    answer = priya.post(url, old)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Somebody else changed this policy meanwhile" in text
    assert "within" in text
    form = answer.context["form"]
    assert priya.post(url, old | {"row_version": form.data["row_version"]}).status_code == 302


def test_an_earlier_version_is_brought_back_through_the_builder(cast: Cast, priya: Client) -> None:
    policy = enact("only", types=["feedback"], condition=TITLE, stage=None).policy
    assert policy.current is not None
    policy.current = PolicyVersion.objects.create(
        policy=policy, number=2, effect="block", targets=policy.current.targets, condition=TITLE, at=policy.current.at
    )
    policy.save()
    shown = priya.get(reverse("policies:restore", args=[policy.pk, 1]))
    assert shown.context["draft"].typed.effect == "only"
    assert "This is version 1, as a draft" in shown.content.decode()
    assert shown.context["form"]["note"].value() == "Brings back version 1"
    given = {"row_version": policy.row_version, "restores": 1, "note": "Back", "effect": "only", "types": "feedback"}
    assert priya.post(reverse("policies:write", args=[policy.pk]), given | TITLED).status_code == 302
    assert priya.get(reverse("policies:restore", args=[policy.pk, 3])).status_code == 302
    assert priya.get(reverse("policies:restore", args=[policy.pk, 9])).status_code == 404


def test_a_condition_that_can_no_longer_be_read_is_written_anew(cast: Cast, priya: Client) -> None:
    gone = {"attribute": "subject.custom.badge", "operator": "is_set"}
    policy = enact("only", types=["feedback"], condition=gone, stage=None).policy
    shown = priya.get(reverse("policies:write", args=[policy.pk]))
    assert shown.status_code == 200
    assert shown.context["draft"].wording is None


@pytest.fixture
def writer(cast: Cast) -> Client:
    """Chiara writes policies; she sees no team, and of people only those in Germany."""
    world.give(cast.chiara, world.role("Policy writer", {"policy.edit", "policy.view"}))
    world.give(cast.chiara, cast.people_reader, region=cast.germany)
    return signed_in(cast.chiara)


def test_what_a_draft_touches_is_counted_among_what_its_writer_may_see(
    cast: Cast, priya: Client, writer: Client
) -> None:
    """Else a draft would tell anything of anybody: who has this title, that clearance, in that place."""
    given = {"effect": "allow", "types": "feedback", "rule": ["root", "row:0"], "rule-kind": "all", "rule-0-not": "",
             "rule-0-attribute": "subject.title", "rule-0-operator": "is_set"}  # fmt: skip
    counted = [press(client, "look", given).context["writing"].reach for client in (priya, writer)]
    assert counted[0].people.value > counted[1].people.value == 1
    assert (counted[0].resources.value > 0, counted[1].resources.value) == (True, 0)


def test_an_id_that_was_posted_tells_no_name_of_what_its_writer_may_not_see(
    cast: Cast, priya: Client, writer: Client
) -> None:
    given = {"effect": "block", "types": "feedback", "teams": [cast.care_dach.pk], "roles": [cast.agent.pk]}
    assert "Care DACH" in press(priya, "look", given).content.decode()
    text = press(writer, "look", given).content.decode()
    assert ("Care DACH" in text, "Agent" in text) == (False, False)


def test_what_is_wrong_with_an_obligation_stands_in_its_row(cast: Cast, priya: Client) -> None:
    given = {
        "effect": "only", "types": "feedback", "duty": ["1", "4"], "duty-1-kind": "reason", "duty-4-kind": "mask",
        "duty-4-classes": "phone",
    }  # fmt: skip
    draft = press(priya, "look", given).context["draft"]
    assert [duty.errors for duty in draft.duties] == [
        [], ["Choose which fields are masked, of those that these resources have."],
    ]  # fmt: skip
    assert draft.errors == {}
    spared = {"unless-1": ["root", "row:0"], "unless-1-kind": "all", "unless-1-0-attribute": "subject.title",
              "unless-1-0-operator": "is_set"}  # fmt: skip
    draft = press(priya, "look", given | spared | {"duty": "1"}).context["draft"]
    problem = {"place": [0, 0], "part": "value", "message": "Not so."}
    draft.refuse(Refused("Not so.", field="obligations", facts={"problems": [problem]}))
    assert [str(each) for each in draft.duties[0].unless.problems] == ["1: Not so."]
