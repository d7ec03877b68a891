"""Roles: who sees them, who edits them."""

from permissions.models import RoleVersion
from tests.cast import Cast
from tests.url_table import Row

READERS = "priya otto"


def _agent(cast: Cast) -> dict[str, int]:
    return {"pk": cast.agent.pk}


def _version(cast: Cast) -> dict[str, int]:
    return {"pk": cast.agent.pk, "number": 1}


def _pair(cast: Cast) -> dict[str, str]:
    return {"a": f"role-{cast.agent.pk}", "b": f"role-{cast.analyst.pk}"}


def _draft(cast: Cast) -> dict[str, object]:
    number = RoleVersion.objects.get(pk=cast.agent.current_id).number
    return {
        "row_version": cast.agent.row_version,
        "number": number,
        "action": ["article.view"],
        "note": "Less is enough",
    }


ROWS = [
    Row("roles:list", "priya rosa otto"),
    Row("roles:counts", "priya rosa otto", ok=302),
    Row("roles:create", "priya", also={"otto": 403, "rosa": 403}),
    Row("roles:create", "priya", method="post", ok=302, also={"otto": 403, "rosa": 403},
        data={"name": "Coach", "purpose": "Coaches agents", "risk": "1"}),
    *(Row(f"roles:{tab}", READERS, _agent) for tab in ("detail", "permissions", "holders", "includes", "versions")),
    Row("roles:held", READERS, _agent, ok=302),
    Row("roles:use", READERS, _agent),
    Row("roles:history", READERS, _agent),
    Row("roles:compare", "priya rosa otto", data=_pair),
    Row("roles:compare_versions", READERS, _agent),
    Row("roles:restore", "priya", _version, ok=302, also={"otto": 403}),
    Row("roles:clone", "priya", _agent, also={"otto": 403}),
    Row("roles:clone", "priya", _agent, method="post", ok=302, also={"otto": 403},
        data={"name": "Night agent", "purpose": "Answers at night"}),
    Row("roles:reopen", "priya", _agent, also={"otto": 403}),
    Row("roles:reopen", "priya", _agent, method="post", ok=422, data={"reason": "Again"}, also={"otto": 403}),
    Row("roles:edit_permissions", "priya", _agent, also={"otto": 403}),
    Row("roles:edit_permissions", "priya", _agent, method="post", data=_draft, also={"otto": 403}),
    Row("roles:save", "priya", _agent, method="post", data=_draft, ok=302, also={"otto": 403}),
    Row("roles:edit", "priya", _agent, also={"otto": 403}),
    Row("roles:edit", "priya", _agent, method="post", ok=302, also={"otto": 403},
        data={"name": "Agent", "purpose": "Answers customers", "risk": "2", "row_version": "1"}),
    Row("roles:retire", "priya", _agent, also={"otto": 403}),
    Row("roles:retire", "priya", _agent, method="post", ok=409, data={"reason": "Clearing up"}, also={"otto": 403}),
]  # fmt: skip
