"""Groups by rule: who they take in, when, by whose authority; and that time alone never leaves anybody in."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from accounts.groups import jobs, recompute, rules, services
from accounts.models import Group, Membership, NodeKind, Person, PersonDimension
from accounts.people.services import create_person, edit_person, reactivate, suspend
from accounts.structure.services import move_node
from accounts.teams.memberships import add_member, end_membership
from audits.models import Event
from cxaccess.jobs.models import Job, Watermark
from cxaccess.lib import clock
from cxaccess.lib.errors import InUse, Refused, Stale
from permissions import gate
from permissions.guards import NotAllowed
from tests import world
from tests.cast import Cast

pytestmark = pytest.mark.realdb


def within(cast_place: Any, key: str = "subject.region") -> dict[str, Any]:
    return {"attribute": key, "operator": "within", "value": [cast_place.pk]}


def titled(*titles: str) -> dict[str, Any]:
    return {"attribute": "subject.title", "operator": "one_of", "value": list(titles)}


def make(actor: Person, raw: Any, name: str = "Analysts of EMEA", **more: Any) -> Group:
    return services.create_group(actor, name=name, rule=rules.parsed(raw), at=clock.now(), **more)


def members(group: Group, at: datetime | None = None) -> set[str]:
    rows = Membership.objects.in_force(at or clock.now()).filter(principal=group.principal)
    return set(rows.values_list("person__name", flat=True))


def edit(actor: Person, person: Person, **changes: Any) -> Person:
    person.refresh_from_db()
    return edit_person(actor, person=person, row_version=person.row_version, changes=changes, at=clock.now())


@pytest.fixture
def analysts(cast: Cast) -> Group:
    """Everybody in EMEA with an analyst's title; the group reads German feedback."""
    group = make(cast.priya, {"all": [within(cast.emea), titled("Senior CX analyst", "CX analyst")]})
    world.give(group, cast.feedback_reader, region=cast.dach)
    return group


def test_a_new_group_has_at_once_whom_its_rule_takes_in(cast: Cast, analysts: Group) -> None:
    assert members(analysts) == {"Maya Okafor"}
    row = Membership.objects.get(principal=analysts.principal)
    assert (row.source, row.source_ref, row.part) == ("rule", str(analysts.pk), "member")
    event = Event.objects.get(tag="membership.given", object_id=row.pk)
    assert (event.system, event.about_person_id) == ("group-rule", cast.maya.pk)
    assert event.additional_data["group"] == analysts.pk


def test_whoever_has_left_is_taken_in_by_no_rule(cast: Cast) -> None:
    group = make(cast.priya, within(cast.world_), "Everybody")
    assert "Lena Horn" not in members(group)
    assert {"Sofia Lindqvist", "Nils Berg", "Ivy Park"} <= members(group)


def test_an_edit_takes_effect_in_the_same_second(cast: Cast, analysts: Group) -> None:
    assert not gate.may(cast.ali, "feedback.view", cast.german_reviews, at=clock.now())
    edit(cast.priya, cast.ali, title="CX analyst")
    assert members(analysts) == {"Maya Okafor", "Ali Haddad"}
    assert gate.may(cast.ali, "feedback.view", cast.german_reviews, at=clock.now())
    edit(cast.priya, cast.ali, title="Support agent")
    assert not gate.may(cast.ali, "feedback.view", cast.german_reviews, at=clock.now())
    assert members(analysts) == {"Maya Okafor"}
    assert Event.objects.filter(tag="membership.ended", about_person_id=cast.ali.pk).count() == 1


def test_nobody_moves_somebody_into_what_they_could_not_give(cast: Cast, analysts: Group) -> None:
    edit(cast.rosa, cast.ali, title="CX analyst")  # rosa may give within EMEA, and so within DACH
    edit(cast.rosa, cast.ali, title="Support agent")
    world.give(analysts, cast.analyst)
    with pytest.raises(NotAllowed) as refusal:
        edit(cast.rosa, cast.ali, title="CX analyst")
    assert refusal.value.decision.action == "role.give"
    cast.ali.refresh_from_db()
    assert cast.ali.title == "Support agent"
    assert members(analysts) == {"Maya Okafor"}


