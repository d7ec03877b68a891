"""Past answers stay: what was answered at a moment is what asking about that moment answers ever after."""

from datetime import timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import AttributeHistory, Membership, ParentHistory, Person, Team
from cxaccess.jobs import stamps
from permissions import facts, gate
from permissions.models import Mode, Resource, Role, RoleGrant
from tests import world
from tests.organisation import ACTIONS, NOON, Organisation, few, plans
from tests.permissions.test_engine_properties import MODELS, answered_by_lists, examples, ids, town

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
LATER = NOON + timedelta(hours=1)
LONG_AFTER = NOON + timedelta(days=40)


def pick(rows, number):
    return rows[number % len(rows)] if rows else None


def note(of: str, row, name: str, new) -> None:
    """Change an attribute the way services do: with what it was before."""
    old = getattr(row, name)
    if not AttributeHistory.objects.filter(of=of, of_id=row.pk, name=name).exists():
        AttributeHistory.objects.create(
            of=of, of_id=row.pk, name=name, value=getattr(old, "pk", old), since=world.LONG_AGO
        )
    AttributeHistory.objects.create(of=of, of_id=row.pk, name=name, value=getattr(new, "pk", new), since=LATER)
    setattr(row, name, new)
    row.save(update_fields=[name])


def suspend(org: Organisation, number: int) -> None:
    person = pick(org.people, number)
    note("person", person, "state", "suspended" if person.state == "active" else "active")


def move_person(org: Organisation, number: int) -> None:
    note("person", pick(org.people, number), "region", pick(org.places["region"], number))


def move_resource(org: Organisation, number: int) -> None:
    note("resource", pick(org.resources, number), "region", pick(org.places["region"], number))


def move_team(org: Organisation, number: int) -> None:
    team = org.teams[-1]
    if len(org.teams) > 1:
        _reparent("team", team, org.teams[number % (len(org.teams) - 1)])


def move_region(org: Organisation, number: int) -> None:
    regions = org.places["region"]
    if len(regions) > 1:
        _reparent("node", regions[-1], regions[number % (len(regions) - 1)])


def _reparent(kind: str, row, parent) -> None:
    if not ParentHistory.objects.filter(kind=kind, of_id=row.pk).exists():
        ParentHistory.objects.create(kind=kind, of_id=row.pk, parent_id=row.parent_id, since=world.LONG_AGO)
    ParentHistory.objects.create(kind=kind, of_id=row.pk, parent_id=parent.pk, since=LATER)
    row.parent = parent
    row.save(update_fields=["parent"])


def change_role(org: Organisation, number: int) -> None:
    world.reversion(pick(org.roles, number), {ACTIONS[number], "feedback.export"}, at=LATER)


def retire_role(org: Organisation, number: int) -> None:
    Role.objects.filter(pk=pick(org.roles, number).pk, retired_at=None).update(retired_at=LATER)


def archive_team(org: Organisation, number: int) -> None:
    Team.objects.filter(pk=pick(org.teams, number).pk, archived_at=None).update(archived_at=LATER)


def end_grants(org: Organisation, number: int) -> None:
    for row in RoleGrant.objects.in_force(LATER)[number : number + 2]:
        RoleGrant.objects.filter(pk=row.pk).update(until=LATER)


def end_memberships(org: Organisation, number: int) -> None:
    for row in Membership.objects.in_force(LATER)[: number + 1]:
        Membership.objects.filter(pk=row.pk).update(until=LATER)


def give(org: Organisation, number: int) -> None:
    made = world.give(pick(org.people, number), pick(org.roles, number), starts=LATER)
    RoleGrant.objects.filter(pk=made.pk).update(mode=Mode.ACTIVE)


def hire(org: Organisation, number: int) -> None:
    person = world.person(f"New {Person.objects.count()}", created_at=LATER, region=pick(org.places["region"], number))
    world.join(person, pick(org.teams, number), starts=LATER)


def add_resource(org: Organisation, number: int) -> None:
    made = world.resource("Later", "feedback", region=pick(org.places["region"], number))
    Resource.objects.filter(pk=made.pk).update(created_at=LATER)


CHANGES = (
    suspend, move_person, move_resource, move_team, move_region, change_role, retire_role, archive_team, end_grants,
    end_memberships, give, hire, add_resource,
)  # fmt: skip


def answers(org: Organisation, at) -> dict:
    """Return all that lists and who-can answer about the organisation at `at`."""
    lists = {
        (person.pk, action): answered_by_lists(person, action, at) for person in org.people for action in ACTIONS[::2]
    }
    whoever = {
        (row.pk, action): ids(gate.who_can(action, row, at=at)) for row in org.resources for action in ACTIONS[:2]
    }
    return lists | whoever


@given(plan=plans, happened=st.lists(st.tuples(st.sampled_from(CHANGES), few), min_size=3, max_size=8))
@examples(4, 60)
def test_what_was_answered_then_is_answered_of_then(plan, happened) -> None:
    with town(plan) as org:
        answered = answers(org, NOON)
        with time_machine.travel(LATER, tick=False):
            for change, number in happened:
                change(org, number)
            world._changed(stamps.MODEL, *Person.objects.values_list("principal_id", flat=True))
            facts.kept.clear()
        with time_machine.travel(LONG_AFTER, tick=False):
            assert answers(org, NOON) == answered
    assert MODELS
