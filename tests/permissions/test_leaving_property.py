"""On random organisations: after somebody leaves nothing is ever decided yes for them, and the past stays as it was."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Person
from accounts.people.leaving import services
from cxaccess.jobs.models import Job
from permissions import gate, places
from permissions.models import Action
from tests import world
from tests.leaving import leave, schedule
from tests.organisation import ACTIONS, NOON, Organisation, day, plans
from tests.permissions.test_engine_properties import MODELS, examples, town

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
PAST, LATER = [day(-3), day(-1)], [NOON, day(1), day(3), day(400)]


def _administrator() -> Person:
    boss = world.person("Boss")
    world.give(boss, world.role("Everything", set(Action.objects.values_list("key", flat=True))))
    return boss


def _answers(person: Person, actions: set[str], at: datetime) -> set[tuple[str, type, int]]:
    """Return everything that is decided yes: of each thing by itself, in lists, and of who can."""
    found = set()
    for model in MODELS:
        rows = list(model.objects.all())
        for action in actions:
            yes = {row.pk for row in rows if gate.may(person, action, places.target(row, at), at=at)}
            listed = set(gate.visible(person, action, model.objects.all(), at=at).values_list("pk", flat=True))
            assert listed == yes, (action, model, at)
            found |= {(action, model, pk) for pk in yes}
    return found


def _who_can(org: Organisation, person: Person, actions: set[str], at: datetime) -> bool:
    things = [*org.resources, *org.people]
    return any(
        gate.who_can(action, thing, at=at).filter(pk=person.pk).exists() for action in actions for thing in things
    )


@given(plan=plans, whom=st.integers(0, 3), by_clock=st.booleans(), sample=st.data())
@examples(4, 60)
def test_a_leaver_is_never_decided_yes_again_and_the_past_stays_as_it_was(plan, whom, by_clock, sample) -> None:
    with town(plan) as org:
        boss, person = _administrator(), org.people[whom % len(org.people)]
        actions = sample.draw(st.sets(st.sampled_from(ACTIONS), min_size=3, max_size=3))
        before = {at: _answers(person, actions, at) for at in PAST}
        if person.state == "left":
            return
        if by_clock:
            schedule(boss, person, day(1))
            later = LATER[1:]
        else:
            leave(boss, person)
            later = LATER
        assert all(not _answers(person, actions, at) for at in later)
        assert not any(_who_can(org, person, actions, at) for at in later)
        assert {at: _answers(person, actions, at) for at in PAST} == before


@given(plan=plans, whom=st.integers(0, 3))
@examples(3, 40)
def test_the_job_changes_no_answer_that_the_clock_gave(plan, whom) -> None:
    with town(plan) as org:
        boss, person = _administrator(), org.people[whom % len(org.people)]
        if person.state == "left":
            return
        leaving = schedule(boss, person, day(1))
        moments = [*PAST, NOON, *LATER[1:]]
        before = {at: _answers(person, set(ACTIONS[:3]), at) for at in PAST}
        services.leave_as_scheduled(Job.objects.get(slot=str(leaving.pk)), day(1))
        after = {at: _answers(person, set(ACTIONS[:3]), at) for at in moments}
        assert {at: after[at] for at in PAST} == before
        assert not any(after[at] for at in LATER[1:])