def test_nobody_changes_of_themselves_what_a_rule_reads(cast: Cast, analysts: Group) -> None:
    with pytest.raises(Refused) as refusal:
        edit(cast.priya, cast.priya, title="CX analyst")
    assert refusal.value.field == "title"


def test_somebody_new_is_taken_in_and_that_is_a_door_too(cast: Cast, analysts: Group) -> None:
    new = {"region": cast.dach, "title": "CX analyst", "at": clock.now()}
    create_person(cast.rosa, name="Nora New", email="nora@kestrelhome.example", **new)
    assert "Nora New" in members(analysts)
    world.give(analysts, cast.administrator)
    with pytest.raises(NotAllowed):
        create_person(cast.rosa, name="Niko New", email="niko@kestrelhome.example", **new)
    assert not Person.objects.filter(name="Niko New").exists()


def test_a_rule_may_read_the_state(cast: Cast) -> None:
    group = make(
        cast.priya, {"attribute": "subject.state", "operator": "equals", "value": "suspended"}, "Those who are away"
    )
    suspend(cast.priya, person=cast.ali, reason="Lost laptop", at=clock.now())
    assert members(group) == {"Sofia Lindqvist", "Ali Haddad"}
    reactivate(cast.priya, person=cast.ali, reason="Found", at=clock.now())
    assert members(group) == {"Sofia Lindqvist"}


def test_a_rule_may_read_teams_and_who_leads_them(cast: Cast) -> None:
    team = within(cast.care_emea, "subject.teams")
    group = make(cast.priya, team, "Care people")
    row = add_member(cast.priya, team=cast.care_dach, person=cast.ali, at=clock.now())
    assert members(group) == {"Ali Haddad"}
    end_membership(cast.priya, membership=row, at=clock.now())
    assert members(group) == set()
    leads = make(cast.priya, within(cast.insights_dach, "subject.leads"), "Leads of insights")
    assert members(leads) == {"Jonas Weber"}


def test_joining_a_team_is_a_door_to_what_the_rules_that_read_it_give(cast: Cast) -> None:
    group = make(cast.priya, within(cast.care_emea, "subject.teams"), "Care people")
    world.give(group, cast.administrator)
    with pytest.raises(NotAllowed):
        add_member(cast.rosa, team=cast.care_dach, person=cast.ali, at=clock.now())
    assert members(group) == set()


def test_a_place_that_moves_takes_its_people_along(cast: Cast) -> None:
    apac = world.node("APAC", cast.world_)
    group = make(cast.priya, within(apac), "APAC")
    cast.mena.refresh_from_db()
    move_node(cast.priya, node=cast.mena, row_version=cast.mena.row_version, parent=apac, at=clock.now())
    assert members(group) == {"Ali Haddad", "Ivy Park"}


def test_whoever_saves_a_rule_must_be_able_to_give_all_that_the_group_holds(cast: Cast, analysts: Group) -> None:
    boss = world.role("Group editor", {"group.edit", "group.create"})
    world.give(cast.rosa, boss)
    change = {"rule": rules.parsed(within(cast.emea)), "at": clock.now()}
    services.change_rule(cast.rosa, group=analysts, row_version=1, **change)
    assert "Ali Haddad" in members(analysts)
    analysts.refresh_from_db()
    world.give(analysts, cast.auditor)
    with pytest.raises(NotAllowed):
        services.change_rule(
            cast.rosa, group=analysts, row_version=2, rule=rules.parsed(within(cast.world_)), at=clock.now()
        )
    event = Event.objects.get(tag="group.rule_changed")
    assert event.additional_data["reads"] == ["subject.region"]
    assert event.additional_data["old"] != event.additional_data["rule"]


