"""Birthright rules: priya writes them and puts them in force, otto reads them, everybody else knows of none."""

from typing import Any

from permissions.models import Birthright
from tests import birthrights as by
from tests.cast import Cast
from tests.url_table import Row

READERS = "priya otto"
READS_ONLY = {"otto": 403}
PURPOSE = {"name": "Own region", "purpose": "Everybody sees what is theirs"}


def _draft(cast: Cast) -> dict[str, Any]:
    row = Birthright.objects.filter(name="A draft").first()
    row = row or by.draft(cast.priya, by.titled("Nobody"), [by.gift(cast.agent)], "A draft")
    return {"pk": row.pk}


def _in_force(cast: Cast) -> dict[str, Any]:
    row = Birthright.objects.filter(name="In force").first()
    row = row or by.in_force(cast.priya, by.titled("Nobody"), [by.gift(cast.agent)], "In force")
    return {"pk": row.pk}


def _standing(cast: Cast) -> dict[str, Any]:
    """Return how the rule in force is posted about: on its version after it was put in force."""
    return {"row_version": Birthright.objects.get(pk=_in_force(cast)["pk"]).row_version, "reason": "Over"}


def _earlier(cast: Cast) -> dict[str, Any]:
    row = Birthright.objects.filter(name="Older").first()
    if row is None:
        row = by.draft(cast.priya, by.titled("Nobody"), [by.gift(cast.agent)], "Older")
        by.reword(cast.priya, row, by.titled("No one"), [by.gift(cast.agent)])
    return {"pk": row.pk, "number": 1}


def _says(cast: Cast) -> dict[str, Any]:
    return {
        "rule": "row:0", "rule-kind": "all", "rule-0-attribute": "subject.title", "rule-0-operator": "equals",
        "rule-0-value": "Clerk", "gift": by.gift(cast.agent).key, "note": "Anew",
    }  # fmt: skip


def _written(cast: Cast) -> dict[str, Any]:
    return {**PURPOSE, **_says(cast)}


def _rewritten(cast: Cast) -> dict[str, Any]:
    return {**_says(cast), "row_version": 1}


ROWS = [
    Row("birthrights:list", READERS),
    Row("birthrights:create", "priya", also=READS_ONLY),
    Row("birthrights:create", "priya", method="post", data=_written, ok=302, also=READS_ONLY),
    *(Row(f"birthrights:{tab}", READERS, _in_force) for tab in ("detail", "people", "versions", "compare", "history")),
    Row("birthrights:write", "priya", _draft, also=READS_ONLY),
    Row("birthrights:write", "priya", _draft, method="post", data=_rewritten, ok=302, also=READS_ONLY),
    Row("birthrights:restore", "priya", _earlier, also=READS_ONLY),
    Row("birthrights:edit", "priya", _draft, also=READS_ONLY),
    Row("birthrights:edit", "priya", _draft, method="post", data={**PURPOSE, "row_version": 1}, ok=302,
        also=READS_ONLY),
    Row("birthrights:enforce", "priya", _draft, also=READS_ONLY),
    Row("birthrights:enforce", "priya", _draft, method="post", data={"row_version": 1, "reason": "Agreed"}, ok=302,
        also=READS_ONLY),
    Row("birthrights:retire", "priya", _in_force, also=READS_ONLY),
    Row("birthrights:retire", "priya", _in_force, method="post", data=_standing, ok=302, also=READS_ONLY),
    Row("birthrights:reopen", "priya", _draft, also=READS_ONLY),
    Row("birthrights:reopen", "priya", _draft, method="post", data={"row_version": 1}, ok=422, also=READS_ONLY),
]  # fmt: skip
