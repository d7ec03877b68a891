"""Who gains and who loses by a policy, before it is enforced: on its own page and where it is enforced or retired."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from cxaccess.jobs import runner
from cxaccess.jobs.models import Job
from cxaccess.lib import clock
from permissions.models import PolicyPreview, PolicyVersion
from permissions.policies import consequences
from tests import world
from tests.cast import Cast
from tests.policies import enact
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db
OWN = {"attribute": "resource.region", "operator": "within", "other": "subject.region"}
MANAGED = {"attribute": "context.managed_device", "operator": "equals", "value": True}


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


@pytest.fixture
def closing(cast: Cast) -> PolicyVersion:
    """A draft by which Maya and Jonas lose the feedback of Germany."""
    return enact("block", permissions=["feedback.view"], condition=None, stage=None)


def text_of(client: Client, name: str, version: PolicyVersion, **query: str) -> str:
    answer = client.get(reverse(f"policies:{name}", args=[version.policy_id]), query)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def test_it_names_who_loses_and_on_how_much(cast: Cast, priya: Client, closing: PolicyVersion) -> None:
    for name in ("effect", "enforce"):
        text = text_of(priya, name, closing)
        assert "2 people lose something" in text
        for word in ("Maya Okafor", "Jonas Weber", "feedback.export", "on the one they have"):
            assert word in text


def test_of_a_draft_there_is_nothing_to_end(priya: Client, closing: PolicyVersion) -> None:
    text = text_of(priya, "effect", closing, of="retire")
    assert "Once version 1 is enforced:" in text
    assert "2 people lose something" in text


def test_whom_one_may_not_see_is_counted(cast: Cast, closing: PolicyVersion) -> None:
    world.give(cast.chiara, world.role("Policy writer", {"policy.edit"}))
    world.give(cast.chiara, cast.people_reader, region=cast.germany)
    text = text_of(signed_in(cast.chiara), "effect", closing)
    assert "2 people lose something" in text
    assert "Maya Okafor" not in text, "what somebody may do is told to who may check it"
    world.give(cast.chiara, world.role("Checker", {"access.check"}), region=cast.germany)
    text = text_of(signed_in(cast.chiara), "effect", closing)
    assert "Maya Okafor" in text
    assert "Jonas Weber" not in text
    assert "1 more whom you may not see" in text


def test_nobody_concerned_is_said(cast: Cast, priya: Client) -> None:
    version = enact("only", types=["feedback"], condition=OWN, stage=None)
    assert "Nobody gains or loses anything" in text_of(priya, "effect", version)


def test_the_best_moment_is_assumed_until_another_one_is_chosen(cast: Cast, priya: Client) -> None:
    version = enact("only", types=["feedback"], condition=MANAGED, stage=None)
    assert "Nobody gains or loses anything" in text_of(priya, "effect", version)
    assert "2 people lose something" in text_of(priya, "effect", version, assume="1", managed_device="no")
    assert "2 people lose something" in text_of(priya, "enforce", version, assume="1", managed_device="")
    assert "2 people lose something" in text_of(priya, "effect", version, assume="1", managed_device="rubbish")


def test_office_hours_are_asked_about_at_any_hour(cast: Cast, priya: Client) -> None:
    hours = {"from": "08:00", "until": "18:00", "zone": "UTC"}
    condition = {"attribute": "context.at", "operator": "hours", "value": hours}
    version = enact("only", types=["feedback"], condition=condition, stage=None)
    day = f"{clock.now():%Y-%m-%d}"
    assert "Nobody gains" in text_of(priya, "effect", version, assume="1", at=f"{day}T12:00")
    assert "2 people lose something" in text_of(priya, "effect", version, assume="1", at=f"{day}T22:00")


def test_retiring_tells_who_gains(cast: Cast, priya: Client) -> None:
    version = enact("block", permissions=["feedback.view"], condition=None)
    text = text_of(priya, "retire", version)
    assert "2 people gain something" in text
    assert "on one</span>" in text
    assert text_of(priya, "effect", version, of="retire").count("Maya Okafor") == 1
    draft = enact("block", permissions=["feedback.view"], condition=None, stage=None)
    assert "gain something" not in text_of(priya, "retire", draft)


def test_gains_and_losses_are_two_tabs(cast: Cast, priya: Client) -> None:
    title = {"attribute": "subject.title", "operator": "equals", "value": "CX researcher"}
    old = enact("allow", permissions=["feedback.view"], condition=title)
    agent = title | {"value": "Support agent"}
    new = PolicyVersion.objects.create(
        policy=old.policy, number=2, effect="allow", targets=old.targets, condition=agent, at=old.at
    )
    old.policy.current = new
    old.policy.save()
    text = text_of(priya, "effect", old)
    assert "1 person loses something, 1 person gains something" in text
    assert "Chiara Bellini" in text
    assert "Ali Haddad" in text_of(priya, "effect", old, side="gain")


def test_very_many_people_are_worked_out_by_a_job_with_the_same_page(
    cast: Cast, priya: Client, closing: PolicyVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = text_of(priya, "effect", closing)
    monkeypatch.setattr(consequences, "AT_ONCE", 1)
    text = text_of(priya, "effect", closing)
    assert "This concerns very many people" in text
    assert "Maya Okafor" not in text
    url = reverse("policies:work-out", args=[closing.policy_id])
    assert priya.post(url).status_code == 302
    assert "Being worked out" in text_of(priya, "effect", closing)
    Job.objects.exclude(kind="policy.preview").delete()
    assert runner.run_one(clock.now())
    preview = PolicyPreview.objects.get()
    assert (preview.done, preview.total) == (2, 2)
    text = text_of(priya, "effect", closing)
    for found in (expected, text):
        assert "2 people lose something" in found
        assert re.findall(r"on the one they have|[A-Z]\w+ (?:Okafor|Weber)|feedback\.\w+", found)
    rows = re.compile(r"<tbody>.*</tbody>")
    assert rows.findall(text) == rows.findall(expected)
    assert runner.claim(clock.now()) is None


def test_a_job_that_runs_twice_tells_everybody_once(
    cast: Cast, priya: Client, closing: PolicyVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    from permissions.policies import previews

    monkeypatch.setattr(consequences, "AT_ONCE", 1)
    priya.post(reverse("policies:work-out", args=[closing.policy_id]))
    job, preview = Job.objects.get(kind="policy.preview"), PolicyPreview.objects.get()
    for _round in range(2):
        Job.objects.filter(pk=job.pk).update(attempts=1)
        job.refresh_from_db()
        PolicyPreview.objects.update(over_at=None)
        previews.work(job, clock.now())
    assert preview.shifts.count() == 4


def test_what_was_worked_out_long_ago_is_dropped(cast: Cast, priya: Client, closing: PolicyVersion) -> None:
    url = reverse("policies:work-out", args=[closing.policy_id])
    priya.post(url)
    PolicyPreview.objects.update(asked_at=clock.now() - 2 * (clock.now() - world.soon(days=-1)))
    priya.post(url)
    assert PolicyPreview.objects.count() == 1


def test_what_was_worked_out_before_a_policy_changed_is_not_shown(
    cast: Cast, priya: Client, closing: PolicyVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else somebody could have it worked out while it does nothing, and have it enforced by that."""
    monkeypatch.setattr(consequences, "AT_ONCE", 1)
    url = reverse("policies:work-out", args=[closing.policy_id])
    for _twice in range(2):
        priya.post(url)
    assert PolicyPreview.objects.count() == 1, "what is being worked out is not begun again"
    PolicyPreview.objects.update(over_at=clock.now())
    assert "This concerns very many people" not in text_of(priya, "effect", closing)
    enact("block", types=["report"], condition=None)
    assert "This concerns very many people" in text_of(priya, "effect", closing)


def test_where_many_lose_the_number_is_typed(
    cast: Cast, priya: Client, closing: PolicyVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("permissions.policies.effect.CONFIRM_ABOVE", 1)
    assert "Type <b>2</b> to confirm" in text_of(priya, "enforce", closing)
    url = reverse("policies:enforce", args=[closing.policy_id])
    given = {"row_version": closing.policy.row_version, "reason": "The board decided"}
    for typed in ("", "3"):
        assert priya.post(url, given | {"typed": typed}).status_code == 422
    assert not closing.policy.states.exists()
    assert priya.post(url, given | {"typed": "2"}).status_code == 302


def test_what_nobody_has_worked_out_takes_the_policys_name(
    cast: Cast, priya: Client, closing: PolicyVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consequences, "AT_ONCE", 1)
    url = reverse("policies:enforce", args=[closing.policy_id])
    given = {"row_version": closing.policy.row_version, "reason": "There is a leak"}
    assert priya.post(url, given).status_code == 422
    assert priya.post(url, given | {"typed": closing.policy.name}).status_code == 302