def test_two_who_change_a_rule_at_once_hear_of_each_other(cast: Cast, analysts: Group) -> None:
    change = {"rule": rules.parsed(within(cast.dach)), "at": clock.now()}
    services.change_rule(cast.priya, group=analysts, row_version=1, **change)
    with pytest.raises(Stale):
        services.change_rule(cast.priya, group=analysts, row_version=1, **change)


def test_the_last_administrator_is_not_ruled_out(cast: Cast) -> None:
    group = make(cast.priya, titled("CX administrator"), "Administrators")
    world.give(group, cast.administrator)
    cast.priya.principal.role_grants.all().delete()
    with pytest.raises(Refused, match="nobody who can administer"):
        services.change_rule(
            cast.priya, group=group, row_version=1, rule=rules.parsed(titled("Nobody")), at=clock.now()
        )
    assert members(group) == {"Priya Raman"}


def test_nobody_is_put_into_a_group_by_rule_by_hand(cast: Cast, analysts: Group) -> None:
    with pytest.raises(Refused, match="rule"):
        add_member(cast.priya, team=analysts, person=cast.ali, at=clock.now())
    with pytest.raises(Refused, match="rule"):
        end_membership(cast.priya, membership=Membership.objects.get(principal=analysts.principal), at=clock.now())


def test_a_group_that_holds_something_is_not_archived(cast: Cast, analysts: Group) -> None:
    with pytest.raises(InUse, match="Feedback reader"):
        services.archive_group(cast.priya, group=analysts, reason="Over", at=clock.now())
    analysts.principal.role_grants.all().delete()
    services.archive_group(cast.priya, group=analysts, reason="Over", at=clock.now())
    assert members(analysts) == set()


def test_an_archived_group_takes_nobody_in_any_more(cast: Cast, analysts: Group) -> None:
    analysts.principal.role_grants.all().delete()
    services.archive_group(cast.priya, group=analysts, reason="Over", at=clock.now())
    edit(cast.priya, cast.ali, title="CX analyst")
    assert members(analysts) == set()


def test_a_rule_that_cannot_be_read_any_more_has_nobody_in_it(cast: Cast, analysts: Group) -> None:
    broken = {"attribute": "subject.custom.gone", "operator": "equals", "value": 1}
    Group.objects.filter(pk=analysts.pk).update(rule=broken)
    jobs.settle(_job(jobs.SETTLE), clock.now())
    assert members(analysts) == set()


def _job(kind: str) -> Job:
    now = clock.now()
    return Job.objects.create(kind=kind, slot=f"{now.timestamp()}", run_at=now, lease_until=now, attempts=0)


@pytest.fixture
def ranged(cast: Cast) -> Group:
    """Everybody who answers for Germany; ali does until tomorrow, maya from the day after."""
    world.answers(cast.ali, cast.germany, until=world.soon(days=1))
    world.answers(cast.maya, cast.germany, starts=world.soon(days=2))
    world.answers(cast.chiara, cast.dach)
    return make(cast.priya, within(cast.dach, "subject.territories"), "Answers for DACH")


def test_what_ends_by_itself_ends_the_membership_with_every_job_stopped(cast: Cast, ranged: Group) -> None:
    assert members(ranged) == {"Ali Haddad", "Chiara Bellini"}
    row = Membership.objects.get(principal=ranged.principal, person=cast.ali)
    assert row.until == PersonDimension.objects.get(person=cast.ali).until
    assert Membership.objects.get(principal=ranged.principal, person=cast.chiara).until is None
    assert members(ranged, world.soon(days=1, minutes=1)) == {"Chiara Bellini"}


def test_the_job_takes_in_whom_time_has_moved(cast: Cast, ranged: Group) -> None:
    jobs.follow(_job(jobs.FOLLOW), clock.now())
    with time_machine.travel(world.soon(days=2, minutes=1), tick=False):
        jobs.follow(_job(jobs.FOLLOW), clock.now())
        assert members(ranged) == {"Maya Okafor", "Chiara Bellini"}
        assert Watermark.objects.get(name=jobs.FOLLOW).at == clock.now()


