"""On random organisations, every way of asking gives the same answer, and it is the plain one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import Person, Team
from permissions import facts, gate, places
from permissions.engine import allows, decide
from permissions.models import Resource, Role, RoleGrant
from tests.oracle import Oracle
from tests.organisation import ACTIONS, NOON, Organisation, Plan, build, day, days, plans

FULL = bool(os.environ.get("CXACCESS_FULL"))
MODELS = (Resource, Person, Team, Role, RoleGrant)

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]


def examples(few: int, many: int):
    """Return hypothesis settings: a few examples in the quick run, many with CXACCESS_FULL=1; always the same ones."""
    return settings(
        max_examples=many if FULL else few, deadline=None, derandomize=not FULL, database=None,
        phases=tuple(Phase) if FULL else (Phase.generate,),
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip


@contextmanager
def town(plan: Plan) -> Iterator[Organisation]:
    """The organisation, at NOON, and nothing left of it afterwards."""
    with transaction.atomic(), time_machine.travel(NOON, tick=False):
        facts.kept.clear()
        yield build(plan)
        transaction.set_rollback(True)


def things(action: str) -> list:
    """Return every row of every model, each of which may or may not be what `action` is about."""
    return [row for model in MODELS for row in model.objects.all()]


def answered_by_lists(person: Person, action: str, at) -> set:
    """Return all that lists show of every model."""
    return {(model, pk) for model in MODELS for pk in ids(gate.visible(person, action, model.objects.all(), at=at))}


def ids(rows) -> set[int]:
    return set(rows.values_list("pk", flat=True))


def keyed(rows) -> set:
    return {(type(row), row.pk) for row in rows}


@given(plan=plans, when=days, sample=st.data())
@examples(6, 100)
def test_lists_points_explanations_and_the_oracle_agree(plan, when, sample) -> None:
    with town(plan) as org:
        at, oracle, everything = day(when), Oracle(), things("")
        for person in org.people:
            found = facts.snapshot(person.pk, at)
            targets = {
                (model, pk): target
                for model in MODELS
                for pk, target in places.targets(list(model.objects.all()), at).items()
            }
            for action in sample.draw(st.sets(st.sampled_from(ACTIONS), min_size=3, max_size=4)):
                expected = keyed(row for row in everything if oracle.may(person, action, row, at))
                asked = {key: (found.model, found.subject, action, target, at) for key, target in targets.items()}
                points = {key for key, question in asked.items() if allows(*question)}
                reasons = {key for key, question in asked.items() if decide(*question).allowed}
                assert points == expected
                assert reasons == expected
                assert answered_by_lists(person, action, at) == expected


@given(plan=plans, when=days, sample=st.data())
@examples(4, 60)
def test_the_gate_answers_the_same_fresh_pinned_and_explained(plan, when, sample) -> None:
    with town(plan) as org:
        at, oracle, everything = day(when), Oracle(), things("")
        asked = [(sample.draw(st.sampled_from(org.people)), row) for row in everything]
        with facts.pinned():
            for (person, row), action in product(asked[:12], sample.draw(st.permutations(ACTIONS))[:3]):
                expected = oracle.may(person, action, row, at)
                with facts.unpinned():
                    assert gate.may(person, action, row, at=at) == expected
                assert gate.may(person, action, row, at=at) == expected
                assert gate.explain(person, action, row, at=at).allowed == expected


@given(plan=plans, when=days)
@examples(4, 60)
def test_who_can_is_the_inverse_of_may(plan, when) -> None:
    with town(plan) as org:
        at, oracle = day(when), Oracle()
        for row in [*org.resources, org.people[0], org.teams[-1], org.roles[0], *org.grants[:1]]:
            for action in [action for action in ACTIONS if action.startswith(f"{oracle.type_of(row)}.")]:
                expected = {person.pk for person in org.people if oracle.may(person, action, row, at)}
                assert ids(gate.who_can(action, row, at=at)) == expected


@given(plan=plans, later=st.lists(days.filter(lambda n: n >= 0), min_size=1, max_size=3))
@examples(4, 60)
def test_a_snapshot_stays_right_as_time_passes(plan, later) -> None:
    """What was loaded at noon answers for every later moment: windows begin and end by themselves."""
    with town(plan) as org:
        oracle = Oracle()
        kept = {person: facts.snapshot(person.pk, NOON) for person in org.people}
        for person, number in product(org.people, later):
            at, found = day(number), kept[person]
            for row, action in product(org.resources, ("feedback.view", "survey.view")):
                target = places.target(row, at)
                assert allows(found.model, found.subject, action, target, at) == oracle.may(person, action, row, at)


@given(plan=plans, when=days)
@examples(4, 60)
def test_menus_show_what_some_list_could_hold(plan, when) -> None:
    """`held` and `may_somewhere` are one; and whatever a list shows, its door is open."""
    with town(plan) as org:
        at = day(when)
        for person in org.people:
            held = gate.held(person, at=at)
            assert held == {action for action in ACTIONS if gate.may_somewhere(person, action, at=at)} | (
                held - set(ACTIONS)
            )
            shown = {a for a in ("feedback.view", "person.view", "team.view") if answered_by_lists(person, a, at)}
            assert shown <= held
