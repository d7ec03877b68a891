"""What a policy reads is a door however it changes: later, by a tree, by coming back, as a thing that others see."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.groups.services import edit_group
from accounts.models import Group, Membership, Node, Person, PersonState, Team
from accounts.people.ranges import add_places
from accounts.people.services import edit_person, reactivate
from accounts.structure.services import move_node
from accounts.teams.memberships import add_member, change_membership_end, end_membership
from accounts.teams.services import edit_team
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions import gate
from permissions.guards import NotAllowed
from permissions.models import Resource, Role, Sensitivity
from permissions.resources import bulk
from permissions.resources.services import reopen_resource
from permissions.roles.services import edit_role
from tests import importing, policies, world
from tests.cast import Cast
from tests.permissions.test_policy_side_doors import TITLED, VIEW, by_rule, keeper, within
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db
SOON = timedelta(days=7)


@pytest.fixture
def at() -> datetime:
    return clock.now()


def edit(actor: Person, person: Person, **changes: Any) -> Person:
    row = Person.objects.get(pk=person.pk)
    return edit_person(actor, person=row, row_version=row.row_version, changes=changes, at=clock.now())


def days(operator: str, key: str, number: int) -> dict[str, Any]:
    return {"attribute": key, "operator": operator, "value": {"days_from_now": number}}


# What begins or ends by itself


def test_a_territory_from_next_week_on_counts_as_one_from_now_on(cast: Cast, at: datetime) -> None:
    policies.enact("allow", permissions=[VIEW], condition=within(cast.mena, key="subject.territories"))
    with pytest.raises(NotAllowed):
        add_places(cast.rosa, person=cast.maya, places=[cast.mena], starts_at=at + SOON, at=at)
    add_places(cast.rosa, person=cast.maya, places=[cast.germany], starts_at=at + SOON, at=at)
    add_places(cast.priya, person=cast.maya, places=[cast.mena], starts_at=at + SOON, at=at)


def test_a_membership_that_ends_next_week_is_as_good_as_ended(cast: Cast, at: datetime) -> None:
    """Its end would let out of the block whom nobody else lets out."""
    policies.enact("block", permissions=[VIEW], teams=[cast.care_dach.pk])
    held = world.join(cast.maya, cast.care_dach)
    for let_go in (
        lambda actor: change_membership_end(actor, membership=held, until=at + SOON, reason="Goes", at=at),
        lambda actor: end_membership(actor, membership=held, reason="Goes", at=at),
    ):
        with pytest.raises(NotAllowed):
            let_go(cast.rosa)
    change_membership_end(cast.priya, membership=held, until=at + SOON, reason="Goes", at=at)


def test_a_day_that_is_yet_to_come_counts(cast: Cast, at: datetime) -> None:
    """Who leaves within a month is blocked; with another title, or a later day, they would not be when it comes."""
    leaving = days("before", "subject.employed_until", 30)
    policies.enact("block", permissions=[VIEW], condition={"all": [leaving, _titled(cast.maya.title)]})
    edit(cast.priya, cast.maya, employed_until=(at + timedelta(days=90)).date())
    for changes in ({"title": "Adviser"}, {"employed_until": (at + timedelta(days=400)).date()}):
        with pytest.raises(NotAllowed):
            edit(cast.rosa, cast.maya, **changes)
    edit(cast.rosa, cast.ali, title="Adviser")


def _titled(title: str) -> dict[str, Any]:
    return {"attribute": "subject.title", "operator": "equals", "value": title}


# Which of its comparisons lets them pass


def test_another_way_through_the_same_policy_is_a_gain(cast: Cast) -> None:
    """She passes it in DACH by her title; in care she would pass it in MENA, too."""
    in_care = within(cast.care, key="subject.department")
    ways = [{"all": [TITLED, within(cast.dach)]}, {"all": [in_care, within(cast.mena)]}]
    policies.enact("allow", permissions=[VIEW], condition={"any": ways})
    edit(cast.priya, cast.maya, title="Incident lead")
    with pytest.raises(NotAllowed):
        edit(cast.rosa, cast.maya, department=cast.care)
    edit(cast.priya, cast.maya, department=cast.care)
    edit(cast.rosa, cast.maya, department=cast.insights)  # one way less lets nobody further
    with pytest.raises(NotAllowed):
        edit(cast.rosa, cast.maya, department=cast.care)


def test_what_a_policy_never_says_of_somebody_does_not_hold_up_their_edit(cast: Cast) -> None:
    """It names agents; whoever holds no such role is not let through by a title."""
    policies.enact("allow", permissions=[VIEW], roles=[cast.agent.pk], condition=TITLED)
    edit(cast.rosa, cast.maya, title="Incident lead")
    with pytest.raises(NotAllowed):
        edit(cast.rosa, cast.ali, title="Incident lead")


# Trees


@pytest.mark.parametrize("by", ["group", "place"])
def test_moving_a_place_does_not_take_people_out_of_a_block(cast: Cast, by: str) -> None:
    """Germany outside DACH would empty the group that is blocked, and so would it the place."""
    keeper(cast.chiara, "Structure keeper", "structure.edit", "structure.view")
    if by == "group":
        group = by_rule(cast.priya, within(cast.dach, key="subject.region"))
        policies.enact("block", permissions=[VIEW], groups=[group.pk])
    else:
        policies.enact("block", permissions=[VIEW], condition=within(cast.dach))

    def move(actor: Person) -> Node:
        row = Node.objects.get(pk=cast.germany.pk)
        return move_node(actor, node=row, row_version=row.row_version, parent=cast.emea, at=clock.now())

    with pytest.raises(NotAllowed):
        move(cast.chiara)
    assert not gate.may(cast.maya, VIEW, cast.german_reviews, at=clock.now())
    assert move(cast.priya).parent == cast.emea


def test_a_group_that_reads_no_place_does_not_hold_up_a_move(cast: Cast) -> None:
    keeper(cast.chiara, "Structure keeper", "structure.edit", "structure.view")
    group = by_rule(cast.priya, _titled(cast.maya.title))
    policies.enact("block", permissions=[VIEW], groups=[group.pk])
    row = Node.objects.get(pk=cast.germany.pk)
    moved = move_node(cast.chiara, node=row, row_version=row.row_version, parent=cast.emea, at=clock.now())
    assert moved.parent == cast.emea


# Coming back


@pytest.fixture
def away(cast: Cast) -> Person:
    """Somebody suspended in EMEA, whose title a policy may read."""
    return world.person(
        "Aisha Noor", region=cast.mena, department=cast.care, state=PersonState.SUSPENDED, title="Incident lead"
    )


def test_whoever_makes_somebody_active_gives_what_policies_allow_them(cast: Cast, away: Person, at: datetime) -> None:
    policies.enact("allow", permissions=[VIEW], condition=TITLED)
    with pytest.raises(NotAllowed):
        reactivate(cast.rosa, person=away, reason="Back", at=at)
    assert reactivate(cast.priya, person=away, reason="Back", at=at).state == PersonState.ACTIVE


def test_whom_no_policy_allows_anything_comes_back_as_before(cast: Cast, away: Person, at: datetime) -> None:
    policies.enact("block", permissions=[VIEW], condition={"not": TITLED})
    policies.enact("allow", permissions=[VIEW], condition=_titled("Somebody else"))
    assert reactivate(cast.rosa, person=away, reason="Back", at=at).state == PersonState.ACTIVE


def test_so_does_a_file_that_makes_somebody_active(cast: Cast) -> None:
    keeper(cast.rosa, "Importer", "import.run")
    edit(cast.priya, cast.nils, title="Incident lead")
    batch = importing.checked(cast.rosa, "people", f"email,state\n{cast.nils.email},active\n")
    assert importing.said(batch, "change")
    policies.enact("allow", permissions=[VIEW], condition=TITLED)
    with pytest.raises(Refused, match="or a policy, somebody would come by"):
        importing.apply(batch)
    assert Person.objects.get(pk=cast.nils.pk).state == PersonState.PREHIRE


def test_bringing_back_a_thing_gives_what_policies_allow_on_it(cast: Cast, at: datetime) -> None:
    """The policy reads nothing of the thing: incident leads see whatever there is, once it is in use."""
    keeper(cast.chiara, "Registry keeper", "resource.archive", "resource.view", region=cast.emea)
    quiet = world.resource("Quiet", "feedback", region=world.node("Quiet place", cast.emea))
    policies.enact("allow", permissions=[VIEW], condition=TITLED)
    token = bulk.undo_archive_token(bulk.archive_many(cast.chiara, ids=[quiet.pk], reason="Old", at=at))
    row = Resource.objects.get(pk=quiet.pk)
    with pytest.raises(NotAllowed):
        reopen_resource(cast.chiara, resource=row, at=at)
    with pytest.raises(NotAllowed):
        bulk.undo(cast.chiara, token=token, at=at)
    assert (
        f"/resources/{quiet.pk}/reopen/" not in signed_in(cast.chiara).get(f"/resources/{quiet.pk}/").content.decode()
    )
    assert reopen_resource(cast.priya, resource=row, at=at).archived_at is None


def test_a_policy_that_cannot_be_about_it_does_not_hold_it_back(cast: Cast, at: datetime) -> None:
    keeper(cast.chiara, "Registry keeper", "resource.archive", "resource.view", region=cast.emea)
    quiet = world.resource("Quiet", "feedback", region=world.node("Quiet place", cast.emea))
    public = {"attribute": "resource.sensitivity", "operator": "equals", "value": int(Sensitivity.PUBLIC)}
    policies.enact("allow", permissions=[VIEW], condition=public)
    policies.enact("allow", permissions=["survey.view"], condition=TITLED)
    bulk.archive_many(cast.chiara, ids=[quiet.pk], reason="Old", at=at)
    row = Resource.objects.get(pk=quiet.pk)
    assert reopen_resource(cast.chiara, resource=row, at=at).archived_at is None


# People, teams, groups and roles as what a policy is about


def test_people_are_things_that_others_come_to_see(cast: Cast, at: datetime) -> None:
    policies.enact("allow", permissions=["person.view"], condition=within(cast.mena))
    with pytest.raises(NotAllowed):
        edit(cast.rosa, cast.maya, region=cast.mena)
    keeper(cast.rosa, "Importer", "import.run")
    batch = importing.checked(cast.rosa, "people", f"email,region\n{cast.maya.email},{cast.mena.code}\n")
    with pytest.raises(Refused, match="or a policy, somebody would come by"):
        importing.apply(batch)
    edit(cast.rosa, cast.maya, region=cast.dach, title="Adviser")
    edit(cast.priya, cast.maya, region=cast.mena)


def test_so_they_are_by_their_teams(cast: Cast, at: datetime) -> None:
    """Leads see whoever is in Care DACH; who puts somebody there, even from next week on, shows them."""
    inside = {"attribute": "resource.teams", "operator": "contains_any", "value": [cast.care_dach.pk]}
    policies.enact("allow", permissions=["person.edit"], condition=inside)
    for starts in (None, at + SOON):
        with pytest.raises(NotAllowed):
            add_member(cast.rosa, team=cast.care_dach, person=cast.chiara, starts_at=starts, at=at)
    assert not Membership.objects.filter(person=cast.chiara).exists()
    add_member(cast.rosa, team=cast.care_emea, person=cast.chiara, at=at)
    add_member(cast.priya, team=cast.care_dach, person=cast.chiara, at=at)


def test_teams_and_groups_are_things_by_their_place(cast: Cast, at: datetime) -> None:
    policies.enact("allow", permissions=["team.edit", "group.edit"], condition=within(cast.mena))
    group = world.group("Watchers", region=cast.dach)

    def move(actor: Person) -> None:
        team, one = Team.objects.get(pk=cast.care_dach.pk), Group.objects.get(pk=group.pk)
        changes = {"region": cast.mena}
        edit_team(actor, team=team, row_version=team.row_version, changes=changes, at=at)
        edit_group(actor, group=one, row_version=one.row_version, changes=changes, at=at)

    for kind in ("team", "group"):
        row = Team.objects.get(pk=cast.care_dach.pk) if kind == "team" else Group.objects.get(pk=group.pk)
        moved = {"team": edit_team, "group": edit_group}[kind]
        stated = {"row_version": row.row_version, "changes": {"region": cast.mena}, "at": at, kind: row}
        with pytest.raises(NotAllowed):
            moved(cast.rosa, **stated)
    move(cast.priya)


def test_and_so_are_roles_by_their_owner_in_the_registry(cast: Cast, at: datetime) -> None:
    owned = {"attribute": "resource.owner", "operator": "equals", "other": "subject.person"}
    policies.enact("allow", permissions=["resource.view"], condition=owned)
    keeper(cast.chiara, "Role keeper", "role.edit", "role.view")
    role = Role.objects.get(pk=cast.analyst.pk)
    stated = {"role": role, "row_version": role.row_version, "changes": {"owner": cast.maya}, "at": at}
    with pytest.raises(NotAllowed):
        edit_role(cast.chiara, **stated)
    assert edit_role(cast.priya, **stated).owner == cast.maya
