"""Grants: who sees them, who gives, who ends."""

from permissions.models import RoleGrant
from tests.cast import Cast
from tests.url_table import Row

SEERS = "priya rosa jonas otto"


def _of_ali(cast: Cast) -> dict[str, int]:
    return {"pk": RoleGrant.objects.get(principal=cast.ali.principal_id).pk}


def _of_team(cast: Cast) -> dict[str, int]:
    return {"pk": RoleGrant.objects.get(principal=cast.insights_dach.principal_id).pk}


def _gift(cast: Cast) -> dict[str, object]:
    return {
        "to": cast.maya.principal_id,
        "role": cast.agent.pk,
        "region": cast.dach.pk,
        "lasts": "30",
        "reason": "Helps out",
    }


def _risky(cast: Cast) -> dict[str, object]:
    return _gift(cast) | {"role": cast.analyst.pk, "to": cast.chiara.principal_id}


MAY_NOT = {"otto": 403}

ROWS = [
    Row("grants:list", SEERS),
    Row("grants:export", "priya", method="post", also={"rosa": 403, "jonas": 403, "otto": 403}),
    Row("grants:detail", "priya rosa otto", _of_ali),
    Row("grants:give", "priya rosa", data=lambda cast: {"to": cast.maya.principal_id}, also=MAY_NOT),
    Row("grants:give", "priya rosa", method="post", data=_gift, ok=302, also=MAY_NOT),
    Row("grants:confirm", "priya rosa", data=_risky, also=MAY_NOT),
    Row("grants:confirm", "priya rosa", method="post", data=_risky, ok=302, also=MAY_NOT),
    Row("grants:change_end", "priya rosa", _of_ali, also={"otto": 403}),
    Row("grants:change_end", "priya rosa", _of_ali, method="post", ok=302, also={"otto": 403},
        data={"lasts": "30", "reason": "Only for the season"}),
    Row("grants:end", "priya rosa", _of_team, also={"otto": 403, "jonas": 403}),
    Row("grants:end", "priya rosa", _of_ali, method="post", ok=302, also={"otto": 403}, data={"reason": "Moves away"}),
]  # fmt: skip
