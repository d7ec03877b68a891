"""Who keeps exactly one thing: a lead their team, an owner their resource. It comes and ends with that."""

from datetime import datetime

import pytest

from accounts.models import Person
from accounts.teams import memberships
from audits.models import Event
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions import gate
from permissions.guards import NotAllowed, NotVisible
from permissions.models import Action, PersonObjectGrant, Resource, ResourceType
from permissions.objects import brought, services
from permissions.places import target
from permissions.resources.services import create_resource, edit_resource
from tests import world
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]


def give(actor: Person, to: object, action: str, thing: Resource, **more: object) -> object:
    stated = {"starts_at": None, "until": None, "reason": "Needed for the study", "at": clock.now()} | more
    what = Action.objects.get(key=action)
    return services.give_on(actor, principal=to.principal, action=what, resource=thing, **stated)


def may(person: Person, action: str, thing: object, at: datetime | None = None) -> bool:
    return gate.may(person, action, thing, at=at or clock.now())


# --- a lead keeps exactly their team -----------------------------------------------------------------------------


def led(cast: Cast) -> Person:
    """Chiara leads Care DACH, which holds the agent's role in DACH, and sees people there."""
    world.give(cast.chiara, cast.people_reader, region=cast.dach)
    world.give(cast.care_dach, cast.agent, region=cast.dach)
    memberships.add_member(cast.priya, team=cast.care_dach, person=cast.chiara, part="lead", at=clock.now())
    return cast.chiara


def test_a_lead_keeps_the_members_of_exactly_their_team(cast: Cast) -> None:
    lead = led(cast)
    nina = world.person("Nina Neu", region=cast.dach)
    memberships.add_member(lead, team=cast.care_dach, person=nina, at=clock.now())
    queue = world.resource("Queue DACH", "ticket", region=cast.dach)
    assert may(nina, "ticket.reply", queue)
    with pytest.raises((NotAllowed, NotVisible)):
        memberships.add_member(lead, team=cast.insights_dach, person=nina, at=clock.now())


def test_the_right_ends_with_leading(cast: Cast) -> None:
    lead = led(cast)
    row = lead.memberships.get()
    memberships.change_part(cast.priya, membership=row, part="member", at=clock.now())
    assert not may(lead, "team.manage_members", cast.care_dach)
    grant = PersonObjectGrant.objects.get(user=lead)
    assert grant.ended_by == cast.priya
    assert Event.objects.filter(tag="object_grant.ended", about_person_id=lead.pk).count() == 1


