"""Whoever owns a team or group may put exactly that right, as long as they own it; ownership is given, not taken."""

import pytest
from django.urls import reverse

from accounts.groups import services as groups
from accounts.models import Group, Person, Team
from accounts.teams import services as teams
from cxaccess.lib import clock
from permissions import gate
from permissions.guards import NotAllowed
from permissions.models import PersonObjectGrant
from permissions.objects import brought
from tests import world
from tests.cast import Cast
from tests.importing import checked, said
from tests.sessions import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
KINDS = ("team", "group")


def founded(kind: str, actor: Person, owner: Person | None, cast: Cast, name: str = "Night shift") -> Team | Group:
    given = {"name": name, "owner": owner, "region": cast.dach, "at": clock.now()}
    return teams.create_team(actor, **given) if kind == "team" else groups.create_group(actor, **given)


def edit(kind: str, actor: Person, row: Team | Group, **changes: object) -> Team | Group:
    now = type(row).objects.get(pk=row.pk)
    stated = {"row_version": now.row_version, "changes": changes, "at": clock.now()}
    if kind == "team":
        return teams.edit_team(actor, team=now, **stated)
    return groups.edit_group(actor, group=now, **stated)


def may_edit(kind: str, who: Person, row: Team | Group) -> bool:
    return gate.may(who, f"{kind}.edit", type(row).objects.select_related("resource").get(pk=row.pk), at=clock.now())


@pytest.mark.parametrize("kind", KINDS)
def test_an_owner_edits_exactly_what_they_own(cast: Cast, kind: str) -> None:
    row = founded(kind, cast.priya, cast.chiara, cast)
    other = cast.care_dach if kind == "team" else world.group("Circle", region=cast.dach)
    assert (may_edit(kind, cast.chiara, row), may_edit(kind, cast.chiara, other)) == (True, False)
    assert edit(kind, cast.chiara, row, purpose="Nights and feast days").purpose == "Nights and feast days"
    assert not gate.may(cast.chiara, f"{kind}.manage_members", row, at=clock.now())
    assert signed_in(cast.chiara).get(reverse(f"{kind}s:edit", args=[row.pk])).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_another_owner_takes_over_what_came_with_it(cast: Cast, kind: str) -> None:
    row = founded(kind, cast.priya, cast.chiara, cast)
    edit(kind, cast.priya, row, owner=cast.maya)
    assert (may_edit(kind, cast.chiara, row), may_edit(kind, cast.maya, row)) == (False, True)
    edit(kind, cast.priya, row, owner=None)
    assert not may_edit(kind, cast.maya, row)
    old = PersonObjectGrant.objects.get(user=cast.chiara, content_object=row.resource)
    assert (old.ended_by, old.end_reason) == (cast.priya, "Somebody else owns it now.")


@pytest.mark.parametrize("kind", KINDS)
def test_only_who_could_give_it_makes_somebody_owner(cast: Cast, kind: str) -> None:
    world.give(cast.otto, world.role("Founder", {f"{kind}.create", f"{kind}.edit"}))
    row = founded(kind, cast.otto, None, cast)
    with pytest.raises(NotAllowed):
        edit(kind, cast.otto, row, owner=cast.otto)
    row.refresh_from_db()
    assert row.owner is None
    with pytest.raises(NotAllowed):
        founded(kind, cast.otto, cast.otto, cast, "Day shift")


@pytest.mark.parametrize("kind", KINDS)
def test_an_owner_neither_hands_it_on_nor_takes_it_to_places_that_are_others(cast: Cast, kind: str) -> None:
    row = founded(kind, cast.priya, cast.chiara, cast)
    for changes in ({"owner": cast.ali}, {"region": cast.mena}, {"department": cast.insights}):
        with pytest.raises(NotAllowed):
            edit(kind, cast.chiara, row, **changes)
    assert edit(kind, cast.rosa, row, region=cast.mena).resource.region == cast.mena


def test_a_team_is_archived_though_somebody_owns_it(cast: Cast) -> None:
    row = founded("team", cast.priya, cast.chiara, cast)
    assert teams.archive_team(cast.priya, team=row, reason="Over", at=clock.now()).archived_at is not None


def test_owners_of_before_are_brought_up_to_date_once(cast: Cast) -> None:
    Team.objects.filter(pk=cast.care_dach.pk).update(owner=cast.maya)
    type(cast.care_dach.resource).objects.filter(pk=cast.care_dach.resource_id).update(owner=cast.maya)
    brought.sync(at=clock.now())
    assert may_edit("team", cast.maya, cast.care_dach)
    assert brought.sync(at=clock.now()) == 0


def test_a_file_makes_no_owners_where_its_bringer_could_not(cast: Cast) -> None:
    world.give(cast.otto, world.role("Importer", {"import.run", "team.create", "team.manage_members"}))
    batch = checked(cast.otto, "teams", f"team,owner\nNight shift,{cast.maya.email}\nDay shift,\n")
    assert list(said(batch)) == [2]
    assert "make owners" in said(batch)[2]
