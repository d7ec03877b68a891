"""Tokens that run out, integrations that nobody answers for or uses: told in time, and shown where one looks."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.integrations import attention, expiry, listing, selectors
from accounts.models import Integration, IntegrationToken, Person, PersonState
from cxaccess.jobs.models import Job, Notice
from cxaccess.jobs.notices import message
from cxaccess.lib import clock
from tests import world
from tests.cast import Cast
from tests.integrations import integration, token
from tests.sessions import signed_in

pytestmark = pytest.mark.realdb
YEAR = timedelta(days=180)


@pytest.fixture
def job(db: None) -> Job:
    """The lease that the handler renews."""
    return Job.objects.create(kind="integration.warnings", slot="test", run_at=clock.now())


def owned(owner: Person | None, name: str = "Ticket gateway") -> Integration:
    made = integration(name)
    Integration.objects.filter(pk=made.pk).update(owner=owner)
    made.refresh_from_db()
    return made


def runs_out(of: Integration, *, days: float, whole: timedelta = YEAR, **more: Any) -> IntegrationToken:
    """Give it a token that runs out in so many days and was made for `whole`."""
    token(of)
    row = of.tokens.order_by("-pk")[0]
    ends = clock.now() + timedelta(days=days)
    IntegrationToken.objects.filter(pk=row.pk).update(expires_at=ends, created_at=ends - whole, **more)
    row.refresh_from_db()
    return row


def told() -> list[str]:
    return [notice.person.name for notice in Notice.objects.filter(kind="token_ending").order_by("pk")]


def test_the_owner_is_told_14_and_3_days_before_once_each(cast: Cast, job: Job) -> None:
    row = runs_out(owned(cast.jonas), days=20)
    ends = row.expires_at
    for days, count in ((14.5, 0), (13.9, 1), (13, 1), (3.1, 1), (2.9, 2), (1, 2), (-1, 2)):
        for _ in range(2):
            expiry.warn_owners(job, ends - timedelta(days=days))
        assert len(told()) == count, days
    assert set(told()) == {"Jonas Weber"}
    mail = message(Notice.objects.filter(kind="token_ending")[0])
    assert mail.subject.startswith("A token of Ticket gateway runs out on ")
    assert row.prefix in mail.body
    assert f"/integrations/{row.integration_id}/" in mail.body


def test_after_days_without_a_worker_only_the_nearer_warning_is_given(cast: Cast, job: Job) -> None:
    runs_out(owned(cast.jonas), days=2)
    expiry.warn_owners(job, clock.now())
    assert told() == ["Jonas Weber"]


def test_a_token_made_for_a_few_days_is_warned_of_only_as_its_life_allows(cast: Cast, job: Job) -> None:
    runs_out(owned(cast.jonas), days=2, whole=timedelta(days=2))
    expiry.warn_owners(job, clock.now())
    assert told() == []
    runs_out(owned(cast.jonas, "Another"), days=2, whole=timedelta(days=10))
    expiry.warn_owners(job, clock.now())
    assert told() == ["Jonas Weber"]


def test_what_was_rotated_revoked_or_retired_is_no_news(cast: Cast, job: Job) -> None:
    made = owned(cast.jonas)
    old = runs_out(made, days=1)
    runs_out(made, days=100, replaces=old)
    runs_out(made, days=2, revoked_at=clock.now())
    gone = owned(cast.jonas, "Old chat")
    runs_out(gone, days=2)
    Integration.objects.filter(pk=gone.pk).update(retired_at=clock.now())
    expiry.warn_owners(job, clock.now())
    assert told() == []


@pytest.mark.parametrize("how", ["nobody", "left", "unclaimed"])
def test_where_nobody_answers_those_who_make_tokens_are_told(cast: Cast, job: Job, how: str) -> None:
    made = owned(None if how == "nobody" else cast.jonas)
    if how == "left":
        Person.objects.filter(pk=cast.jonas.pk).update(state=PersonState.LEFT)
    if how == "unclaimed":
        Person.objects.filter(pk=cast.jonas.pk).update(claimed_at=None)
    runs_out(made, days=2)
    expiry.warn_owners(job, clock.now())
    assert "Priya Raman" in told()
    assert not {"Jonas Weber", "Otto Lang", "Maya Okafor"} & set(told())


def test_the_list_narrows_to_what_needs_a_look(cast: Cast) -> None:
    fine, ending, orphan, idle = (owned(cast.priya, name) for name in ("Fine", "Ending", "Orphan", "Idle"))
    Integration.objects.filter(pk=orphan.pk).update(owner=None)
    now = clock.now()
    for made in (fine, orphan):
        runs_out(made, days=100, last_used_at=now)
    runs_out(ending, days=5, last_used_at=now - timedelta(days=89))
    runs_out(idle, days=100, last_used_at=now - timedelta(days=91))
    client = signed_in(cast.priya)

    def shown(query: str) -> set[str]:
        return {row.integration.name for row, _soon in client.get(f"/integrations/?{query}").context["rows"]}

    assert shown("") == {"Fine", "Ending", "Orphan", "Idle"}
    assert shown("view=ending") == {"Ending"}
    assert shown("view=no-owner") == {"Orphan"}
    assert shown("view=unused") == {"Idle"}
    assert shown("view=no-token") == set()
    assert shown("owner=me") == {"Fine", "Ending", "Idle"}
    assert shown("view=ending&owner=me") == {"Ending"}


def test_a_new_integration_is_not_called_unused(cast: Cast) -> None:
    made = owned(cast.priya)
    Integration.objects.filter(pk=made.pk).update(created_at=clock.now() - timedelta(days=89))
    assert not Integration.objects.filter(attention.unused(clock.now())).exists()
    Integration.objects.filter(pk=made.pk).update(created_at=clock.now() - timedelta(days=90))
    assert Integration.objects.filter(attention.unused(clock.now())).exists()


def test_list_and_page_agree_on_which_tokens_run_out(cast: Cast) -> None:
    made, at = owned(cast.priya), clock.now()
    old = runs_out(made, days=3)
    runs_out(made, days=100, replaces=old)
    near = runs_out(made, days=13.9)
    runs_out(made, days=14.1)
    runs_out(made, days=5, revoked_at=at)
    assert set(attention.running_out(at)) == {near}
    assert attention.ending(list(made.tokens.all()), at) == [near]


def test_the_last_use_stays_when_the_token_has_closed(cast: Cast) -> None:
    made, at = owned(cast.priya), clock.now()
    runs_out(made, days=-1, last_used_at=at - timedelta(days=2))
    (row,) = selectors.described([made], at=at)
    assert row.last_used_at == at - timedelta(days=2)


def texts(client: Any, path: str) -> str:
    return str(client.get(path).content.decode())


def test_the_page_says_what_needs_a_look_and_where_to_go(cast: Cast) -> None:
    made = owned(None)
    row = runs_out(made, days=5)
    seen = texts(signed_in(cast.priya), f"/integrations/{made.pk}/")
    assert "runs out soon." in seen
    assert f'href="/integrations/tokens/{row.pk}/rotate/"' in seen
    assert "Nobody answers for it." in seen
    assert "It asked nothing for 90 days." in seen
    reads = texts(signed_in(cast.otto), f"/integrations/{made.pk}/")
    assert "runs out soon." in reads
    assert "/rotate/" not in reads
    Integration.objects.filter(pk=made.pk).update(retired_at=clock.now())
    assert "Nobody answers for it." not in texts(signed_in(cast.priya), f"/integrations/{made.pk}/")


def test_a_rotation_that_the_system_did_not_notice_is_told(cast: Cast) -> None:
    made, at = owned(cast.priya), clock.now()
    old = runs_out(made, days=2, last_used_at=at)
    new = runs_out(made, days=90, replaces=old)
    page = f"/integrations/{made.pk}/"
    assert "The system still reads" in texts(signed_in(cast.priya), page)
    IntegrationToken.objects.filter(pk=new.pk).update(last_used_at=at)
    assert "The system still reads" not in texts(signed_in(cast.priya), page)


def test_closed_tokens_are_apart_and_few(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from accounts.integrations import pages

    monkeypatch.setattr(pages, "CLOSED", 2)
    made = owned(cast.priya)
    runs_out(made, days=90)
    for _ in range(3):
        runs_out(made, days=-1)
    context = signed_in(cast.priya).get(f"/integrations/{made.pk}/").context
    assert (len(context["tokens"].open), len(context["tokens"].closed), context["tokens"].more) == (1, 2, 1)


def test_owners_and_administrators_find_it_on_their_overview(cast: Cast) -> None:
    world.give(cast.jonas, world.role("Sees integrations", {"integration.view"}))
    runs_out(owned(cast.jonas), days=5)
    runs_out(owned(None, "Orphan"), days=200, last_used_at=clock.now())
    seen = texts(signed_in(cast.jonas), "/")
    assert "1 integration of yours has a token that runs out within 14 days" in seen
    assert 'href="/integrations/?view=ending&amp;owner=me"' in seen
    desk = texts(signed_in(cast.priya), "/overview/figures/")
    assert "1 integration has a token that runs out within 14 days" in desk
    assert "1 integration has no owner" in desk
    assert "1 integration asked nothing for 90 days" in desk
    assert "integration of yours" not in texts(signed_in(cast.maya), "/")


def test_states_of_tokens_are_told_in_words(cast: Cast) -> None:
    made, at = owned(cast.priya), clock.now()
    for days, more, said in ((90, {}, "Open"), (5, {}, "Runs out soon"), (-1, {}, "Run out")):
        assert listing.state_of(runs_out(made, days=days, **more), at)[0] == said
    assert listing.state_of(runs_out(made, days=90, revoked_at=at), at)[0] == "Revoked"
