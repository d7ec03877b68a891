"""Fuzzed conditions: none crashes what reads it, none opens by what nobody knows, the cost of each is bounded."""

import os
import time
from random import Random
from typing import Any

import pytest

from cxaccess.lib.conditions import (
    Condition,
    InvalidCondition,
    Not,
    Operator,
    attributes_of,
    evaluate,
    leaves,
    read,
    write,
)
from cxaccess.lib.conditions.compiled import compiled
from cxaccess.lib.conditions.folding import folding
from cxaccess.lib.conditions.reading import DEEPEST, MOST_LEAVES, MOST_PARTS
from tests.conditions.hostile import Writer, facts
from tests.conditions.schemas import SCHEMA, WORLD

BATCHES, EACH = (100, 1_000) if os.environ.get("CXACCESS_FULL") else (5, 1_000)
LONGEST = 0.25  # seconds of work for one document, reading and judging; most take a thousandth of that
PRESENCE = {Operator.IS_SET, Operator.IS_MISSING}


def reading(raw: Any) -> Condition | None:
    """Return the condition, or None where it is refused: with at least one problem, each with place and reason."""
    try:
        return read(raw, SCHEMA)
    except InvalidCondition as refused:
        problems = refused.problems
    assert 0 < len(problems) <= MOST_PARTS
    for problem in problems:
        assert problem.message
        assert all(isinstance(number, int) for number in problem.place)
        assert len(problem.place) <= DEEPEST + 1
        assert problem.part in ("", "attribute", "operator", "value")
    return None


def judged(condition: Condition, random: Random) -> None:
    """Hold what a condition says: both readings agree, its contrary never opens too; nothing known opens nothing."""
    judge, contrary = compiled(condition, SCHEMA), compiled(Not(condition), SCHEMA)
    folds = {wanted: folding(condition, SCHEMA, wanted=wanted) for wanted in (True, False)}
    for known in ({}, facts(random, SCHEMA), facts(random, SCHEMA)):
        said = evaluate(condition, known, SCHEMA, WORLD)
        assert said in (True, False, None)
        assert judge(known, WORLD) is said
        assert contrary(known, WORLD) is (None if said is None else not said)
        for wanted, fold in folds.items():
            left, at = fold(known, WORLD), known.get("context.at")
            assert (left if isinstance(left, bool) else left(known, known, at)) is (said is wanted)
    if PRESENCE.isdisjoint(leaf.operator for leaf in leaves(condition)):
        assert judge({}, WORLD) is None
        assert contrary({}, WORLD) is None


@pytest.mark.parametrize("seed", range(BATCHES))
def test_no_document_crashes_opens_or_takes_long(seed: int) -> None:
    writer, random, accepted = Writer(seed, SCHEMA), Random(seed), 0
    for number in range(EACH):
        raw = writer.document()
        began = time.process_time()
        condition = reading(raw)
        if condition is not None:
            accepted += 1
            judged(condition, random)
            assert len(list(leaves(condition))) <= MOST_LEAVES
            assert attributes_of(condition) <= {attribute.key for attribute in SCHEMA}
            assert read(write(condition), SCHEMA) == condition
        spent = time.process_time() - began
        assert spent < LONGEST, f"document {number} of {seed} took {spent:.2f} s"
    assert EACH / 10 < accepted < EACH  # both kinds were tried


@pytest.mark.parametrize("inner", [None, {"attribute": "subject.title", "operator": "is_set"}, {"any": []}])
def test_what_would_take_for_ever_is_read_no_further(inner: Any) -> None:
    for _ in range(6):
        inner = {"any": [inner] * 100}
    began = time.process_time()
    assert reading(inner) is None
    assert time.process_time() - began < LONGEST


@pytest.mark.parametrize("known", [10**400, -(10**400), float("nan"), float("inf"), True, "5", [5], None])
def test_a_number_that_is_none_is_unknown_or_compared_and_never_crashes(known: Any) -> None:
    condition = read({"attribute": "subject.score", "operator": "less", "value": 5}, SCHEMA)
    expected = {10**400: False, -(10**400): True}.get(known) if isinstance(known, int) and known is not True else None
    assert evaluate(condition, {"subject.score": known}, SCHEMA, WORLD) is expected
    assert compiled(condition, SCHEMA)({"subject.score": known}, WORLD) is expected