def test_only_who_could_give_it_all_makes_somebody_lead(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        memberships.add_member(cast.jonas, team=cast.care_dach, person=cast.maya, part="lead", at=clock.now())
    memberships.add_member(cast.rosa, team=cast.care_dach, person=cast.maya, part="lead", at=clock.now())
    assert may(cast.maya, "team.manage_members", cast.care_dach)


def test_a_keeper_of_a_team_does_not_let_themselves_in(cast: Cast) -> None:
    keeper = cast.chiara
    world.give(keeper, cast.people_reader, region=cast.emea)
    world.give(cast.care_dach, cast.agent, region=cast.dach)
    world.give_on(keeper, "team.manage_members", cast.care_dach.resource)
    with pytest.raises(NotAllowed):
        memberships.add_member(keeper, team=cast.care_dach, person=keeper, at=clock.now())


def test_a_lead_never_hands_out_the_right_to_give(cast: Cast) -> None:
    lead = led(cast)
    world.give(cast.care_dach, cast.regional_admin, region=cast.dach)
    nina = world.person("Nina Neu", region=cast.dach)
    with pytest.raises(NotAllowed):
        memberships.add_member(lead, team=cast.care_dach, person=nina, at=clock.now())


def test_nobody_is_brought_under_a_power_to_stop_them(cast: Cast) -> None:
    lead = led(cast)
    world.give(lead, world.role("Boss", {"person.suspend"}), team=cast.care_dach)
    nina = world.person("Nina Neu", region=cast.dach)
    with pytest.raises(NotAllowed):
        memberships.add_member(lead, team=cast.care_dach, person=nina, at=clock.now())


def test_giving_the_keeping_of_a_team_takes_being_able_to_give_what_it_holds(cast: Cast) -> None:
    world.give(cast.care_dach, cast.agent)  # everywhere, which rosa cannot give
    with pytest.raises((NotAllowed, NotVisible)):
        give(cast.rosa, cast.ali, "team.manage_members", cast.care_dach.resource)
    give(cast.priya, cast.ali, "team.manage_members", cast.care_dach.resource)


def test_two_teams_that_keep_each_other_are_worked_out(cast: Cast) -> None:
    world.give_on(cast.care_emea, "team.manage_members", cast.insights_dach.resource)
    world.give_on(cast.insights_dach, "team.manage_members", cast.care_emea.resource)
    give(cast.priya, cast.ali, "team.manage_members", cast.care_emea.resource)


# --- an owner keeps exactly their resource -----------------------------------------------------------------------


def owned(cast: Cast, owner: Person | None) -> Resource:
    type_ = ResourceType.objects.get(key="dashboard")
    given = {"name": "Morning board", "owner": owner, "region": cast.dach}
    return create_resource(cast.priya, type=type_, given=given, at=clock.now())


def test_an_owner_edits_and_shares_exactly_what_they_own(cast: Cast) -> None:
    board = owned(cast, cast.chiara)
    assert may(cast.chiara, "resource.edit", target(board, clock.now(), as_type="resource"))
    give(cast.chiara, cast.ali, "dashboard.view", board)
    assert may(cast.ali, "dashboard.view", board)
    assert not may(cast.chiara, "resource.edit", target(cast.german_reviews, clock.now(), as_type="resource"))
    assert Event.objects.filter(tag="object_grant.given", about_person_id=cast.chiara.pk).count() == 2


def test_another_owner_takes_over_what_came_with_it(cast: Cast) -> None:
    board = owned(cast, cast.chiara)
    board = edit_resource(
        cast.priya, resource=board, row_version=board.row_version, changes={"owner": cast.maya}, at=clock.now()
    )
    asked = target(board, clock.now(), as_type="resource")
    assert not may(cast.chiara, "resource.give", asked)
    assert may(cast.maya, "resource.give", asked)
    edit_resource(cast.priya, resource=board, row_version=board.row_version, changes={"owner": None}, at=clock.now())
    assert not PersonObjectGrant.objects.in_force(clock.now()).exists()
    assert Event.objects.filter(tag="object_grant.ended").count() == 4


def test_only_who_could_give_it_makes_somebody_owner(cast: Cast) -> None:
    board = owned(cast, None)
    world.give(cast.maya, world.role("Registrar", {"resource.edit", "person.view"}))
    for owner in (cast.ali, cast.maya):
        with pytest.raises(NotAllowed):
            edit_resource(
                cast.maya, resource=board, row_version=board.row_version, changes={"owner": owner}, at=clock.now()
            )
    edit_resource(cast.maya, resource=board, row_version=board.row_version, changes={"name": "Board"}, at=clock.now())
    assert not PersonObjectGrant.objects.exists()


def test_an_owner_does_not_hand_on_what_they_own(cast: Cast) -> None:
    board = owned(cast, cast.chiara)
    world.give(cast.chiara, cast.people_reader)
    with pytest.raises(NotAllowed):
        edit_resource(
            cast.chiara, resource=board, row_version=board.row_version, changes={"owner": cast.ali}, at=clock.now()
        )


def test_what_comes_with_leading_or_owning_ends_with_that_alone(cast: Cast) -> None:
    owned(cast, cast.chiara)
    led(cast)
    for grant in PersonObjectGrant.objects.filter(user=cast.chiara):
        with pytest.raises(Refused, match="ends with that"):
            services.end_grant(cast.priya, grant=grant, reason="Not needed", at=clock.now())
        with pytest.raises(Refused, match="ends with that"):
            services.change_end(cast.priya, grant=grant, until=world.soon(days=1), reason="Not so long", at=clock.now())


def test_leads_and_owners_of_before_are_brought_up_to_date_once(cast: Cast) -> None:
    board = world.resource("Old board", region=cast.dach, owner=cast.maya)
    world.resource("Left behind", owner=cast.lena)
    world.join(cast.ali, cast.care_emea, part="lead", starts=world.soon(days=2), until=world.soon(days=9))
    assert brought.sync(at=clock.now()) == 4, "jonas and ali lead, maya owns"
    assert may(cast.jonas, "team.manage_members", cast.insights_dach)
    assert may(cast.maya, "resource.give", target(board, clock.now(), as_type="resource"))
    assert not may(cast.ali, "team.manage_members", cast.care_emea)
    assert may(cast.ali, "team.manage_members", cast.care_emea, world.soon(days=3))
    assert not may(cast.ali, "team.manage_members", cast.care_emea, world.soon(days=10))
    told = Event.objects.filter(tag="object_grant.given", system="upgrade")
    assert told.count() == 4
    assert brought.sync(at=clock.now()) == 0
    memberships.end_membership(cast.priya, membership=cast.jonas.memberships.get(), at=clock.now())
    assert not PersonObjectGrant.objects.in_force(clock.now()).filter(user=cast.jonas).exists()
