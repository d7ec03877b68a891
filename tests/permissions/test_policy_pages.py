"""Policies on their pages: the list, one policy by tabs, its life, its versions."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.signin.guards import PROVED
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions import gate
from permissions.models import Policy, PolicyState, PolicyVersion
from permissions.policies.words import Words, plain
from tests import world
from tests.cast import Cast
from tests.policies import enact
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db
OWN = {"attribute": "resource.region", "operator": "within", "other": "subject.region"}
TITLE = {"attribute": "subject.title", "operator": "equals", "value": "Care lead"}
MASK = {"kind": "mask", "data_classes": ["phone"], "fields": [], "unless": TITLE}


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def page(client: Client, name: str, *args: object, **query: str) -> str:
    answer = client.get(reverse(f"policies:{name}", args=args), query)
    assert answer.status_code == 200
    return answer.content.decode()


def says(**more: object) -> str:
    version = enact("only", types=["feedback"], stage=None, **more)  # type: ignore[arg-type]
    return plain(Words([version]).sentence(version))


def test_a_policy_is_one_plain_sentence(cast: Cast) -> None:
    inside = {"attribute": "resource.region", "operator": "within", "value": [cast.emea.pk]}
    managed = {"attribute": "context.managed_device", "operator": "equals", "value": True}
    group = world.group("EMEA managers")
    assert says(groups=[group.pk], condition={"all": [inside, managed]}, obligations=[MASK]) == (
        "Everybody in the group EMEA managers may do anything with feedback streams only when Region of the resource "
        "is within EMEA and Managed device is yes. Phone is masked, unless Job title is “Care lead”."
    )


@pytest.mark.parametrize(("effect", "more", "sentence"), [
    ("allow", {"permissions": ["report.view"], "condition": TITLE},
     "Everybody may do “Report: View” when Job title is “Care lead”, even where no role or grant lets them."),
    ("block", {"permissions": ["report.view", "report.export"], "condition": None},
     "Nobody may do “Report: View, Export”, whatever they hold."),
    ("only", {"types": ["report"], "condition": None,
              "obligations": [{"kind": "step_up", "minutes": 15}, {"kind": "reason"}]},
     ("Everybody may do anything with reports as far as their roles and grants reach. A second factor of the last 15 "
      "minutes is asked for first. A reason is asked for first.")),
    ("only", {"types": ["report"], "condition": {"attribute": "subject.gone", "operator": "is_set"}},
     "Everybody may do anything with reports only when a condition holds that can no longer be read."),
])  # fmt: skip
def test_every_kind_has_its_sentence(effect: str, more: dict[str, object], sentence: str) -> None:
    version = enact(effect, **more, stage=None)  # type: ignore[arg-type]
    assert plain(Words([version]).sentence(version)) == sentence


def test_whom_it_is_about_is_named(cast: Cast) -> None:
    version = enact("allow", types=["report"], roles=[cast.analyst.pk], teams=[cast.care_dach.pk, 999], stage=None)
    assert plain(Words([version]).sentence(version)) == (
        "Everybody in the team Care DACH or the team something that is gone or with the role Analyst may do anything "
        "with reports, even where no role or grant lets them."
    )


def test_the_list_narrows_by_stage_kind_owner_and_words(cast: Cast, priya: Client) -> None:
    enact("block", types=["report"], name="Closed reports")
    enact("only", types=["survey"], name="Recorded surveys", stage="recording")
    draft = enact("allow", types=["survey"], condition=TITLE, name="Open surveys", stage=None).policy
    Policy.objects.filter(pk=draft.pk).update(owner=cast.rosa)
    listed = {"Closed reports", "Recorded surveys", "Open surveys"}

    def names(**query: str) -> set[str]:
        text = page(priya, "list", **query)
        return {name for name in listed if name in text}

    assert names() == listed
    assert names(stage="enforced") == {"Closed reports"}
    assert names(stage="recording") == {"Recorded surveys"}
    assert names(stage="draft") == {"Open surveys"}
    assert names(stage="retired") == set()
    assert names(kind="block") == {"Closed reports"}
    assert names(q="surveys") == {"Recorded surveys", "Open surveys"}
    assert names(owner=str(cast.rosa.pk)) == {"Open surveys"}
    assert names(owner="nobody") == {"Closed reports", "Recorded surveys"}
    assert names(kind="rubbish", owner="x", stage="y", sort="z", page="q") == listed


def test_an_empty_list_says_what_belongs_there(cast: Cast, priya: Client) -> None:
    assert "No policies yet" in page(priya, "list")
    assert "Write a policy" in page(priya, "list")
    assert "Nothing is enforced" in page(priya, "list", stage="enforced")
    assert "No policy matches" in page(priya, "list", q="nothing like it")
    assert "Write a policy" not in page(signed_in(cast.otto), "list")


def test_the_list_asks_as_much_however_many_there_are(cast: Cast, priya: Client) -> None:
    def asked() -> int:
        page(priya, "list")
        with CaptureQueriesContext(connection) as queries:
            page(priya, "list")
        return len(queries)

    about = {"types": ["survey"], "permissions": ["report.view"], "teams": [cast.care_dach.pk], "condition": OWN}
    enact("only", stage=None, **about)  # type: ignore[arg-type]
    few = asked()
    for number in range(12):
        enact("only", stage=None, name=f"Further {number}", **about)  # type: ignore[arg-type]
    assert asked() == few


def test_the_page_says_what_it_reads_and_since_when_it_stands(cast: Cast, priya: Client) -> None:
    version = enact("only", types=["feedback"], condition=OWN, obligations=[MASK], name="Own region")
    text = page(priya, "detail", version.policy_id)
    for word in ("Own region", "the person&#x27;s region", "person.edit", "resource.edit", "feedback.export", "Phone"):
        assert word in text
    assert "Version 1 is enforced" in text
    assert "Change what it says" in text
    assert "Change what it says" not in page(signed_in(cast.otto), "detail", version.policy_id)


def test_a_newer_draft_stands_beside_what_is_in_force(cast: Cast, priya: Client) -> None:
    policy = enact("only", types=["feedback"], condition=OWN).policy
    _second(policy)
    text = page(priya, "detail", policy.pk)
    assert "Version 2 is not enforced. Version 1 is." in text
    assert "What is in force meanwhile" in text
    text = page(priya, "versions", policy.pk)
    assert "Compare with version 2" in text
    assert "Restore version 1" in text
    assert "Restore" not in page(signed_in(cast.otto), "versions", policy.pk)


def _second(policy: Policy) -> PolicyVersion:
    first = policy.current
    assert first is not None
    policy.current = PolicyVersion.objects.create(
        policy=policy, number=2, effect="block", targets=first.targets, condition=OWN, at=first.at
    )
    policy.save()
    return policy.current


def test_two_versions_are_compared_part_by_part(cast: Cast, priya: Client) -> None:
    policy = enact("only", types=["feedback"], condition=OWN, obligations=[MASK]).policy
    _second(policy)
    text = page(priya, "compare", policy.pk)
    assert "\N{MINUS SIGN} Only when" in text
    assert "+ Block when" in text
    assert "\N{MINUS SIGN} Phone is masked" in text
    assert "Choose two versions" in page(priya, "compare", policy.pk, **{"from": "2", "to": "2"})
    alone = enact("only", types=["feedback"], condition=OWN).policy
    assert "There is one version only" in page(priya, "compare", alone.pk)


def step(client: Client, name: str, policy: Policy, **data: object) -> int:
    row = Policy.objects.get(pk=policy.pk)
    url = reverse(f"policies:{name}", args=[policy.pk])
    return client.post(url, {"row_version": row.row_version, **data}).status_code


def test_a_policy_lives_on_its_pages(cast: Cast, priya: Client) -> None:
    policy = enact("block", types=["feedback"], condition=None, stage=None).policy
    asked = {"person": cast.maya, "action": "feedback.view", "asked": cast.german_reviews}
    assert step(priya, "record", policy) == 302
    assert step(priya, "record", policy) == 422  # it is there already
    assert gate.may(**asked, at=clock.now())
    assert step(priya, "enforce", policy) == 422  # why?
    assert step(priya, "enforce", policy, reason="The board decided") == 302
    assert not gate.may(**asked, at=clock.now())
    assert "The board decided" in page(priya, "detail", policy.pk)
    assert step(priya, "retire", policy, reason="It was too much") == 302
    assert gate.may(**asked, at=clock.now())
    assert "This policy is retired" in page(priya, "detail", policy.pk)
    assert step(priya, "reopen", policy) == 302
    assert not PolicyState.objects.filter(until=None).exists()
    tags = list(Event.objects.filter(tag__startswith="policy.").order_by("pk").values_list("tag", flat=True))
    assert tags == [Tag.POLICY_RECORDED, Tag.POLICY_ENFORCED, Tag.POLICY_RETIRED, Tag.POLICY_REOPENED]


def test_whoever_was_slower_enforces_nothing(cast: Cast, priya: Client) -> None:
    policy = enact("block", types=["feedback"], condition=None, stage=None).policy
    url = reverse("policies:enforce", args=[policy.pk])
    assert priya.post(url, {"row_version": 0, "reason": "Wanted"}).status_code == 409
    assert not PolicyState.objects.exists()


@pytest.mark.parametrize("name", ["enforce", "retire"])
def test_what_decides_takes_a_fresh_factor(cast: Cast, priya: Client, name: str) -> None:
    policy = enact("block", types=["feedback"], condition=None, stage=None).policy
    session = priya.session
    session[PROVED] = (clock.now() - timedelta(hours=1)).isoformat()
    session.save()
    answer = priya.get(reverse(f"policies:{name}", args=[policy.pk]))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("signin:confirm"))


def test_a_writer_may_not_enforce_and_is_not_offered_it(cast: Cast) -> None:
    world.give(cast.chiara, world.role("Policy writer", {"policy.edit"}))
    chiara, policy = signed_in(cast.chiara), enact("block", types=["feedback"], condition=None, stage=None).policy
    text = page(chiara, "detail", policy.pk)
    assert reverse("policies:record", args=[policy.pk]) in text
    assert reverse("policies:enforce", args=[policy.pk]) not in text
    assert chiara.get(reverse("policies:enforce", args=[policy.pk])).status_code == 403
    PolicyState.objects.create(policy=policy, version=policy.current, stage="enforced", starts_at=clock.now())
    assert chiara.get(reverse("policies:retire", args=[policy.pk])).status_code == 403


def test_name_purpose_and_owner_are_edited_with_the_difference_for_the_second(cast: Cast, priya: Client) -> None:
    policy = enact("block", types=["feedback"], condition=None, stage=None, name="Closed").policy
    url = reverse("policies:edit", args=[policy.pk])
    given = {"name": "Closed for good", "purpose": "Nobody reads them", "owner": cast.rosa.pk, "row_version": 1}
    seen = {"initial-name": "Closed", "initial-purpose": "To be tested", "initial-owner": ""}
    assert priya.post(url, given | seen).status_code == 302
    answer = priya.post(url, given | seen | {"name": "Shut"})
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "Closed for good" in text
    assert 'value="Shut"' in text
    enact("block", types=["report"], condition=None, name="Taken")
    again = priya.post(url, given | {"name": "taken", "row_version": 2})
    assert again.status_code == 422
    assert "already a policy called" in again.content.decode()


def test_search_finds_policies_for_whoever_may_see_them(cast: Cast, priya: Client) -> None:
    enact("block", types=["feedback"], condition=None, name="No exports at night")
    url = reverse("search")
    assert "No exports at night" in priya.get(url, {"q": "at night"}).content.decode()
    assert "No exports at night" not in signed_in(cast.rosa).get(url, {"q": "at night"}).content.decode()
