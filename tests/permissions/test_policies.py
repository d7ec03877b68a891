"""The life of a policy: draft, recording, enforced, retired; every version kept; what it can never say."""

from datetime import datetime, timedelta

import pytest
import time_machine

from accounts.models import Person
from audits.models import Event
from audits.trail.stories import describe
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.errors import InUse, Refused, Stale
from permissions import gate
from permissions.attributes.services import archive_attribute, create_attribute
from permissions.guards import NotAllowed
from permissions.models import Policy, PolicyState
from permissions.policies import selectors, services
from permissions.policies.wording import Wording
from tests import world
from tests.cast import Cast

pytestmark = pytest.mark.django_db
OWN = {"attribute": "resource.region", "operator": "within", "other": "subject.region"}
TITLE = {"attribute": "subject.title", "operator": "equals", "value": "Care lead"}


@pytest.fixture
def at() -> datetime:
    return clock.now()


def says(effect: str = "only", condition: object = OWN, obligations: object = (), **targets: object) -> Wording:
    return Wording(effect, targets or {"types": ["feedback"]}, condition, obligations)  # type: ignore[arg-type]


def draft(actor: Person, at: datetime, wording: Wording | None = None, name: str = "Own region") -> Policy:
    stated = {"purpose": "Everybody sees their own region", "owner": None}
    return services.create_policy(actor, name=name, says=wording or says(), at=at, **stated)


def fresh(policy: Policy) -> dict[str, object]:
    row = Policy.objects.get(pk=policy.pk)
    return {"policy": row, "row_version": row.row_version}


def sees(cast: Cast, at: datetime) -> bool:
    return gate.may(cast.maya, "feedback.view", cast.german_reviews, at=at)


def test_a_policy_is_written_recorded_enforced_and_retired(cast: Cast, at: datetime) -> None:
    world.give(cast.maya, cast.feedback_reader)
    there = {"person": cast.maya, "action": "feedback.view", "asked": cast.mena_reviews, "at": at}
    policy = draft(cast.priya, at)
    assert gate.may(**there)
    services.record_policy(cast.priya, at=at, **fresh(policy))
    decision = gate.decide(**there)
    assert (decision.allowed, decision.would.allowed) == (True, False)
    services.enforce_policy(cast.priya, reason="The board decided", at=at, **fresh(policy))
    assert not gate.may(**there)
    assert gate.decide(**there).verdicts
    assert selectors.lives([Policy.objects.get()])[policy.pk].state == "enforced"
    services.retire_policy(cast.priya, reason="It was too much", at=at, **fresh(policy))
    assert gate.may(**there)
    services.reopen_policy(cast.priya, at=at, **fresh(policy))
    assert selectors.lives([Policy.objects.get()])[policy.pk].state == "draft"
    told = [story.sentence for story in describe(Event.objects.filter(tag__startswith="policy.").order_by("pk"))]
    assert [str(sentence) for sentence in told] == [
        "Priya Raman wrote the policy Own region",
        "Priya Raman began to record version 1 of the policy Own region",
        "Priya Raman put version 1 of the policy Own region in force",
        "Priya Raman retired the policy Own region",
        "Priya Raman reopened the policy Own region",
    ]


def test_what_was_decided_then_is_decided_so_later(cast: Cast, at: datetime) -> None:
    world.give(cast.maya, cast.feedback_reader)
    policy = draft(cast.priya, at)
    services.enforce_policy(cast.priya, reason="Wanted", at=at, **fresh(policy))
    with time_machine.travel(at + timedelta(days=2), tick=False):
        services.retire_policy(cast.priya, reason="Unwanted", at=clock.now(), **fresh(policy))
    with time_machine.travel(at + timedelta(days=5), tick=False):
        days = [gate.may(cast.maya, "feedback.view", cast.mena_reviews, at=at + timedelta(days=n)) for n in (1, 3)]
    assert days == [False, True]


def test_a_new_version_is_a_draft_until_it_is_enforced_itself(cast: Cast, at: datetime) -> None:
    policy = draft(cast.priya, at)
    services.enforce_policy(cast.priya, reason="Wanted", at=at, **fresh(policy))
    assert sees(cast, at)
    closed = says("block", None)
    services.save_version(cast.priya, says=closed, note="Close it", at=at, **fresh(policy))
    assert sees(cast, at)
    services.record_policy(cast.priya, at=at, **fresh(policy))
    life = selectors.lives([Policy.objects.get()])[policy.pk]
    assert (life.enforced.number, life.recording.number, life.is_ahead) == (1, 2, True)
    decision = gate.decide(cast.maya, "feedback.view", cast.german_reviews, at=at)
    assert (decision.allowed, decision.would.allowed) == (True, False)
    services.enforce_policy(cast.priya, reason="Now", at=at, **fresh(policy))
    assert not sees(cast, at)
    first = policy.versions.get(number=1)
    back = Wording(first.effect, first.targets, first.condition, first.obligations)
    restored = services.save_version(cast.priya, says=back, note="", restores=1, at=at, **fresh(policy))
    assert restored.number == 3
    assert Event.objects.filter(tag=Tag.POLICY_VERSIONED).latest("pk").additional_data["restores"] == 1
    assert PolicyState.objects.filter(until=None).count() == 1