def test_who_stays_is_prolonged_before_anything_lapses(cast: Cast, ranged: Group) -> None:
    """ali's territory ends tomorrow, but another one goes on: the membership never has a gap."""
    world.answers(cast.ali, cast.dach, until=world.soon(days=3))
    row = Membership.objects.get(principal=ranged.principal, person=cast.ali)
    with time_machine.travel(row.until - timedelta(minutes=5), tick=False):
        jobs.follow(_job(jobs.FOLLOW), clock.now())
    row.refresh_from_db()
    assert row.until == PersonDimension.objects.get(person=cast.ali, node=cast.dach).until
    assert Membership.objects.filter(principal=ranged.principal, person=cast.ali).count() == 1


def test_a_new_day_alone_can_take_somebody_in_or_let_them_go(cast: Cast) -> None:
    today = clock.now().date()
    Person.objects.filter(pk=cast.ali.pk).update(employed_until=today + timedelta(days=1))
    Person.objects.filter(pk=cast.maya.pk).update(employed_from=today + timedelta(days=2))
    leaving = {"attribute": "subject.employed_until", "operator": "after", "value": {"days_from_now": -1}}
    started = {"attribute": "subject.employed_from", "operator": "before", "value": {"days_from_now": 1}}
    group = make(cast.priya, {"any": [leaving, started]}, "By their days")
    assert members(group) == {"Ali Haddad"}
    midnight = recompute.tomorrow(clock.now(), rules.zone())
    assert Membership.objects.get(principal=group.principal).until == midnight
    jobs.follow(_job(jobs.FOLLOW), clock.now())
    with time_machine.travel(midnight + timedelta(days=1, minutes=1), tick=False):
        jobs.follow(_job(jobs.FOLLOW), clock.now())
        assert members(group) == {"Maya Okafor"}


def test_the_net_below_mends_whatever_was_missed_and_then_rests(cast: Cast, analysts: Group) -> None:
    Person.objects.filter(pk=cast.ali.pk).update(title="CX analyst")  # past every use case
    job = _job(jobs.SETTLE)
    jobs.settle(job, clock.now())
    assert members(analysts) == {"Maya Okafor", "Ali Haddad"}
    assert not jobs.differs(rules.standing()[0], clock.now())


def test_recomputing_anew_changes_nothing(cast: Cast, analysts: Group) -> None:
    before = list(Membership.objects.order_by("pk").values())
    events = Event.objects.count()
    with transaction.atomic():
        outcomes = recompute.recompute(rules.standing(), at=clock.now())
    assert [(one.joined, one.left) for one in outcomes] == [(0, 0)]
    assert list(Membership.objects.order_by("pk").values()) == before
    assert Event.objects.count() == events


def test_a_preview_says_who_comes_and_who_goes(cast: Cast, analysts: Group) -> None:
    found = rules.preview(rules.parsed(titled("Team lead")), analysts, cast.priya, clock.now())
    assert [person.name for person in found.joins] == ["Jonas Weber"]
    assert [person.name for person in found.leaves] == ["Maya Okafor"]
    assert (found.stays, found.total) == (0, 1)
    assert members(analysts) == {"Maya Okafor"}


def test_product_lines_and_segments_can_be_read(cast: Cast) -> None:
    phones = world.node("Phones", kind=NodeKind.PRODUCT_LINE)
    small = world.node("Small shops", kind=NodeKind.SEGMENT)
    world.answers(cast.ali, phones)
    world.answers(cast.maya, small)
    lines = {"attribute": "subject.product_lines", "operator": "contains_any", "value": [phones.pk]}
    shops = {"attribute": "subject.segments", "operator": "contains_any", "value": [small.pk]}
    assert members(make(cast.priya, {"any": [lines, shops]}, "Phones or shops")) == {"Ali Haddad", "Maya Okafor"}
