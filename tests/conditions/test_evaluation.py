"""What each operator says, in examples a manager would write; and that what nobody knows never opens."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from cxaccess.lib.conditions import evaluate, read
from tests.conditions.schemas import SCHEMA, WORLD

MONDAY = datetime(2026, 6, 15, 7, 30, tzinfo=UTC)  # 09:30 in Berlin
FACTS = {
    "subject.title": "Care lead",
    "subject.region": 3,
    "subject.territories": frozenset({3, 4}),
    "subject.clearance": 2,
    "subject.employed_from": date(2026, 6, 15),
    "subject.score": 2.5,
    "resource.region": 3,
    "resource.channels": ["mail"],
    "resource.level": 3,
    "context.at": MONDAY,
    "context.managed": False,
    "context.address": "10.20.3.4",
}


def says(attribute: str, operator: str, facts: dict[str, Any] = FACTS, *, turned: bool = False, **side: Any) -> Any:
    leaf = {"attribute": attribute, "operator": operator, **side}
    return evaluate(read({"not": leaf} if turned else leaf, SCHEMA), facts, SCHEMA, WORLD)


CASES: list[tuple[Any, ...]] = [
    ("subject.title", "equals", "Care lead", True),
    ("subject.title", "equals", "care lead", False),
    ("subject.title", "one_of", ["Analyst", "Care lead"], True),
    ("subject.title", "starts_with", "Care", True),
    ("subject.title", "starts_with", "Lead", False),
    ("subject.region", "within", [2], True),
    ("subject.region", "within", [4], False),
    ("subject.region", "equals", 3, True),
    ("subject.territories", "within", [4], True),
    ("subject.territories", "contains_any", [2, 3], True),
    ("subject.territories", "contains_all", [3, 4], True),
    ("subject.territories", "contains_all", [3, 2], False),
    ("subject.territories", "subset_of", [3], False),
    ("subject.territories", "subset_of", [2, 3, 4], True),
    ("resource.channels", "contains_any", ["phone"], False),
    ("subject.clearance", "at_least", 2, True),
    ("subject.clearance", "more", 2, False),
    ("subject.employed_from", "equals", {"days_from_now": 0}, True),
    ("subject.employed_from", "before", {"days_from_now": 0}, False),
    ("subject.employed_from", "between", ["2026-06-01", {"days_from_now": 0}], True),
    ("subject.score", "between", [2.5, 3], True),
    ("subject.score", "less", 2.5, False),
    ("context.at", "hours", {"from": "09:00", "until": "18:00", "zone": "Europe/Berlin"}, True),
    ("context.at", "hours", {"from": "09:00", "until": "18:00", "zone": "UTC"}, False),
    ("context.at", "hours", {"from": "22:00", "until": "08:00", "zone": "UTC"}, True),
    ("context.at", "weekday", {"days": [1], "zone": "Europe/Berlin"}, True),
    ("context.at", "weekday", {"days": [6, 7], "zone": "Europe/Berlin"}, False),
    ("context.at", "after", {"days_from_now": 0}, True),
    ("context.managed", "equals", False, True),
    ("context.address", "network", ["192.168.0.0/16", "10.20.0.0/16"], True),
    ("context.address", "network", ["2001:db8::/32"], False),
]


@pytest.mark.parametrize(("attribute", "operator", "value", "expected"), CASES)
def test_each_operator(attribute: str, operator: str, value: Any, expected: bool) -> None:
    assert says(attribute, operator, value=value) is expected
    assert says(attribute, operator, value=value, turned=True) is not expected


@pytest.mark.parametrize(("attribute", "operator", "value"), [case[:3] for case in CASES])
@pytest.mark.parametrize("lack", [None, "", object(), [], {"a": 1}], ids=["none", "empty", "thing", "list", "dict"])
def test_missing_and_ill_typed_are_unknown_turned_round_or_not(
    attribute: str, operator: str, value: Any, lack: Any
) -> None:  # fmt: skip
    facts = FACTS | {attribute: lack}
    assert says(attribute, operator, facts, value=value) is None
    assert says(attribute, operator, facts, value=value, turned=True) is None


def test_two_attributes_are_compared_with_each_other() -> None:
    assert says("resource.region", "within", other="subject.territories") is True
    assert says("resource.region", "within", FACTS | {"resource.region": 2}, other="subject.territories") is False
    assert says("resource.level", "at_most", other="subject.clearance") is False
    assert says("resource.level", "at_most", FACTS | {"subject.clearance": None}, other="subject.clearance") is None


def test_a_set_with_nothing_in_it_is_missing_so_it_is_no_subset_of_anything() -> None:
    nothing = FACTS | {"subject.territories": frozenset()}
    assert says("subject.territories", "subset_of", nothing, value=[2]) is None
    assert says("subject.territories", "is_missing", nothing) is True


def test_presence_is_always_known_but_of_what_is_ill_typed() -> None:
    assert says("subject.title", "is_set") is True
    assert says("subject.title", "is_missing", {}) is True
    assert says("subject.title", "is_missing", {"subject.title": 7}) is None
    assert says("subject.title", "is_set", {"subject.title": 7}, turned=True) is None


def test_one_unknown_part_leaves_all_and_any_open_only_where_it_matters() -> None:
    known = {"attribute": "subject.title", "operator": "equals", "value": "Care lead"}
    wrong = {"attribute": "subject.title", "operator": "equals", "value": "Chef"}
    unknown = {"attribute": "resource.region", "operator": "within", "value": [2]}
    facts = {"subject.title": "Care lead"}
    answers = [
        evaluate(read({kind: [part, unknown]}, SCHEMA), facts, SCHEMA, WORLD)
        for kind in ("all", "any")
        for part in (known, wrong)
    ]
    assert answers == [None, False, True, None]


def test_an_attribute_that_a_later_schema_no_longer_knows_is_unknown() -> None:
    condition = read({"attribute": "subject.title", "operator": "is_missing"}, SCHEMA)
    assert evaluate(condition, {}, SCHEMA.of(), WORLD) is None


def test_a_day_may_come_as_the_text_that_json_holds() -> None:
    day = {"operator": "equals", "value": "2026-06-15"}
    for text, said in (("2026-06-15", True), ("2026-06-16", False), ("20260615", None), ("soon", None)):
        assert says("subject.employed_from", facts=FACTS | {"subject.employed_from": text}, **day) is said