def test_whoever_was_slower_gets_told(cast: Cast, at: datetime) -> None:
    policy = draft(cast.priya, at)
    old = policy.row_version
    services.edit_policy(cast.priya, changes={"name": "Own places"}, at=at, **fresh(policy))
    with pytest.raises(Stale):
        services.enforce_policy(cast.priya, policy=policy, row_version=old, reason="Wanted", at=at)
    with pytest.raises(Refused, match="already a policy"):
        draft(cast.priya, at, name="own PLACES")


def test_writing_does_not_take_the_right_to_enforce_and_enforcing_does(cast: Cast, at: datetime) -> None:
    world.give(cast.chiara, world.role("Policy writer", {"policy.edit"}))
    policy = draft(cast.chiara, at)
    services.record_policy(cast.chiara, at=at, **fresh(policy))
    with pytest.raises(NotAllowed):
        services.enforce_policy(cast.chiara, reason="Wanted", at=at, **fresh(policy))
    with pytest.raises(NotAllowed):
        draft(cast.otto, at, name="Otto's")


def test_what_opens_takes_the_right_to_give_it(cast: Cast, at: datetime) -> None:
    """An allow-when that begins opens, and so does a block that ends; a block that begins only closes."""
    world.give(cast.chiara, world.role("Policy keeper", {"policy.enforce"}))
    allow = draft(cast.chiara, at, says("allow", TITLE), "Leads")
    with pytest.raises(NotAllowed):
        services.enforce_policy(cast.chiara, reason="Wanted", at=at, **fresh(allow))
    block = draft(cast.chiara, at, says("block", TITLE), "No leads")
    services.enforce_policy(cast.chiara, reason="Wanted", at=at, **fresh(block))
    with pytest.raises(NotAllowed):
        services.retire_policy(cast.chiara, reason="Unwanted", at=at, **fresh(block))
    services.retire_policy(cast.priya, reason="Unwanted", at=at, **fresh(block))


@pytest.mark.parametrize(("wording", "field", "said"), [
    (says(permissions=["feedback.fly"]), "targets", "feedback.fly does not exist"),
    (says(types=["policy"]), "targets", "No policy is about policy.edit, policy.enforce, policy.view"),
    (says(permissions=["policy.enforce"]), "targets", "No policy is about policy.enforce: whoever may mend"),
    (says(roles=[1]), "targets", "Choose what it is about"),
    (says(types=["feedback"], everything=[1]), "targets", "permissions, types, roles"),
    (says("forbid"), "effect", "Choose whether"),
    (says("allow", None), "condition", "Say when it allows, or whom"),
    (says(condition={"all": [OWN, {"attribute": "resource.colour", "operator": "is_set"}]}), "condition",
     "2: No such attribute"),
    (says(condition={"any": [{"not": {"attribute": "subject.title", "operator": "within", "value": [1]}}]}),
     "condition", "1: This comparison does not fit"),
    (says(types=["grant"]), "condition", "no such attribute"),
    (says(types=["person"], condition={"attribute": "resource.sensitivity", "operator": "is_set"}), "condition",
     "no such attribute"),
    (says("block", TITLE, [{"kind": "reason"}]), "obligations", "has no obligations"),
    (says(obligations=[{"kind": "mask", "fields": ["phone"]}]), "obligations", "Choose which fields"),
    (says(obligations=[{"kind": "step_up", "minutes": 0}]), "obligations", "how many minutes"),
    (says(obligations=[{"kind": "watermark"}]), "obligations", "masks fields"),
    (says(obligations=[{"kind": "reason", "unless": {"attribute": "nobody", "operator": "is_set"}}]), "obligations",
     "No such attribute"),
])  # fmt: skip
def test_what_cannot_be_enforced_is_refused_with_its_place(
    cast: Cast, at: datetime, wording: Wording, field: str, said: str
) -> None:
    with pytest.raises(Refused, match=said) as refusal:
        draft(cast.priya, at, wording)
    assert refusal.value.field == field
    assert not Policy.objects.exists()


def test_only_an_allow_names_roles_so_ending_a_grant_never_opens(cast: Cast, at: datetime) -> None:
    with pytest.raises(Refused, match="ending a role never opens"):
        draft(cast.priya, at, says("block", None, types=["feedback"], roles=[cast.analyst.pk]))
    draft(cast.priya, at, says("allow", None, types=["feedback"], roles=[cast.analyst.pk]))


def test_an_attribute_that_a_policy_reads_is_not_put_away(cast: Cast, at: datetime) -> None:
    made = create_attribute(cast.priya, entity="subject", name="badge", label="Badge", type="text", at=at)
    policy = draft(cast.priya, at, says("only", {"attribute": "subject.custom.badge", "operator": "is_set"}))
    services.enforce_policy(cast.priya, reason="Wanted", at=at, **fresh(policy))
    with pytest.raises(InUse, match="Own region"):
        archive_attribute(cast.priya, attribute=made, at=at)
    services.retire_policy(cast.priya, reason="Unwanted", at=at, **fresh(policy))
    archive_attribute(cast.priya, attribute=made, at=at)
