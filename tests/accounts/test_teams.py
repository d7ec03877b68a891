"""Use cases on teams."""

import pytest

from accounts.models import ParentHistory, Team
from accounts.teams import memberships, services
from audits.models import Event
from cxaccess.lib import clock
from cxaccess.lib.errors import InUse, Refused, Stale
from permissions import gate
from permissions.guards import NotAllowed, NotVisible
from tests import world
from tests.cast import Cast


def fresh(team: Team) -> Team:
    return services.TEAMS.get(pk=team.pk)


def create(actor: object, **fields: object) -> Team:
    fields.setdefault("name", "Care Germany")
    return services.create_team(actor, at=clock.now(), **fields)


def edit(actor: object, team: Team, **changes: object) -> Team:
    return services.edit_team(
        actor, team=team, row_version=fresh(team).row_version, changes=changes, at=clock.now()
    )  # fmt: skip


def move(actor: object, team: Team, parent: Team | None) -> Team:
    return services.move_team(
        actor, team=team, row_version=fresh(team).row_version, parent=parent, at=clock.now()
    )  # fmt: skip


def archive(actor: object, team: Team) -> Team:
    return services.archive_team(actor, team=team, reason="Merged", at=clock.now())


def test_a_new_team_can_hold_grants_and_is_protected_itself(cast: Cast) -> None:
    team = create(cast.priya, region=cast.germany, department=cast.care, parent=cast.care_dach, purpose=" Answers ")
    assert (team.name, team.purpose, team.parent) == ("Care Germany", "Answers", cast.care_dach)
    assert (team.resource.object_id, team.resource.owner_team_id) == (team.pk, team.pk)
    assert team.principal.auth_group is not None
    assert gate.may(cast.rosa, "team.edit", team, at=clock.now())


def test_teams_are_founded_only_where_one_may(cast: Cast) -> None:
    world.give(cast.jonas, world.role("Founder", {"team.create"}), region=cast.dach)
    assert create(cast.jonas, region=cast.germany)
    assert create(cast.jonas, name="Under another", region=cast.germany, parent=cast.care_dach)
    with pytest.raises(NotVisible):
        create(cast.jonas, name="Nowhere")
    with pytest.raises(NotVisible):
        create(cast.chiara, name="Never")


def test_a_teams_name_is_its_own_whatever_the_case(cast: Cast) -> None:
    with pytest.raises(Refused) as refusal:
        create(cast.priya, name="care dach")
    assert refusal.value.field == "name"
    with pytest.raises(Refused):
        edit(cast.priya, cast.care_emea, name="CARE DACH")


def test_a_teams_place_changes_only_within_reach(cast: Cast) -> None:
    assert edit(cast.rosa, cast.care_dach, region=cast.mena).resource.region == cast.mena
    with pytest.raises(NotAllowed):
        edit(cast.rosa, cast.care_dach, region=cast.world_)
    event = Event.objects.get(tag="team.edited")
    assert event.changes == {"region": [cast.dach.pk, cast.mena.pk]}


def test_the_second_of_two_edits_is_told_what_changed(cast: Cast) -> None:
    seen = fresh(cast.care_dach)
    edit(cast.priya, cast.care_dach, purpose="Answers the phone")
    with pytest.raises(Stale) as stale:
        services.edit_team(
            cast.rosa, team=seen, row_version=seen.row_version, changes={"purpose": "Mails"}, at=clock.now()
        )  # fmt: skip
    assert stale.value.facts["now"]["purpose"] == "Answers the phone"


def test_a_team_never_comes_under_itself(cast: Cast) -> None:
    with pytest.raises(Refused, match="Care DACH > Care EMEA") as refusal:
        move(cast.priya, cast.care_emea, cast.care_dach)
    assert refusal.value.field == "parent"


def test_moving_a_team_gives_its_members_what_those_above_hold(cast: Cast) -> None:
    queue = world.resource("Returns DACH", "ticket", region=cast.dach)
    world.give(cast.care_emea, cast.agent, region=cast.emea)
    assert not gate.may(cast.maya, "ticket.reply", queue, at=clock.now())
    before = clock.now()
    move(cast.priya, cast.insights_dach, cast.care_emea)
    assert gate.may(cast.maya, "ticket.reply", queue, at=clock.now())
    assert [row.parent_id for row in ParentHistory.objects.filter(kind="team").order_by("since")] == [
        None,
        cast.care_emea.pk,
    ]
    assert before < ParentHistory.objects.latest("since").since


def test_who_cannot_give_what_those_above_hold_cannot_move_a_team_there(cast: Cast) -> None:
    world.give(cast.care_emea, cast.agent)
    with pytest.raises(NotAllowed) as refusal:
        move(cast.rosa, cast.insights_dach, cast.care_emea)
    assert refusal.value.decision.action == "role.give"
    assert fresh(cast.insights_dach).parent is None


def test_moving_a_team_counts_as_giving_reach_over_it(cast: Cast) -> None:
    world.give(cast.chiara, cast.administrator, team=cast.care_emea)
    mover = world.person("Tom Mover", region=cast.emea)
    world.give(mover, world.role("Mover", {"team.edit"}))
    with pytest.raises(NotAllowed):
        move(mover, cast.insights_dach, cast.care_emea)
    move(mover, cast.care_dach, None)


def test_a_team_in_use_is_not_archived_and_says_by_whom(cast: Cast) -> None:
    with pytest.raises(InUse) as refusal:
        archive(cast.priya, cast.insights_dach)
    assert refusal.value.facts["users"] == [
        "2 members (Jonas Weber, Maya Okafor)",
        "1 role given to it (Analyst)",
    ]
    with pytest.raises(InUse, match="1 team under it"):
        archive(cast.priya, cast.care_emea)


def test_an_archived_team_takes_nobody_and_changes_no_more(cast: Cast) -> None:
    archive(cast.priya, cast.care_dach)
    with pytest.raises(Refused, match="archived"):
        memberships.add_member(cast.priya, team=cast.care_dach, person=cast.ali, at=clock.now())
    with pytest.raises(Stale):
        edit(cast.priya, cast.care_dach, purpose="Again")
    with pytest.raises(Refused, match="archived"):
        move(cast.priya, cast.insights_dach, cast.care_dach)


def test_the_last_administrators_team_stays_where_its_power_is(cast: Cast) -> None:
    over = world.team("Access office")
    under = world.team("Administrators", over)
    world.give(over, cast.administrator)
    world.join(cast.chiara, under)
    mover = world.person("Tom Mover")
    world.give(mover, world.role("Mover", {"team.edit"}))
    cast.priya.principal.role_grants.all().delete()
    with pytest.raises(Refused, match="nobody who can administer"):
        move(mover, under, None)
