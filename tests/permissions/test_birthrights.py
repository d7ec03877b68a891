"""Birthright rules: what people have by what they are, from when, by whose authority, and what is taken back."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from accounts.groups import jobs
from accounts.groups import rules as groups
from accounts.groups import services as group_services
from accounts.groups.recompute import tomorrow
from accounts.models import Membership, Person, PersonState
from accounts.people.ranges import add_places
from accounts.people.services import create_person, edit_person, reactivate
from accounts.structure.services import move_node
from accounts.teams.memberships import add_member, end_membership
from audits.models import Event
from cxaccess.jobs.models import Job
from cxaccess.lib import clock
from cxaccess.lib.clock import start_of_day
from cxaccess.lib.errors import InUse, Refused, Stale
from permissions import gate
from permissions.birthrights import recompute, rules, services
from permissions.grants.expiry import record_ends
from permissions.grants.services import end_grant, give_in_words
from permissions.guards import NotAllowed
from permissions.models import BirthrightState, RoleGrant
from permissions.roles.services import retire_role
from tests import birthrights as by
from tests import world
from tests.birthrights import gift, titled, within
from tests.cast import Cast
from tests.importing import applied, apply, checked
from tests.leaving import leave

pytestmark = pytest.mark.realdb


def edit(actor: Person, person: Person, **changes: Any) -> Person:
    person.refresh_from_db()
    return edit_person(actor, person=person, row_version=person.row_version, changes=changes, at=clock.now())


def job(kind: str) -> Job:
    now = clock.now()
    return Job.objects.create(kind=kind, slot=f"{now.timestamp()}", run_at=now, lease_until=now, attempts=0)


@pytest.fixture
def agents(cast: Cast) -> Any:
    """Support agents of EMEA read feedback of EMEA and are in the team Care EMEA."""
    says = {"all": [within(cast.emea), titled("Support agent")]}
    return by.in_force(cast.priya, says, [gift(cast.feedback_reader, region=cast.emea), gift(cast.care_emea)])


def test_a_rule_in_force_gives_at_once_what_it_says(cast: Cast, agents: Any) -> None:
    assert by.grants(cast.ali) == {("Feedback reader", f"region={cast.emea.pk}")}
    assert by.places(cast.ali) == {"Care EMEA"}
    assert gate.may(cast.ali, "feedback.view", cast.german_reviews, at=clock.now())
    assert by.grants(cast.maya) == set()
    row = RoleGrant.objects.get(source="birthright", principal=cast.ali.principal)
    assert row.source_ref == str(agents.pk)
    event = Event.objects.get(tag="grant.given", object_id=row.pk)
    assert (event.system, event.about_person_id) == ("birthright", cast.ali.pk)
    assert event.additional_data["birthright"] == agents.pk
    told = Event.objects.get(tag="birthright.enforced")
    assert (told.additional_data["given"], told.additional_data["taken_back"]) == (2, 0)


def test_a_draft_gives_nothing(cast: Cast) -> None:
    by.draft(cast.priya, titled("Support agent"), [gift(cast.feedback_reader)])
    assert by.grants(cast.ali) == set()
    assert rules.standing() == []


def test_a_mover_loses_what_the_rule_gave_and_keeps_what_was_given_by_hand(cast: Cast, agents: Any) -> None:
    terms = {"region": cast.emea.pk}
    stated = {"starts_at": None, "until": None, "reason": "Helps out", "at": clock.now()}
    give_in_words(cast.priya, principal=cast.ali.principal, role=cast.feedback_reader, terms=terms, **stated)
    add_member(cast.priya, team=cast.care_emea, person=cast.ali, at=clock.now())
    edit(cast.priya, cast.ali, title="Trainer")
    assert (by.grants(cast.ali), by.places(cast.ali)) == (set(), set())
    assert ("Feedback reader", f"region={cast.emea.pk}") in by.grants(cast.ali, source="manual")
    assert by.places(cast.ali, source="manual") == {"Care EMEA"}
    ended = RoleGrant.objects.get(source="birthright", principal=cast.ali.principal)
    assert Event.objects.filter(tag="grant.ended", object_id=ended.pk).count() == 1
    edit(cast.priya, cast.ali, title="Support agent")
    assert len(by.grants(cast.ali)) == 1


def test_two_rules_that_give_the_same_take_back_each_its_own(cast: Cast, agents: Any) -> None:
    others = by.in_force(cast.priya, within(cast.mena), [gift(cast.feedback_reader, region=cast.emea)], "Everybody")
    assert (
        RoleGrant.objects.in_force(clock.now()).filter(source="birthright", principal=cast.ali.principal).count() == 2
    )
    by.retire(cast.priya, agents)
    assert by.grants(cast.ali) == {("Feedback reader", f"region={cast.emea.pk}")}
    assert by.places(cast.ali) == set()
    by.retire(cast.priya, others)
    assert by.grants(cast.ali) == set()


def test_a_role_within_ones_own_region_makes_one_rule_of_many(cast: Cast) -> None:
    by.in_force(cast.priya, titled("Support agent", "Team lead"), [gift(cast.feedback_reader, "region")], "Own region")
    assert by.grants(cast.ali) == {("Feedback reader", f"region={cast.mena.pk}")}
    assert by.grants(cast.jonas) == {("Feedback reader", f"region={cast.dach.pk}")}
    assert gate.may(cast.jonas, "feedback.view", cast.german_reviews, at=clock.now())
    assert not gate.may(cast.ali, "feedback.view", cast.german_reviews, at=clock.now())
    edit(cast.priya, cast.ali, region=cast.germany)
    assert by.grants(cast.ali) == {("Feedback reader", f"region={cast.germany.pk}")}
    edit(cast.priya, cast.ali, region=None)
    assert by.grants(cast.ali) == set()


def test_own_place_and_a_fixed_one_are_both_asked_of_a_thing(cast: Cast) -> None:
    both = gift(cast.feedback_reader, "region", department=cast.care)
    by.in_force(cast.priya, titled("Support agent"), [both])
    assert by.grants(cast.ali) == {("Feedback reader", f"department={cast.care.pk};region={cast.mena.pk}")}


def test_somebody_new_has_it_from_the_first_day_on(cast: Cast, agents: Any) -> None:
    first = clock.now().date() + timedelta(days=3)
    nora = create_person(
        cast.priya, name="Nora New", email="nora@kestrelhome.example", region=cast.dach, title="Support agent",
        state=PersonState.PREHIRE, employed_from=first, at=clock.now(),
    )  # fmt: skip
    begins = start_of_day(first, groups.zone())
    assert by.grants(nora) == set()
    assert len(by.grants(nora, begins)) == 1
    assert by.places(nora, begins) == {"Care EMEA"}
    edit(cast.priya, nora, employed_from=first + timedelta(days=4))
    assert by.grants(nora, begins) == set()
    assert len(by.grants(nora, begins + timedelta(days=4))) == 1
    reactivate(cast.priya, person=nora, reason="Came early", at=clock.now())
    assert len(by.grants(nora)) == 1
    assert RoleGrant.objects.filter(principal=nora.principal_id).exclude(until=None).count() == 2  # none of them began


def test_whoever_starts_is_taken_to_be_active_then(cast: Cast) -> None:
    active = {"attribute": "subject.state", "operator": "equals", "value": "active"}
    Person.objects.filter(pk=cast.nils.pk).update(employed_from=clock.now().date() + timedelta(days=2))
    by.in_force(cast.priya, {"all": [active, within(cast.dach)]}, [gift(cast.feedback_reader)])
    assert len(by.grants(cast.nils, world.soon(days=3))) == 1
    assert by.grants(cast.nils) == set()


def test_whoever_has_left_or_has_no_first_day_is_given_nothing(cast: Cast) -> None:
    by.in_force(cast.priya, within(cast.world_), [gift(cast.people_reader)])
    assert by.grants(cast.lena) == set()
    assert RoleGrant.objects.filter(principal=cast.nils.principal).count() == 0
    assert len(by.grants(cast.sofia)) == 1  # on record for her return


def test_another_version_takes_the_place_of_the_one_in_force(cast: Cast, agents: Any) -> None:
    says = {"all": [within(cast.emea), titled("Support agent")]}
    by.reword(cast.priya, agents, says, [gift(cast.feedback_reader, region=cast.mena), gift(cast.care_emea)])
    kept = Membership.objects.get(source="birthright", person=cast.ali)
    assert by.grants(cast.ali) == {("Feedback reader", f"region={cast.emea.pk}")}  # the new one is a draft
    outcome = by.enforce(cast.priya, agents)
    assert by.grants(cast.ali) == {("Feedback reader", f"region={cast.mena.pk}")}
    assert Membership.objects.get(source="birthright", person=cast.ali) == kept
    assert (sum(outcome.opened.values()), outcome.ended) == (1, 1)
    assert [state.version.number for state in BirthrightState.objects.order_by("pk")] == [1, 2]
    with pytest.raises(Refused, match="in force already"):
        by.enforce(cast.priya, agents)


def test_who_was_not_quick_enough_hears_of_the_other(cast: Cast, agents: Any) -> None:
    stated = {"reason": "Over", "at": clock.now()}
    with pytest.raises(Stale):
        services.retire_birthright(cast.priya, birthright=agents, row_version=1, **stated)


def test_whoever_puts_a_rule_in_force_can_give_each_thing_that_it_gives(cast: Cast) -> None:
    world.give(cast.rosa, world.role("Rule writer", {"birthright.enforce", "birthright.edit", "birthright.view"}))
    says = titled("Support agent")
    within_emea = by.draft(cast.rosa, says, [gift(cast.feedback_reader, region=cast.emea)], "Within EMEA")
    by.enforce(cast.rosa, within_emea)
    everywhere = by.draft(cast.rosa, says, [gift(cast.feedback_reader)], "Everywhere")
    own = by.draft(cast.rosa, says, [gift(cast.feedback_reader, "region")], "Own region")
    world.give(cast.insights_dach, cast.administrator)
    team = by.draft(cast.rosa, says, [gift(cast.insights_dach)], "Into a team")
    for row in (everywhere, own, team):
        with pytest.raises(NotAllowed) as refusal:
            by.enforce(cast.rosa, row)
        assert refusal.value.decision.action == "role.give"
    assert by.grants(cast.ali) == {("Feedback reader", f"region={cast.emea.pk}")}


def test_whoever_changes_what_a_rule_reads_gives_what_it_gives(cast: Cast) -> None:
    by.in_force(cast.priya, titled("Auditor"), [gift(cast.auditor)], "Auditors")
    with pytest.raises(NotAllowed):
        edit(cast.rosa, cast.ali, title="Auditor")
    with pytest.raises(NotAllowed):
        create_person(cast.rosa, name="Nora", region=cast.dach, title="Auditor", at=clock.now())
    later = {"state": PersonState.PREHIRE, "employed_from": clock.now().date() + timedelta(days=9)}
    with pytest.raises(NotAllowed):
        create_person(cast.rosa, name="Niko", region=cast.dach, title="Auditor", at=clock.now(), **later)
    cast.ali.refresh_from_db()
    assert (cast.ali.title, by.grants(cast.ali)) == ("Support agent", set())
    edit(cast.priya, cast.ali, title="Auditor")
    assert by.grants(cast.ali) == {("Auditor", "")}


def test_what_is_given_within_the_own_place_is_asked_about_there(cast: Cast) -> None:
    by.in_force(cast.priya, titled("Regional manager"), [gift(cast.feedback_reader, "region")], "Managers")
    edit(cast.rosa, cast.ali, title="Regional manager")
    assert by.grants(cast.ali) == {("Feedback reader", f"region={cast.mena.pk}")}
    world.give(cast.rosa, world.role("Hires anywhere", {"person.view", "person.edit"}))
    with pytest.raises(NotAllowed):
        edit(cast.rosa, cast.ali, region=cast.world_)
    assert by.grants(cast.ali) == {("Feedback reader", f"region={cast.mena.pk}")}


def test_nobody_changes_of_themselves_what_a_rule_reads(cast: Cast, agents: Any) -> None:
    with pytest.raises(Refused) as refusal:
        edit(cast.priya, cast.priya, title="Support agent")
    assert refusal.value.field == "title"


def test_a_place_that_moves_takes_its_people_along(cast: Cast, agents: Any) -> None:
    apac = world.node("APAC", cast.world_)
    cast.mena.refresh_from_db()
    move_node(cast.priya, node=cast.mena, row_version=cast.mena.row_version, parent=apac, at=clock.now())
    assert by.grants(cast.ali) == set()


def test_a_rule_does_not_read_the_teams_that_rules_give(cast: Cast) -> None:
    assert "subject.teams" not in rules.known()
    assert "subject.leads" not in rules.known()


def test_a_group_whose_rule_reads_teams_follows_the_teams_that_rules_give(cast: Cast, agents: Any) -> None:
    group = group_services.create_group(
        cast.priya, name="Care people", rule=groups.parsed(within(cast.care_emea, "subject.teams")), at=clock.now()
    )
    inside = Membership.objects.filter(principal=group.principal)
    assert set(inside.in_force(clock.now()).values_list("person__name", flat=True)) == {"Ali Haddad"}
    edit(cast.priya, cast.ali, title="Trainer")
    assert not inside.in_force(clock.now()).exists()
    edit(cast.priya, cast.ali, title="Support agent")
    by.retire(cast.priya, agents)
    assert not inside.in_force(clock.now()).exists()


def test_a_group_by_hand_can_be_given_and_one_by_rule_cannot(cast: Cast) -> None:
    pilot = world.group("Pilot")
    ruled = world.group("Ruled", titled("Agent"))
    by.in_force(cast.priya, titled("Support agent"), [gift(pilot)])
    assert by.places(cast.ali) == {"Pilot"}
    with pytest.raises(Refused, match="goes by a rule"):
        by.draft(cast.priya, titled("Support agent"), [gift(ruled)], "Other")


def test_what_a_rule_gave_is_not_ended_by_hand(cast: Cast, agents: Any) -> None:
    grant = RoleGrant.objects.get(source="birthright", principal=cast.ali.principal)
    with pytest.raises(Refused, match="Agents of EMEA"):
        end_grant(cast.priya, grant=grant, reason="Not needed", at=clock.now())
    row = Membership.objects.get(source="birthright", person=cast.ali)
    with pytest.raises(Refused, match="Agents of EMEA"):
        end_membership(cast.priya, membership=row, at=clock.now())


def test_a_role_that_a_rule_gives_is_not_retired(cast: Cast) -> None:
    nobody = by.in_force(cast.priya, titled("Nobody has this title"), [gift(cast.auditor)])
    cast.otto.principal.role_grants.all().delete()
    with pytest.raises(InUse, match="Agents of EMEA"):
        retire_role(cast.priya, role=cast.auditor, reason="Over", at=clock.now())
    by.retire(cast.priya, nobody)
    retire_role(cast.priya, role=cast.auditor, reason="Over", at=clock.now())


def test_the_last_administrator_is_not_ruled_out(cast: Cast) -> None:
    row = by.in_force(cast.priya, titled("CX administrator"), [gift(cast.administrator)], "Administrators")
    cast.priya.principal.role_grants.filter(source="manual").delete()
    with pytest.raises(Refused, match="nobody who can administer"):
        by.retire(cast.priya, row)
    assert by.grants(cast.priya) == {("Administrator", "")}


def test_a_closed_row_is_told_once(cast: Cast, agents: Any) -> None:
    """What a rule took back has not run out as well."""
    record_ends(job("grant.ends"), clock.now())
    edit(cast.priya, cast.ali, title="Trainer")
    with time_machine.travel(world.soon(minutes=2), tick=False):
        record_ends(job("grant.ends"), clock.now())
    about = Event.objects.filter(about_person_id=cast.ali.pk)
    assert not about.filter(tag__in=["grant.expired", "membership.expired"]).exists()
    assert about.filter(tag="grant.ended").count() == 1


@pytest.fixture
def ranged(cast: Cast) -> Any:
    """Everybody who answers for Germany; ali does until tomorrow, maya from the day after."""
    world.answers(cast.ali, cast.germany, until=world.soon(days=1))
    world.answers(cast.maya, cast.germany, starts=world.soon(days=2))
    world.answers(cast.chiara, cast.dach)
    says = within(cast.dach, "subject.territories")
    return by.in_force(cast.priya, says, [gift(cast.feedback_reader), gift(cast.care_dach)], "Answers for DACH")


def test_what_ends_by_itself_ends_what_was_given_with_every_job_stopped(cast: Cast, ranged: Any) -> None:
    assert len(by.grants(cast.ali)) == 1
    assert by.grants(cast.ali, world.soon(days=1, minutes=1)) == set()
    assert by.places(cast.ali, world.soon(days=1, minutes=1)) == set()
    assert RoleGrant.objects.get(source="birthright", principal=cast.chiara.principal).until is None


def test_the_job_gives_to_whom_time_has_moved_and_prolongs_who_stays(cast: Cast, ranged: Any) -> None:
    world.answers(cast.ali, cast.dach, until=world.soon(days=3))
    jobs.follow(job(jobs.FOLLOW), clock.now())
    row = RoleGrant.objects.get(source="birthright", principal=cast.ali.principal)
    with time_machine.travel(row.until - timedelta(minutes=5), tick=False):
        jobs.follow(job(jobs.FOLLOW), clock.now())
    with time_machine.travel(world.soon(days=2, minutes=1), tick=False):
        jobs.follow(job(jobs.FOLLOW), clock.now())
        assert len(by.grants(cast.maya)) == 1
        assert len(by.grants(cast.ali)) == 1
    assert RoleGrant.objects.filter(source="birthright", principal=cast.ali.principal).count() == 1


def test_a_new_day_alone_can_give_and_take_back(cast: Cast) -> None:
    today = clock.now().date()
    Person.objects.filter(pk=cast.ali.pk).update(employed_until=today + timedelta(days=1))
    leaving = {"attribute": "subject.employed_until", "operator": "after", "value": {"days_from_now": -1}}
    by.in_force(cast.priya, leaving, [gift(cast.feedback_reader)])
    row = RoleGrant.objects.get(source="birthright")
    assert row.until == tomorrow(clock.now(), groups.zone())


def test_time_alone_gives_nothing_that_whoever_arranged_it_could_not_give(cast: Cast) -> None:
    world.give(cast.rosa, world.role("People editor", {"person.edit", "person.view"}))
    by.in_force(cast.priya, within(cast.dach, "subject.territories"), [gift(cast.auditor)], "Answers for DACH")
    with pytest.raises(NotAllowed):
        add_places(cast.rosa, person=cast.ali, places=[cast.germany], starts_at=world.soon(days=2), at=clock.now())


def test_a_file_that_moves_people_moves_their_rights(cast: Cast, agents: Any) -> None:
    applied(cast.priya, "people", f"email,title\n{cast.ali.email},Trainer\n{cast.maya.email},Support agent\n")
    assert (by.grants(cast.ali), by.places(cast.ali)) == (set(), set())
    assert by.places(cast.maya) == {"Care EMEA"}


def test_nobody_gives_by_a_file_what_they_could_not_give(cast: Cast) -> None:
    by.in_force(cast.priya, titled("Auditor"), [gift(cast.auditor)], "Auditors")
    world.give(cast.rosa, world.role("Importer", {"import.run"}), region=cast.emea)
    batch = checked(cast.rosa, "people", f"email,title\n{cast.ali.email},Auditor\n")
    with pytest.raises(Refused, match="may not give"):
        apply(batch)
    assert by.grants(cast.ali) == set()


def test_whoever_leaves_has_nothing_by_a_rule_and_their_rules_go_to_who_takes_over(cast: Cast, agents: Any) -> None:
    agents.refresh_from_db()
    services.edit_birthright(
        cast.priya, birthright=agents, row_version=agents.row_version, changes={"owner": cast.ali}, at=clock.now()
    )
    leave(cast.priya, cast.ali, heir=cast.jonas)
    jobs.settle(job(jobs.SETTLE), clock.now())
    assert (by.grants(cast.ali), by.places(cast.ali)) == (set(), set())
    agents.refresh_from_db()
    assert agents.owner == cast.jonas


def test_the_net_below_mends_whatever_was_missed_and_then_rests(cast: Cast, agents: Any) -> None:
    Person.objects.filter(pk=cast.maya.pk).update(title="Support agent")  # past every use case
    Person.objects.filter(pk=cast.ali.pk).update(title="Trainer")
    jobs.settle(job(jobs.SETTLE), clock.now())
    assert (len(by.grants(cast.maya)), by.grants(cast.ali)) == (1, set())
    assert not recompute.differs(rules.standing()[0], clock.now())


def test_recomputing_anew_changes_nothing(cast: Cast, agents: Any) -> None:
    before = (list(RoleGrant.objects.order_by("pk").values()), list(Membership.objects.order_by("pk").values()))
    events = Event.objects.count()
    with transaction.atomic():
        outcome = recompute.recompute(rules.standing(), at=clock.now())[0]
    assert (outcome.opened, outcome.ended, Event.objects.count()) == ({}, 0, events)
    assert (list(RoleGrant.objects.order_by("pk").values()), list(Membership.objects.order_by("pk").values())) == before


def test_a_rule_that_cannot_be_read_any_more_gives_nothing(cast: Cast, agents: Any) -> None:
    agents.versions.update(condition={"attribute": "subject.custom.gone", "operator": "equals", "value": 1})
    jobs.settle(job(jobs.SETTLE), clock.now())
    assert (by.grants(cast.ali), by.places(cast.ali)) == (set(), set())
