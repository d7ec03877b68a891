"""Use cases on memberships."""

from datetime import datetime

import pytest

from accounts.models import Membership, Person, Team
from accounts.teams import memberships
from audits.models import Event
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused, Stale
from permissions import gate
from permissions.guards import NotAllowed, NotVisible
from tests import world
from tests.cast import Cast


def add(actor: Person, team: Team, person: Person, **more: object) -> Membership:
    return memberships.add_member(actor, team=team, person=person, at=clock.now(), **more)


def end(actor: Person, membership: Membership) -> Membership:
    return memberships.end_membership(actor, membership=membership, reason="Moved on", at=clock.now())


def until(actor: Person, membership: Membership, moment: datetime | None) -> Membership:
    return memberships.change_membership_end(actor, membership=membership, until=moment, at=clock.now())


def sees_reviews(person: Person, cast: Cast, at: datetime) -> bool:
    return gate.may(person, "feedback.view", cast.german_reviews, at=at)


def test_a_new_member_may_at_once_what_the_team_may(cast: Cast) -> None:
    made = add(cast.priya, cast.insights_dach, cast.chiara, reason="Joins the study")
    assert sees_reviews(cast.chiara, cast, clock.now())
    event = Event.objects.get(tag="membership.given")
    assert (event.object_id, event.about_person_id) == (made.pk, cast.chiara.pk)
    assert event.additional_data["team"] == cast.insights_dach.pk


def test_a_membership_may_begin_later_and_end_by_itself(cast: Cast) -> None:
    starts, ends = world.soon(days=2), world.soon(days=4)
    add(cast.priya, cast.insights_dach, cast.chiara, starts_at=starts, until=ends)
    moments = [(clock.now(), False), (starts, True), (ends, False)]
    assert [sees_reviews(cast.chiara, cast, at) for at, _ in moments] == [expected for _, expected in moments]


def test_a_past_start_means_now_and_is_kept_as_stated(cast: Cast) -> None:
    stated = world.soon(days=-3)
    made = add(cast.priya, cast.insights_dach, cast.chiara, starts_at=stated)
    assert made.stated_from == stated
    assert made.starts_at > stated
    assert not sees_reviews(cast.chiara, cast, world.soon(days=-1))


def test_who_cannot_give_what_a_team_holds_cannot_add_members(cast: Cast) -> None:
    nina = world.person("Nina Neu", region=cast.dach)
    with pytest.raises(NotAllowed) as refusal:
        add(cast.jonas, cast.insights_dach, nina)
    assert refusal.value.decision.action == "role.give"
    assert not sees_reviews(nina, cast, clock.now())
    assert Event.objects.filter(tag="access.refused", actor=cast.jonas).exists()


def test_a_lead_adds_people_of_their_reach_to_a_team_that_holds_nothing(cast: Cast) -> None:
    nina = world.person("Nina Neu", region=cast.dach)
    assert add(cast.jonas, cast.care_dach, nina).person == nina
    with pytest.raises(NotVisible):
        add(cast.jonas, cast.care_dach, cast.ali)


def test_nobody_brings_somebody_into_their_own_reach_by_membership(cast: Cast) -> None:
    """Who manages the members of one team, and may suspend within it, does not gain the administrator that way."""
    lead = world.person("Lars Lead", region=cast.dach)
    boss = world.role("Team boss", {"team.manage_members", "person.suspend"})
    world.give(lead, boss, team=cast.care_dach)
    world.give(lead, world.role("Directory", {"person.view"}))
    with pytest.raises(NotAllowed):
        add(lead, cast.care_dach, cast.priya)


def test_somebody_is_in_a_team_once_at_a_time(cast: Cast) -> None:
    with pytest.raises(Refused, match="already, without end"):
        add(cast.priya, cast.insights_dach, cast.maya)
    starts, ends = world.soon(days=5), world.soon(days=9)
    add(cast.priya, cast.care_dach, cast.ali, starts_at=starts, until=ends)
    with pytest.raises(Refused, match="already, until"):
        add(cast.priya, cast.care_dach, cast.ali)
    add(cast.priya, cast.care_dach, cast.ali, until=starts)
    add(cast.priya, cast.care_dach, cast.ali, starts_at=ends)


def test_who_has_left_joins_nothing(cast: Cast) -> None:
    with pytest.raises(Refused, match="has left"):
        add(cast.priya, cast.care_dach, cast.lena)


def test_an_ended_membership_is_kept_with_who_ended_it(cast: Cast) -> None:
    row = cast.maya.memberships.get()
    end(cast.priya, row)
    row.refresh_from_db()
    assert (row.ended_by, row.end_reason) == (cast.priya, "Moved on")
    assert not sees_reviews(cast.maya, cast, clock.now())
    assert sees_reviews(cast.maya, cast, world.soon(days=-1))


def test_ending_twice_is_told_to_the_second(cast: Cast) -> None:
    row = cast.maya.memberships.get()
    end(cast.priya, row)
    with pytest.raises(Stale, match="ended already"):
        end(cast.rosa, row)
    assert Event.objects.filter(tag="membership.ended").count() == 1


def test_what_has_not_begun_never_begins_and_can_be_planned_anew(cast: Cast) -> None:
    starts = world.soon(days=2)
    row = end(cast.priya, add(cast.priya, cast.care_dach, cast.ali, starts_at=starts))
    assert row.until == row.starts_at == starts
    with pytest.raises(Stale):
        end(cast.priya, row)
    add(cast.priya, cast.care_dach, cast.ali, starts_at=world.soon(days=1))


def test_an_earlier_end_takes_away_and_needs_no_giving(cast: Cast) -> None:
    ends = world.soon(days=1)
    until(cast.jonas, cast.maya.memberships.get(), ends)
    assert not sees_reviews(cast.maya, cast, ends)


def test_a_later_end_gives_and_needs_the_right_to(cast: Cast) -> None:
    row = until(cast.priya, cast.maya.memberships.get(), world.soon(days=1))
    for later in (world.soon(days=30), None):
        with pytest.raises(NotAllowed):
            until(cast.jonas, row, later)
    assert until(cast.priya, row, None).until is None


def test_an_end_is_never_in_the_past(cast: Cast) -> None:
    with pytest.raises(Refused) as refusal:
        until(cast.priya, cast.maya.memberships.get(), world.soon(days=-1))
    assert refusal.value.field == "until"


def test_a_later_end_does_not_run_into_the_next_membership(cast: Cast) -> None:
    first = add(cast.priya, cast.care_dach, cast.ali, until=world.soon(days=5))
    add(cast.priya, cast.care_dach, cast.ali, starts_at=world.soon(days=7))
    with pytest.raises(Refused):
        until(cast.priya, first, None)


def test_a_member_becomes_lead_without_a_gap(cast: Cast) -> None:
    row = cast.maya.memberships.get()
    at = clock.now()
    follows = memberships.change_part(cast.rosa, membership=row, part="lead", at=at)
    row.refresh_from_db()
    assert (row.until, follows.starts_at, follows.until, follows.part) == (at, at, None, "lead")
    assert sees_reviews(cast.maya, cast, at)


def test_the_last_administrator_stays_in_the_team_that_makes_them_one(cast: Cast) -> None:
    office = world.team("Access office")
    world.give(office, cast.administrator)
    row = world.join(cast.chiara, office)
    cast.priya.principal.role_grants.all().delete()
    for attempt in (lambda: end(cast.chiara, row), lambda: until(cast.chiara, row, world.soon(days=3))):
        with pytest.raises(Refused, match="nobody who can administer"):
            attempt()
