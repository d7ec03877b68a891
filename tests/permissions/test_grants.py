"""Giving, changing the end, ending."""

from datetime import timedelta

import pytest

from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions import gate
from permissions.grants import scopes
from permissions.grants.services import change_end, end_grant, give_role
from permissions.guards import NotAllowed, NotVisible
from permissions.models import RoleGrant, Scope, ScopeTerm
from permissions.roles.services import retire_role
from tests import world
from tests.cast import Cast

WHY = "Covers for Ali in December"


def give(cast: Cast, to, role, *, by=None, starts=None, until=None, reason: str = WHY, **terms: object) -> RoleGrant:
    return give_role(
        by or cast.priya,
        principal=to.principal,
        role=role,
        scope=scopes.intern({dimension: place.pk for dimension, place in terms.items()}),
        starts_at=starts,
        until=until,
        reason=reason,
        at=clock.now(),
    )


def test_a_given_role_works_at_once_within_its_scope_until_its_end(cast: Cast) -> None:
    end = world.soon(days=7)
    grant = give(cast, cast.chiara, cast.feedback_reader, until=end, region=cast.emea)
    assert gate.may(cast.chiara, "feedback.view", cast.mena_reviews, at=clock.now())
    assert not gate.may(cast.chiara, "feedback.view", cast.mena_reviews, at=end)
    event = Event.objects.get(tag=Tag.GRANT_GIVEN)
    assert (event.object_id, event.about_person_id, event.actor) == (grant.pk, cast.chiara.pk, cast.priya)


def test_a_team_passes_on_what_it_is_given(cast: Cast) -> None:
    give(cast, cast.insights_dach, cast.agent, region=cast.dach)
    queue = world.resource("Returns Germany", "ticket", region=cast.germany)
    assert gate.may(cast.maya, "ticket.reply", queue, at=clock.now())


def test_the_same_scope_is_one_row_with_its_terms(cast: Cast) -> None:
    one = scopes.intern({"region": cast.dach.pk, "department": cast.care.pk})
    other = scopes.intern({"department": cast.care.pk, "region": cast.dach.pk})
    assert one == other
    assert ScopeTerm.objects.filter(scope=one).count() == 2
    assert scopes.label(one) == "DACH and Customer Care"
    assert scopes.label(scopes.intern({})) == "Everywhere"


def test_scopes_of_unknown_or_archived_places_are_refused(cast: Cast) -> None:
    before = Scope.objects.count()
    for terms in ({"planet": 1}, {"region": cast.care.pk}, {"region": 10**9}, {"team": 10**9}):
        with pytest.raises(Refused):
            scopes.intern(terms)
    cast.mena.archived_at = clock.now()
    cast.mena.save()
    with pytest.raises(Refused):
        scopes.intern({"region": cast.mena.pk})
    assert Scope.objects.count() == before


def test_nobody_gives_outside_the_scope_they_may_give_in(cast: Cast) -> None:
    give(cast, cast.maya, cast.feedback_reader, by=cast.rosa, region=cast.dach)
    with pytest.raises(NotAllowed):
        give(cast, cast.maya, cast.feedback_reader, by=cast.rosa)
    with pytest.raises(NotAllowed):
        give(cast, cast.maya, cast.feedback_reader, by=cast.rosa, region=cast.world_)


