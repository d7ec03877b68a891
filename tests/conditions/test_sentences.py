"""A condition as one plain sentence."""

from typing import Any

import pytest

from cxaccess.lib.conditions import read
from cxaccess.lib.conditions.sentences import sentence
from tests.conditions.schemas import SCHEMA

EMEA = {"attribute": "subject.region", "operator": "within", "value": [2]}
LEADS = {"attribute": "subject.title", "operator": "one_of", "value": ["Care lead", "Team lead", "Head"]}
NEW = {"attribute": "subject.employed_from", "operator": "after", "value": {"days_from_now": -30}}
OWN = {"attribute": "resource.region", "operator": "within", "other": "subject.territories"}
OFFICE = {
    "attribute": "context.at", "operator": "hours", "value": {"from": "08:00", "until": "18:00", "zone": "Asia/Dubai"},
}  # fmt: skip
DAYS = {"attribute": "context.at", "operator": "weekday", "value": {"days": [1, 5], "zone": "UTC"}}
EMEA_AND_EITHER = (
    "Region is within EMEA and (Resource region is within the person's territories or First day is after 30 days ago)"
)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (EMEA, "Region is within EMEA"),
        ({"not": EMEA}, "Region is not within EMEA"),
        ({"all": [EMEA, LEADS]}, "Region is within EMEA and Job title is one of “Care lead”, “Team lead” or “Head”"),
        ({"all": [EMEA, {"any": [OWN, NEW]}]}, EMEA_AND_EITHER),
        ({"not": {"any": [EMEA, NEW]}}, "Region is not within EMEA and First day is not after 30 days ago"),
        (OWN, "Resource region is within the person's territories"),
        (OFFICE, "Time of asking is at a time of day in 08:00 to 18:00 (Asia/Dubai)"),
        (DAYS, "Time of asking is on a Monday or Friday (UTC)"),
        ({"attribute": "subject.clearance", "operator": "at_least", "value": 2}, "Clearance is at least Internal"),
        ({"attribute": "context.managed", "operator": "equals", "value": False}, "Managed device is no"),
        ({"attribute": "subject.title", "operator": "is_missing"}, "Job title is missing"),
        ({"attribute": "subject.score", "operator": "between", "value": [1, 2500]}, "Score is between 1 and 2,500"),
    ],
)  # fmt: skip
def test_it_reads_as_people_say_it(raw: dict[str, Any], words: str) -> None:
    assert sentence(read(raw, SCHEMA), SCHEMA) == words


def test_many_values_end_in_a_number() -> None:
    titles = [f"Title {number}" for number in range(12)]
    said = sentence(read({"attribute": "subject.title", "operator": "one_of", "value": titles}, SCHEMA), SCHEMA)
    assert said.endswith("“Title 7” or 4 more")
