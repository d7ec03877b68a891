"""Leaving at the same moment as something else, on connections of their own, and by workers that are killed."""

import random
import time
from functools import partial

import pytest
from django.test import Client

from accounts.models import Leaving, Membership, Person, PersonState, Session
from accounts.people.leaving import services
from accounts.teams.memberships import add_member
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.jobs.models import Job
from cxaccess.lib import clock
from permissions.giving import lasting_administrators
from permissions.grants.services import give_role
from permissions.models import Action, PersonObjectGrant, RoleGrant
from permissions.objects.services import give_on
from tests import cast as people
from tests import world
from tests.cast import Cast
from tests.leaving import leave, schedule
from tests.permissions.test_ends_under_fire import kill, start
from tests.rivals import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb]
ROUNDS, KILLS = 5, 3


@pytest.fixture
def town(transactional_db: None) -> Cast:
    """The cast, committed."""
    from permissions.catalogue.services import install_catalogue

    install_catalogue()
    return people.build()


def test_what_is_given_while_somebody_leaves_does_not_stand(town: Cast) -> None:
    feedback = Action.objects.get(key="feedback.view")
    for number in range(ROUNDS):
        person = world.person(f"Leaver {number}", region=town.germany)
        role = partial(give_role, town.priya, principal=person.principal, role=town.agent, scope=world.scope(),
                       starts_at=None, until=None, reason="So", at=clock.now())  # fmt: skip
        thing = partial(give_on, town.priya, principal=person.principal, action=feedback, resource=town.mena_reviews,
                        starts_at=None, until=None, reason="So", at=clock.now())  # fmt: skip
        member = partial(add_member, town.priya, team=town.care_dach, person=person, at=clock.now())
        together(partial(leave, town.priya, person), role, thing, member)
        at = clock.now()
        assert Person.objects.get(pk=person.pk).state == PersonState.LEFT
        assert not RoleGrant.objects.not_over(at).filter(principal=person.principal_id).exists()
        assert not PersonObjectGrant.objects.not_over(at).filter(user=person).exists()
        assert not Membership.objects.not_over(at).filter(person=person).exists()


def test_two_administrators_who_offboard_at_once_end_it_once(town: Cast) -> None:
    second = world.person("Second Admin", region=town.world_)
    world.give(second, town.administrator)
    for number in range(ROUNDS):
        person = world.person(f"Leaver {number}", region=town.germany)
        world.give(person, town.agent, region=town.germany)
        outcomes = together(partial(leave, town.priya, person), partial(leave, second, person))
        assert sum(isinstance(one, Leaving) for one in outcomes) == 1, outcomes
        assert Event.objects.filter(tag=Tag.PERSON_LEFT, about_person_id=person.pk).count() == 1
        assert Event.objects.filter(tag=Tag.GRANT_ENDED, about_person_id=person.pk).count() == 1


def test_the_last_two_administrators_cannot_let_each_other_leave(town: Cast) -> None:
    RoleGrant.objects.filter(principal=town.priya.principal_id).update(until=world.LONG_AGO)
    for number in range(ROUNDS):
        pair = [world.person(f"{name} Admin {number}", region=town.world_) for name in ("First", "Second")]
        for one in pair:
            world.give(one, town.administrator)
        together(partial(leave, pair[0], pair[1]), partial(leave, pair[1], pair[0]))
        assert lasting_administrators(at=clock.now()).count() == 1
        Person.objects.filter(pk__in=[one.pk for one in pair]).update(state=PersonState.LEFT)


def test_who_signs_in_while_they_leave_has_no_session_afterwards(town: Cast) -> None:
    for number in range(ROUNDS):
        person = world.person(f"Leaver {number}", region=town.germany)
        knock = {"login": person.email, "password": "correct horse battery staple"}
        together(partial(leave, town.priya, person), partial(Client().post, "/sign-in/", knock))
        assert not Session.objects.filter(person=person, ended_at=None).exists()


def _wait_for_fewer(than: int) -> None:
    deadline = time.monotonic() + 120
    while than and Leaving.objects.filter(done_at=None).count() >= than:
        assert time.monotonic() < deadline, f"{than} are waiting still"
        time.sleep(0.02)


def _hand_on() -> None:
    """Let others have the job of a dead worker now."""
    Job.objects.filter(kind="leaver.leave", done_at=None).update(lease_until=None, run_at=clock.now())


@pytest.mark.slow
def test_killed_and_doubled_workers_let_each_leave_exactly_once(town: Cast) -> None:
    leavers = []
    for number in range(40):
        person = world.person(f"Leaver {number}", region=town.germany, manager=town.jonas)
        for _ in range(3):
            world.give_on(person, "feedback.view", town.mena_reviews)
        leavers.append(person)
        schedule(town.priya, person, world.soon(seconds=0.05))
    waiting = Leaving.objects.filter(done_at=None)
    chance, workers = random.Random(7), [start(), start()]
    try:
        for _ in range(KILLS):
            _wait_for_fewer(waiting.count())
            time.sleep(chance.random() * 0.05)
            kill(workers.pop(0))
            _hand_on()
            workers.append(start())
        while waiting.exists():
            _hand_on()
            _wait_for_fewer(waiting.count())
    finally:
        for worker in workers:
            kill(worker)
    left = Event.objects.filter(tag=Tag.PERSON_LEFT)
    assert left.count() == left.values("about_person_id").distinct().count() == len(leavers)
    assert Event.objects.filter(tag=Tag.OBJECT_GRANT_ENDED).count() == 3 * len(leavers)
    for job in Job.objects.filter(kind="leaver.leave"):
        services.leave_as_scheduled(job, clock.now())
    assert left.count() == len(leavers)
