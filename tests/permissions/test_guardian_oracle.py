"""Guardian's own checker, taught windows, agrees with the gate on object grants: an oracle that nobody here wrote."""

from datetime import datetime
from functools import cache
from typing import Any

import pytest
from django.db.models import Model
from guardian.core import ObjectPermissionChecker
from hypothesis import given

from accounts.models import Membership, Person, Team
from cxaccess.lib import clock
from cxaccess.lib.models import in_force
from permissions import facts, gate, lists
from permissions.models import GroupObjectGrant, Implication, PersonObjectGrant, Resource, Role, RoleGrant
from tests import world
from tests.organisation import ACTIONS, Organisation, day, days, plans
from tests.permissions.test_engine_properties import examples, town

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]


class WindowedChecker(ObjectPermissionChecker):
    """Guardian's checker, whose two filters also ask whether the row is in force, and who is in which team."""

    def __init__(self, person: Person, at: datetime) -> None:
        person.is_superuser = False  # there is none here, and guardian asks
        super().__init__(person)
        self.at = at

    def get_user_filters(self, obj: Resource) -> dict[str, Any]:
        return self.windowed(super().get_user_filters(obj), PersonObjectGrant)

    def get_group_filters(self, obj: Resource) -> dict[str, Any]:
        groups = [team.principal.auth_group_id for team in self.teams()]
        name = GroupObjectGrant.permission.field.related_query_name()
        return self.windowed({f"{name}__group__in": groups, f"{name}__content_object": obj}, GroupObjectGrant)

    def windowed(self, filters: dict[str, Any], model: type[PersonObjectGrant | GroupObjectGrant]) -> dict[str, Any]:
        running = model.objects.filter(in_force(self.at)).values("pk")
        return {**filters, f"{model.permission.field.related_query_name()}__in": running}

    def teams(self) -> list[Team]:
        """Return the teams of the person with those above them, as far as none on the way is archived."""
        found: list[Team] = []
        rows = Membership.objects.filter(in_force(self.at), person=self.user, principal__team__isnull=False)
        for row in rows.select_related("principal__team"):
            team: Team | None = row.principal.team
            while team is not None and team.archived_at is None:
                found.append(team)
                team = team.parent
        return found


def brought_by(held: set[str], pairs: set[tuple[str, str]]) -> set[str]:
    """Return `held` with all that it implies by the `pairs` of a permission and one that it implies."""
    while True:
        more = held | {implied for action, implied in pairs if action in held}
        if more == held:
            return held
        held = more


@given(plan=plans, when=days)
@examples(8, 100)
def test_guardian_with_windows_agrees_with_the_gate_on_object_grants(plan, when) -> None:
    with town(plan) as org:
        at = day(when)
        RoleGrant.objects.all().delete()  # guardian knows no roles
        with facts.pinned():
            agrees(org, at)


def agrees(org: Organisation, at: datetime) -> None:
    """Assert that for everybody and each thing guardian, the gate's points and its lists say the same."""
    things = [*org.resources, *(team.resource for team in org.teams)]
    pairs = set(Implication.objects.values_list("action__key", "implies__key"))
    teams = {team.resource_id: team for team in Team.objects.select_related("resource")}
    for person in org.people:
        checker = WindowedChecker(person, at)

        @cache
        def listed(model: type[Model], action: str, person: Person = person) -> frozenset[int]:
            return frozenset(gate.visible(person, action, model.objects.all(), at=at).values_list("pk", flat=True))

        for thing in things:
            asked = teams.get(thing.pk) or thing
            given = {codename.replace("_", ".", 1) for codename in checker.get_perms(thing)}
            expected = {action for action in brought_by(given, pairs) if action.startswith(f"{thing.type.key}.")}
            mine = {action for action in ACTIONS if gate.may(person, action, asked, at=at)}
            assert mine == expected & set(ACTIONS)
            for action in expected:
                assert asked.pk in listed(type(asked), action)


def test_a_role_is_a_thing_too_and_its_owner_can_be_given_exactly_it(cast) -> None:
    world.give_on(cast.chiara, "role.edit", cast.agent.resource)
    at = clock.now()
    assert gate.may(cast.chiara, "role.edit", cast.agent, at=at)
    assert gate.may(cast.chiara, "role.view", cast.agent, at=at), "edit implies view"
    assert not gate.may(cast.chiara, "role.edit", cast.analyst, at=at)
    assert list(gate.visible(cast.chiara, "role.view", Role.objects.all(), at=at)) == [cast.agent]
    assert cast.chiara in gate.who_can("role.edit", cast.agent, at=at)


def test_more_things_than_a_statement_lists_are_still_all_in_the_list(cast, monkeypatch) -> None:
    monkeypatch.setattr(lists, "LISTED", 2)
    things = [world.resource(f"Board {n}", "dashboard") for n in range(4)]
    world.give_on(cast.chiara, "dashboard.view", things[0])
    world.give_on(cast.chiara, "dashboard.edit", things[1])
    world.give_on(cast.insights_dach, "dashboard.view", things[2])
    world.give_on(cast.care_emea, "dashboard.view", things[3])
    world.join(cast.chiara, cast.insights_dach)
    at = clock.now()
    rows = gate.visible(cast.chiara, "dashboard.view", Resource.objects.all(), at=at)
    assert set(rows) == set(things[:3])
