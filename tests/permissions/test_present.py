"""What is done is done now: a request that took minutes to arrive is not decided as of when it began."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse

from accounts.models import Membership
from accounts.teams.memberships import add_member, end_membership
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess import middleware
from cxaccess.jobs.imports import Run
from cxaccess.lib import clock
from permissions.grants import scopes
from permissions.grants.services import give_role
from permissions.guards import NotAllowed, use_case
from permissions.imports.services import applying, batches
from permissions.models import RoleGrant
from tests import world
from tests.cast import Cast
from tests.importing import checked
from tests.sessions import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
LONG = timedelta(minutes=5)


def ended_lately(cast: Cast) -> None:
    """Let Rosa have lost all authority a moment ago."""
    RoleGrant.objects.filter(principal=cast.rosa.principal).update(until=clock.now() - timedelta(minutes=2))
    world.give(cast.rosa, cast.people_reader, region=cast.emea)


def gift(cast: Cast, **stated: object) -> RoleGrant:
    where = scopes.intern({"region": cast.dach.pk})
    given = {"starts_at": None, "until": None, "reason": "Needed", "scope": where, "role": cast.agent}
    return give_role(cast.rosa, principal=cast.chiara.principal, **(given | stated))


def test_nobody_gives_by_what_they_might_have_given_when_they_began(cast: Cast) -> None:
    at = clock.now() - LONG
    ended_lately(cast)
    with pytest.raises(NotAllowed) as refused:
        gift(cast, at=at)
    assert refused.value.decision.at > at + LONG - timedelta(seconds=30)


def test_whoever_may_now_does_it_now_and_nothing_begins_or_ends_in_the_past(cast: Cast) -> None:
    before, at = clock.now(), clock.now() - LONG
    grant = gift(cast, at=at)
    assert (grant.starts_at >= before, grant.given_at >= before) == (True, True)
    assert Event.objects.get(tag=Tag.GRANT_GIVEN).timestamp >= before
    row = cast.maya.memberships.get()
    assert end_membership(cast.priya, membership=row, at=at).until >= before


def test_the_same_holds_within_another_use_case(cast: Cast) -> None:
    """A long job calls one use case after another with the moment at which it began."""

    @use_case
    def job(actor: object, *, at: object) -> None:
        gift(cast, at=clock.now() - LONG)

    ended_lately(cast)
    with pytest.raises(NotAllowed):
        job(cast.rosa, at=clock.now())


def test_a_moment_that_counts_as_now_stays_as_it_was(cast: Cast) -> None:
    at = clock.now() - timedelta(seconds=20)
    assert gift(cast, at=at).given_at == at


def test_a_request_that_took_minutes_to_arrive_is_decided_when_it_is_carried_out(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, add = signed_in(cast.rosa), reverse("teams:add", args=[cast.care_dach.pk])
    ended_lately(cast)
    began = clock.now() - LONG
    monkeypatch.setattr(middleware, "clock", SimpleNamespace(now=lambda: began))
    answer = client.post(add, {"person": cast.ali.pk, "part": "member"})
    assert answer.status_code in (403, 422), answer.status_code
    assert not Membership.objects.filter(person=cast.ali).exists()


def test_an_import_that_began_long_ago_is_applied_as_of_now(cast: Cast) -> None:
    """Its rows are looked at for minutes before they are written; what they give begins when it is written."""
    before = clock.now()
    batch = checked(cast.priya, "teams", f"team,person,part\nNight shift,{cast.ali.email},lead\nDay shift,,\n")
    batches.begin_apply(cast.priya, batch=batch, leave_out=False, at=clock.now())
    batch.refresh_from_db()
    assert applying.apply(Run(batch, "test"), at=before - LONG, tick=clock.now)
    assert Event.objects.get(tag=Tag.IMPORT_APPLIED).timestamp >= before
    assert cast.ali.memberships.get().starts_at >= before


def test_a_member_is_added_by_who_may_now(cast: Cast) -> None:
    """Whoever came to the authority since counts as well: it is the present that is asked."""
    world.give(cast.chiara, cast.regional_admin, region=cast.emea, starts=clock.now() - timedelta(minutes=2))
    at = clock.now() - LONG
    assert add_member(cast.chiara, team=cast.care_dach, person=cast.ali, at=at).person == cast.ali