def test_a_giver_who_may_not_pass_on_giving_cannot_make_givers(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        give(cast, cast.maya, cast.regional_admin, by=cast.rosa, region=cast.dach)
    give(cast, cast.maya, cast.regional_admin, region=cast.dach)


def test_somebody_without_rights_does_not_learn_what_there_is(cast: Cast) -> None:
    with pytest.raises(NotVisible):
        give(cast, cast.maya, cast.feedback_reader, by=cast.chiara)


def test_a_refused_gift_is_in_the_trail_and_nothing_else_is(cast: Cast) -> None:
    grants = RoleGrant.objects.count()
    with pytest.raises(NotAllowed):
        give(cast, cast.maya, cast.feedback_reader, by=cast.rosa)
    assert RoleGrant.objects.count() == grants
    assert Event.objects.get().tag == Tag.ACCESS_REFUSED


def test_a_start_in_the_past_means_now_and_is_kept_as_stated(cast: Cast) -> None:
    stated = world.soon(days=-3)
    grant = give(cast, cast.chiara, cast.agent, starts=stated)
    assert grant.starts_at == grant.given_at
    assert grant.stated_from == stated


@pytest.mark.parametrize(("starts", "until"), [(None, -1), (5, 4), (5, 5)])
def test_windows_that_end_before_they_begin_are_refused(cast: Cast, starts: int | None, until: int) -> None:
    first = world.soon(days=starts) if starts else None
    with pytest.raises(Refused) as refused:
        give(
            cast,
            cast.chiara,
            cast.agent,
            starts=first,
            until=(first or clock.now()) + timedelta(days=until - (starts or 0)),
        )
    assert refused.value.field == "until"


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_reason_is_needed_that_says_something(cast: Cast, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        give(cast, cast.chiara, cast.agent, reason=reason)
    assert refused.value.field == "reason"


def test_who_left_is_given_nothing(cast: Cast) -> None:
    with pytest.raises(Refused, match="has left"):
        give(cast, cast.lena, cast.agent)


def test_who_starts_soon_is_given_a_role_ahead(cast: Cast) -> None:
    grant = give(cast, cast.nils, cast.agent, starts=world.soon(days=4))
    assert grant.pk


def test_a_retired_role_is_given_to_nobody(cast: Cast) -> None:
    old = world.role("Old", {"report.view"})
    retire_role(cast.priya, role=old, reason="Not used any more", at=clock.now())
    with pytest.raises(Refused, match="retired"):
        give(cast, cast.chiara, old)


def test_the_same_grant_twice_is_refused_and_the_first_is_named(cast: Cast) -> None:
    first = give(cast, cast.chiara, cast.agent, until=world.soon(days=10))
    with pytest.raises(Refused) as refused:
        give(cast, cast.chiara, cast.agent, starts=world.soon(days=5))
    assert refused.value.facts["grant"] == first.pk
    give(cast, cast.chiara, cast.agent, starts=world.soon(days=11))
    give(cast, cast.chiara, cast.agent, region=cast.emea)


def test_ending_takes_effect_at_once_and_says_who_and_why(cast: Cast) -> None:
    grant = RoleGrant.objects.get(role=cast.agent)
    ended = end_grant(cast.rosa, grant=grant, reason="Moves to another team", at=clock.now())
    assert (ended.ended_by, ended.end_reason) == (cast.rosa, "Moves to another team")
    queue = world.resource("Returns MENA", "ticket", region=cast.mena)
    assert not gate.may(cast.ali, "ticket.reply", queue, at=clock.now())
    assert Event.objects.get(tag=Tag.GRANT_ENDED).about_person_id == cast.ali.pk


def test_a_grant_is_ended_once(cast: Cast) -> None:
    grant = RoleGrant.objects.get(role=cast.agent)
    end_grant(cast.rosa, grant=grant, reason="Moves to another team", at=clock.now())
    with pytest.raises(Refused, match="Rosa Lind has already ended"):
        end_grant(cast.priya, grant=grant, reason="Moves to another team", at=clock.now())
    assert Event.objects.filter(tag=Tag.GRANT_ENDED).count() == 1


def test_a_grant_that_ran_out_is_not_ended_again(cast: Cast) -> None:
    grant = world.give(cast.chiara, cast.agent, until=world.soon(days=-1))
    with pytest.raises(Refused, match="already run out"):
        end_grant(cast.priya, grant=grant, reason="Moves to another team", at=clock.now())


def test_a_grant_ended_before_it_begins_never_begins_and_may_be_given_anew(cast: Cast) -> None:
    start = world.soon(days=4)
    grant = give(cast, cast.chiara, cast.agent, starts=start)
    ended = end_grant(cast.priya, grant=grant, reason="Plans changed", at=clock.now())
    assert ended.until == ended.starts_at == start
    with pytest.raises(Refused, match="already ended"):
        end_grant(cast.priya, grant=grant, reason="Plans changed", at=clock.now())
    give(cast, cast.chiara, cast.agent)


def test_only_who_may_end_grants_there_ends_one(cast: Cast) -> None:
    mine = world.give(cast.otto, cast.agent)
    with pytest.raises(NotVisible):
        end_grant(cast.rosa, grant=mine, reason="Clearing up", at=clock.now())
    with pytest.raises(NotAllowed):
        end_grant(cast.jonas, grant=RoleGrant.objects.get(role=cast.analyst), reason="Clearing up", at=clock.now())


def test_an_end_is_brought_forward_by_who_may_end_and_put_back_only_by_who_may_give(cast: Cast) -> None:
    ender = world.role("Ender", {"grant.end"})
    world.give(cast.chiara, ender)
    grant = world.give(cast.ali, cast.feedback_reader, until=world.soon(days=20))
    change_end(cast.chiara, grant=grant, until=world.soon(days=10), reason="Sooner will do", at=clock.now())
    for until in (world.soon(days=30), None):
        with pytest.raises(NotAllowed):
            change_end(cast.chiara, grant=grant, until=until, reason="Needs it longer", at=clock.now())
    changed = change_end(cast.priya, grant=grant, until=world.soon(days=30), reason="Needs it longer", at=clock.now())
    assert changed.until > world.soon(days=29)
    assert Event.objects.filter(tag=Tag.GRANT_CHANGED).count() == 2


def test_an_end_in_the_past_or_where_it_already_is_is_refused(cast: Cast) -> None:
    end = world.soon(days=20)
    grant = world.give(cast.ali, cast.feedback_reader, until=end)
    for until in (world.soon(days=-1), end):
        with pytest.raises(Refused):
            change_end(cast.priya, grant=grant, until=until, reason="Needs it longer", at=clock.now())


def test_the_last_lasting_administrator_stays(cast: Cast) -> None:
    grant = RoleGrant.objects.get(role=cast.administrator, principal=cast.priya.principal)
    with pytest.raises(Refused, match="leave nobody"):
        end_grant(cast.priya, grant=grant, reason="I am leaving", at=clock.now())
    with pytest.raises(Refused, match="leave nobody"):
        change_end(cast.priya, grant=grant, until=world.soon(days=90), reason="I am leaving", at=clock.now())
    grant.refresh_from_db()
    assert grant.until is None
    give(cast, cast.otto, cast.administrator)
    end_grant(cast.priya, grant=grant, reason="I am leaving", at=clock.now())
