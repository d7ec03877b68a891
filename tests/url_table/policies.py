"""Policies: priya writes and enforces them, otto reads them, everybody else knows of none."""

from typing import Any

from permissions.models import Policy, PolicyVersion
from tests.cast import Cast
from tests.policies import enact
from tests.url_table import EVERYBODY, Row

READERS = "priya otto"
READS_ONLY = {"otto": 403}
OWN = {"attribute": "resource.region", "operator": "within", "other": "subject.region"}
PURPOSE = {"name": "Own region", "purpose": "Everybody sees what is theirs"}


def _policy(name: str, stage: str | None) -> Policy:
    found = Policy.objects.filter(name=name).first()
    return found or enact("only", types=["survey"], condition=OWN, stage=stage, name=name).policy


def _draft(_cast: Cast) -> dict[str, Any]:
    return {"pk": _policy("A draft", None).pk}


def _enforced(_cast: Cast) -> dict[str, Any]:
    return {"pk": _policy("In force", "enforced").pk}


def _recorded(_cast: Cast) -> dict[str, Any]:
    return {"pk": _policy("Watched", "recording").pk}


def _earlier(_cast: Cast) -> dict[str, Any]:
    policy = _policy("Older", None)
    if policy.versions.count() == 1:
        first = policy.current
        policy.current = PolicyVersion.objects.create(
            policy=policy, number=2, effect="block", targets=first.targets, condition=OWN, at=first.at
        )  # fmt: skip
        policy.save()
    return {"pk": policy.pk, "number": 1}


def _says() -> dict[str, Any]:
    return {"effect": "block", "types": "survey", "duty": [], "note": "Less is more"}


def _written(_cast: Cast) -> dict[str, Any]:
    return {**PURPOSE, **_says()}


ROWS = [
    Row("policies:reason", EVERYBODY, method="post", data={"token": "made up", "reason": "x"}, ok=400),
    Row("policies:list", READERS),
    Row("policies:create", "priya", also=READS_ONLY),
    Row("policies:create", "priya", method="post", data=_written, ok=302, also=READS_ONLY),
    *(Row(f"policies:{tab}", READERS, _enforced) for tab in ("detail", "try", "versions", "compare", "history")),
    Row("policies:recorded", READERS, _recorded),
    Row("policies:write", "priya", _draft, also=READS_ONLY),
    Row("policies:write", "priya", _draft, method="post", data={**_says(), "row_version": 1}, ok=302, also=READS_ONLY),
    Row("policies:restore", "priya", _earlier, also=READS_ONLY),
    Row("policies:edit", "priya", _draft, also=READS_ONLY),
    Row("policies:edit", "priya", _draft, method="post", data={**PURPOSE, "row_version": 1}, ok=302, also=READS_ONLY),
    Row("policies:effect", "priya", _draft, also=READS_ONLY),
    Row("policies:work-out", "priya", _draft, method="post", ok=302, also=READS_ONLY),
    Row("policies:record", "priya", _draft, also=READS_ONLY),
    Row("policies:record", "priya", _draft, method="post", data={"row_version": 1}, ok=302, also=READS_ONLY),
    Row("policies:enforce", "priya", _draft, also=READS_ONLY),
    Row("policies:enforce", "priya", _draft, method="post", data={"row_version": 1, "reason": "The board decided"},
        ok=302, also=READS_ONLY),
    Row("policies:retire", "priya", _enforced, also=READS_ONLY),
    Row("policies:retire", "priya", _enforced, method="post", data={"row_version": 1, "reason": "Over"}, ok=302,
        also=READS_ONLY),
    Row("policies:reopen", "priya", _draft, also=READS_ONLY),
    Row("policies:reopen", "priya", _draft, method="post", data={"row_version": 1}, ok=422, also=READS_ONLY),
]  # fmt: skip
