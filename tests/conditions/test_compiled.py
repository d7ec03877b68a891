"""The compiled condition says what the plain evaluation says; what it could say holds what it says."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cxaccess.lib.conditions import Entity, InvalidCondition, evaluate, leaves, read
from cxaccess.lib.conditions.compiled import compiled
from cxaccess.lib.conditions.folding import folding
from cxaccess.lib.conditions.operators import RIGHT, Right, operators_for, others_for
from cxaccess.lib.conditions.partial import deciding, outcomes
from tests.conditions.schemas import SCHEMA, WORLD
from tests.permissions.test_engine_properties import examples

RAW = {
    "subject.title": ["Analyst", "Senior analyst", "", 7], "subject.region": [1, 2, 3, 4, None, "EMEA"],
    "subject.territories": [[], [2], [3, 4], "all", [None]], "subject.clearance": [1, 2, 3, "2", True],
    "subject.employed_from": [date(2026, 6, 15), date(2026, 5, 1), WORLD.at, "soon"],
    "subject.score": [0, 2.5, float("nan"), "3", False], "resource.region": [1, 2, 3, 4, None],
    "resource.channels": [["mail"], ["mail", "phone"], [], [7]], "resource.level": [1, 3, None],
    "context.at": [WORLD.at, WORLD.at - timedelta(days=2, hours=7), WORLD.at.replace(tzinfo=None)],
    "context.managed": [True, False, None, "yes", 1], "context.address": ["10.1.2.3", "fd00::1", "nowhere", "", 10],
}  # fmt: skip
facts = st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in RAW.items()})


@st.composite
def leaf(draw):
    attribute = draw(st.sampled_from(list(SCHEMA)))
    operator = draw(st.sampled_from(operators_for(attribute)))
    made = {"attribute": attribute.key, "operator": operator.value}
    right = RIGHT[operator]
    others = others_for(attribute, operator, SCHEMA)
    if right is Right.NOTHING:
        return made
    if others and draw(st.booleans()):
        return made | {"other": draw(st.sampled_from(others)).key}
    one = draw(st.sampled_from(ONES[attribute.key]))
    sides = {
        Right.ONE: one, Right.SOME: [one], Right.PLACES: [one], Right.RANGE: [one, one],
        Right.HOURS: {"from": "22:00", "until": "14:30", "zone": "Europe/Berlin"},
        Right.DAYS: {"days": [1, 2], "zone": "Asia/Kolkata"}, Right.NETWORKS: ["10.0.0.0/8", "fd00::/8"],
    }  # fmt: skip
    return made | {"value": sides[right]}


ONES = {
    "subject.title": ["Analyst", "Sen"], "subject.region": [2, 3], "subject.territories": [2, 3],
    "subject.clearance": [1, 2], "subject.employed_from": ["2026-06-15", {"days_from_now": -10}],
    "subject.score": [0, 2.5], "resource.region": [1, 2], "resource.channels": ["mail"], "resource.level": [1, 2],
    "context.at": ["2026-06-15T00:00:00+00:00", {"days_from_now": 0}], "context.managed": [True, False],
    "context.address": ["10.0.0.0/8"],
}  # fmt: skip
conditions = st.recursive(
    leaf(),
    lambda part: st.one_of(
        part.map(lambda inner: {"not": inner}),
        st.tuples(st.sampled_from(["all", "any"]), st.lists(part, min_size=1, max_size=3)).map(
            lambda pair: {pair[0]: pair[1]}
        ),
    ),
    max_leaves=6,
)


def tree(raw):
    try:
        return read(raw, SCHEMA)
    except InvalidCondition:
        return None  # deeper than people nest them


@given(conditions, facts)
@examples(300, 100_000)
def test_compiled_says_what_evaluation_says(raw, known) -> None:
    condition = tree(raw)
    if condition is not None:
        said = compiled(condition, SCHEMA)(known, WORLD)
        assert said is evaluate(condition, known, SCHEMA, WORLD)
        assert compiled(condition, SCHEMA)({}, WORLD) is evaluate(condition, {}, SCHEMA, WORLD)


@given(conditions, facts, facts)
@examples(200, 20_000)
def test_what_it_could_say_holds_whatever_it_says(raw, known, more) -> None:
    condition = tree(raw)
    if condition is None:
        return
    is_open = {key for key in RAW if key.startswith(("resource.", "context."))}
    closed = {key: value for key, value in known.items() if key not in is_open}
    could = outcomes(condition, closed, SCHEMA, WORLD, is_open.__contains__)
    settled = closed | {key: value for key, value in more.items() if key in is_open}
    assert evaluate(condition, settled, SCHEMA, WORLD) in could


@given(conditions, facts)
@examples(200, 20_000)
def test_the_clauses_named_are_enough_to_decide(raw, known) -> None:
    """Changing every other comparison to unknown leaves the answer as it is."""
    condition = tree(raw)
    if condition is None:
        return
    said = evaluate(condition, known, SCHEMA, WORLD)
    named = set(deciding(condition, known, SCHEMA, WORLD))
    assert named
    assert len(named) <= len(list(leaves(condition)))
    if said is not None:
        assert _judged(condition, known, named, ()) is said


def _judged(condition, known, named, place):
    parts = getattr(condition, "parts", None)
    if parts is not None:
        found = [_judged(part, known, named, (*place, number)) for number, part in enumerate(parts)]
        decisive = type(condition).__name__ == "Any"
        return decisive if decisive in found else None if None in found else not decisive
    if hasattr(condition, "part"):
        inner = _judged(condition.part, known, named, place)
        return None if inner is None else not inner
    return evaluate(condition, known, SCHEMA, WORLD) if place in named else None


@given(conditions, facts, facts)
@examples(500, 100_000)
def test_what_is_left_once_the_person_is_known_says_what_evaluation_says(raw, known, other) -> None:
    """For what is wanted and its contrary; also asked again, of another person, on another day, and in an empty one."""
    condition = tree(raw)
    if condition is None:
        return
    folds = {wanted: folding(condition, SCHEMA, wanted=wanted) for wanted in (True, False)}
    later = replace(WORLD, at=WORLD.at + timedelta(days=3))
    for person, thing, world in ((known, known, WORLD), (other, known, WORLD), (known, other, later), ({}, {}, WORLD)):
        mine, of_thing, of_moment = (
            _of(source, entity) for source, entity in zip((person, thing, thing), Entity, strict=True)
        )
        said = evaluate(condition, {**mine, "context.at": world.at, **of_moment, **of_thing}, SCHEMA, world)
        for wanted, fold in folds.items():
            left = fold(mine, world)
            assert (left if isinstance(left, bool) else left(of_thing, of_moment, world.at)) is (said is wanted)


def _of(known, entity):
    return {key: value for key, value in known.items() if key.startswith(f"{entity}.")}
