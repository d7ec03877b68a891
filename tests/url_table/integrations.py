"""Integrations: priya enters them and makes their tokens, otto sees them, everybody else knows of none."""

from datetime import timedelta
from typing import Any

from tests import integrations
from tests.cast import Cast
from tests.url_table import Row

READS_ONLY = {"otto": 403}
WHY = {"reason": "The contract ended"}


def _one(_cast: Cast) -> dict[str, Any]:
    return {"pk": integrations.integration("Gateway", ["ticket.*"]).pk}


def _grant(_cast: Cast) -> dict[str, Any]:
    return {"pk": integrations.allow(integrations.integration("Gateway", []), "ticket.*").pk}


def _token(_cast: Cast) -> dict[str, Any]:
    made = integrations.integration("Gateway", [])
    integrations.token(made, lasts=timedelta(days=36500))
    return {"pk": made.tokens.get().pk}


NEW = {"name": "Ticket gateway", "purpose": "Asks before it opens a ticket", "system": "tickets"}
ROWS = [
    Row("integrations:list", "priya otto"),
    Row("integrations:create", "priya", also=READS_ONLY),
    Row("integrations:create", "priya", method="post", data=NEW, ok=302, also=READS_ONLY),
    Row("integrations:detail", "priya otto", _one),
    Row("integrations:history", "priya otto", _one),
    Row("integrations:edit", "priya", _one, also=READS_ONLY),
    Row("integrations:edit", "priya", _one, method="post", data=NEW | {"row_version": 1}, ok=302, also=READS_ONLY),
    Row("integrations:retire", "priya", _one, also=READS_ONLY),
    Row("integrations:retire", "priya", _one, method="post", data=WHY, ok=302, also=READS_ONLY),
    Row("integrations:allow", "priya", _one, also=READS_ONLY),
    Row("integrations:allow", "priya", _one, method="post", data={"asked": "survey.view"}, ok=302, also=READS_ONLY),
    Row("integrations:end", "priya", _grant, also=READS_ONLY),
    Row("integrations:end", "priya", _grant, method="post", data=WHY, ok=302, also=READS_ONLY),
    Row("integrations:issue", "priya", _one, also=READS_ONLY),
    Row("integrations:issue", "priya", _one, method="post", data={"days": 30}, also=READS_ONLY),
    Row("integrations:rotate", "priya", _token, also=READS_ONLY),
    Row("integrations:rotate", "priya", _token, method="post", data={"days": 30, "hours": 24}, also=READS_ONLY),
    Row("integrations:revoke", "priya", _token, also=READS_ONLY),
    Row("integrations:revoke", "priya", _token, method="post", data=WHY, ok=302, also=READS_ONLY),
]
