"""Conditions are read strictly: whatever no schema knows is refused, with its place and the reason."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxaccess.lib.conditions import InvalidCondition, read, write
from cxaccess.lib.conditions.reading import DEEPEST, MOST_LEAVES
from tests.conditions.schemas import SCHEMA

LEAF = {"attribute": "subject.title", "operator": "equals", "value": "Care lead"}


def refused(raw: Any) -> list[str]:
    with pytest.raises(InvalidCondition) as refusal:
        read(raw, SCHEMA)
    return [str(problem) for problem in refusal.value.problems]


def leaf(attribute: str, operator: str, **side: Any) -> dict[str, Any]:
    return {"attribute": attribute, "operator": operator, **side}


GOOD = [
    LEAF,
    leaf("subject.title", "one_of", value=["Care lead", "Analyst"]),
    leaf("subject.title", "starts_with", value="Care"),
    leaf("resource.region", "within", value=[2]),
    leaf("resource.region", "within", other="subject.territories"),
    leaf("resource.region", "equals", other="subject.region"),
    leaf("subject.territories", "shares_any", value=[2, 3]),
    leaf("subject.territories", "subset_of", value=[2]),
    leaf("resource.level", "at_most", other="subject.clearance"),
    leaf("subject.employed_from", "after", value={"days_from_now": -30}),
    leaf("subject.employed_from", "between", value=["2026-01-01", {"days_from_now": 0}]),
    leaf("subject.score", "between", value=[1, 2.5]),
    leaf("context.at", "hours", value={"from": "08:00", "until": "18:00", "zone": "Europe/Berlin"}),
    leaf("context.at", "weekday", value={"days": [1, 5], "zone": "UTC"}),
    leaf("context.at", "before", value="2026-03-03T10:00:00+00:00"),
    leaf("context.address", "network", value=["10.20.0.0/16", "2001:db8::/32"]),
    leaf("context.managed", "equals", value=True),
    leaf("subject.title", "is_missing"),
    {"not": {"any": [LEAF, {"not": LEAF}]}},
]


@pytest.mark.parametrize("raw", GOOD, ids=lambda raw: str(raw.get("operator", "not")))
def test_what_fits_is_read_and_written_as_it_was(raw: dict[str, Any]) -> None:
    assert write(read(json.loads(json.dumps(raw)), SCHEMA)) == raw


BAD = [
    (leaf("subject.shoe_size", "equals", value=1), "No such attribute"),
    (leaf("subject.title", "looks_like", value="C"), "does not fit"),
    (leaf("subject.title", "within", value=[1]), "does not fit"),
    (leaf("subject.title", "less", value="C"), "does not fit"),
    (leaf("subject.region", "less", value=1), "does not fit"),
    (leaf("subject.title", "equals", value=5), "Write some text"),
    (leaf("subject.title", "equals", value=""), "Write some text"),
    (leaf("subject.title", "equals", value="a\x00b"), "cannot be compared"),
    (leaf("subject.title", "equals", value="\ud800"), "cannot be compared"),
    (leaf("subject.score", "equals", value="5"), "Write a number"),
    (leaf("subject.score", "equals", value=float("nan")), "Write a number"),
    (leaf("subject.score", "equals", value=True), "Write a number"),
    (leaf("subject.score", "equals", value=10**400), "Write a number"),
    (leaf("subject.score", "between", value=[2, 1]), "before the first"),
    (leaf("context.managed", "equals", value="yes"), "yes or no"),
    (leaf("subject.region", "within", value=[99]), "does not exist"),
    (leaf("subject.region", "within", value=[]), "at least one"),
    (leaf("subject.region", "within", value=["2"]), "Choose a value"),
    (leaf("resource.channels", "contains_any", value=["fax"]), "does not exist"),
    (leaf("resource.region", "within", other="subject.title"), "cannot be compared"),
    (leaf("resource.region", "within", other="resource.region"), "cannot be compared"),
    (leaf("resource.region", "within", other="subject.nothing"), "cannot be compared"),
    (leaf("subject.title", "equals", value="a", other="subject.title"), "with a value or with another"),
    (leaf("subject.title", "equals"), "with a value or with another"),
    (leaf("subject.title", "is_set", value=1), "takes no value"),
    (leaf("subject.employed_from", "before", value="2026-02-30"), "Choose a date"),
    (leaf("subject.employed_from", "before", value={"days_from_now": 10**9}), "days"),
    (leaf("context.at", "before", value="2026-03-03T10:00:00"), "with its zone"),
    (leaf("context.at", "hours", value={"from": "08:00", "until": "08:00", "zone": "UTC"}), "the same"),
    (leaf("context.at", "hours", value={"from": "8", "until": "18:00", "zone": "UTC"}), "such as 08:30"),
    (leaf("context.at", "hours", value={"from": "08:00", "until": "18:00", "zone": "Mars/Dome"}), "time zone"),
    (leaf("context.at", "weekday", value={"days": [8], "zone": "UTC"}), "at least one day"),
    (leaf("context.address", "network", value=["10.0.0.300/8"]), "Write a network"),
    ({**LEAF, "note": "x"}, "nothing else"),
    ({"all": []}, "at least one condition"),
    ({"all": [LEAF], "any": [LEAF]}, "nothing else"),
    ([LEAF], "no condition"),
    (None, "no condition"),
]


@pytest.mark.parametrize(("raw", "reason"), BAD)
def test_what_does_not_fit_is_refused_with_the_reason(raw: Any, reason: str) -> None:
    assert reason in refused(raw)[0]


def test_every_problem_is_told_with_its_place() -> None:
    raw = {"all": [LEAF, {"not": {"any": [leaf("subject.x", "equals", value=1), LEAF, leaf("subject.score", "less")]}}]}
    assert refused(raw) == [
        "2.1: No such attribute. Choose one of the list.",
        "2.3: Compare with a value or with another attribute.",
    ]


def test_depth_and_size_are_bounded() -> None:
    deep: dict[str, Any] = LEAF
    for _ in range(DEEPEST + 1):
        deep = {"not": deep}
    assert "levels" in refused(deep)[0]
    wide = {"all": [{"any": [LEAF] * 20}] * (MOST_LEAVES // 20 + 1)}
    assert any("Keep it to" in problem for problem in refused(wide))
    assert "Keep it to" in refused({"any": [LEAF] * (MOST_LEAVES + 1)})[0]


KEYS = ["all", "any", "not", "attribute", "operator", "value", "other", "zone", "days", "from"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
@settings(max_examples=200, deadline=None, database=None)
def test_any_json_is_read_or_refused_never_a_crash(raw: Any) -> None:
    with suppress(InvalidCondition):
        assert write(read(raw, SCHEMA)) == raw
