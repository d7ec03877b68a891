"""On random people, evaluating a condition and asking the tables give the same answer, and unknown never opens."""

import os
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.attributes import columns, facts, schema
from accounts.models import Person
from cxaccess.lib.conditions import InvalidCondition, Not, evaluate, read, write
from cxaccess.lib.conditions.columns import NotCompilable
from cxaccess.lib.conditions.query import compile_condition
from permissions import history
from tests.conditions import drawn
from tests.conditions.drawn import NOON, Town

FULL = bool(os.environ.get("CXACCESS_FULL"))
EACH = 8  # conditions on one town
pytestmark = [pytest.mark.django_db, pytest.mark.realdb, pytest.mark.slow]


def examples(few: int, many: int) -> Any:
    return settings(
        max_examples=many if FULL else few, deadline=None, derandomize=not FULL, database=None,
        phases=tuple(Phase) if FULL else (Phase.generate,), suppress_health_check=list(HealthCheck),
    )  # fmt: skip


def condition_of(town: Town, known: Any, data: st.DataObject) -> Any:
    raw = data.draw(drawn.conditions(town, known))
    try:
        return read(raw, known)
    except InvalidCondition:
        return None


def answers(condition: Any, known: Any, world: Any) -> dict[int, bool | None]:
    people = list(Person.objects.all())
    found = facts.of_people(people, known, NOON)
    return {person.pk: evaluate(condition, found[person.pk], known, world) for person in people}


def asked(condition: Any, known: Any, world: Any, of: Any = None) -> set[int]:
    places = columns.of_people(known, NOON) if of is None else of
    return set(Person.objects.filter(compile_condition(condition, known, places, world)).values_list("pk", flat=True))


@pytest.fixture
def place(db: None) -> Town:
    return drawn.place()


def test_the_tables_say_what_evaluation_says(place: Town) -> None:
    @given(data=st.data())
    @examples(20, 200)
    def walk(data: st.DataObject) -> None:
        with transaction.atomic():
            town = drawn.settle(place, data.draw(drawn.towns))
            known, world = schema.of_people(), facts.world(history.model(None), NOON, "Europe/Berlin")
            for _ in range(EACH):
                condition = condition_of(town, known, data)
                if condition is not None:
                    agree(condition, known, world)
            transaction.set_rollback(True)

    walk()


def agree(condition: Any, known: Any, world: Any) -> None:
    said = answers(condition, known, world)
    try:
        listed, contrary = asked(condition, known, world), asked(Not(condition), known, world)
    except NotCompilable:
        return
    assert listed == {pk for pk, answer in said.items() if answer is True}, condition
    assert contrary == {pk for pk, answer in said.items() if answer is False}, condition
    assert read(write(condition), known) == condition


def test_what_nobody_knows_opens_neither_a_condition_nor_its_contrary(place: Town) -> None:
    """Take facts away from somebody: an answer may only turn into "unknown", whatever the condition."""

    @given(data=st.data())
    @examples(15, 100)
    def walk(data: st.DataObject) -> None:
        with transaction.atomic():
            town = drawn.settle(place, data.draw(drawn.towns))
            known, world = schema.of_people(), facts.world(history.model(None), NOON, "UTC")
            found = facts.of_people(town.people, known, NOON)[town.people[0].pk]
            for _ in range(EACH):
                condition = condition_of(town, known, data)
                if condition is not None:
                    lost = data.draw(st.sets(st.sampled_from(sorted(found))))
                    ill_typed = {key: object() if key in lost else value for key, value in found.items()}
                    before, after = (evaluate(condition, each, known, world) for each in (found, ill_typed))
                    assert after is None or after is before, (condition, lost)
            transaction.set_rollback(True)

    walk()
