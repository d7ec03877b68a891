"""Grants: who sees them, who gives, who ends."""

from cxaccess.lib import clock
from permissions.models import GrantBatch, RoleGrant
from tests import world
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


def _draft(cast: Cast) -> dict[str, int]:
    """Return priya's draft: nobody else's business."""
    batch = GrantBatch.objects.create(
        made_by=cast.priya, made_at=clock.now(), people=[cast.chiara.principal_id], role=cast.agent,
        scope=world.scope(region=cast.dach), reason="Helps out",
    )  # fmt: skip
    return {"pk": batch.pk}


def _given(cast: Cast) -> dict[str, int]:
    """Return what was given together to somebody in EMEA."""
    pk = _draft(cast)["pk"]
    GrantBatch.objects.filter(pk=pk).update(given_at=clock.now())
    grant = world.give(cast.chiara, cast.agent, region=cast.dach)
    RoleGrant.objects.filter(pk=grant.pk).update(source_ref=f"batch-{pk}")
    return {"pk": pk}


MAY_NOT = {"otto": 403}

ROWS = [
    Row("grants:list", SEERS),
    Row("grants:export", "priya", method="post", also={"rosa": 403, "jonas": 403, "otto": 403}),
    Row("grants:detail", "priya rosa otto", _of_ali),
    Row("grants:give", "priya rosa", data=lambda cast: {"to": cast.maya.principal_id}, also=MAY_NOT),
    Row("grants:give", "priya rosa", method="post", data=_gift, ok=302, also=MAY_NOT),
    Row("grants:confirm", "priya rosa", data=_risky, also=MAY_NOT),
    Row("grants:confirm", "priya rosa", method="post", data=_risky, ok=302, also=MAY_NOT),
    Row("grants:bulk", "priya rosa", also=MAY_NOT),
    Row("grants:bulk", "priya rosa", method="post", ok=302, data=lambda cast: {"person": [cast.ali.pk]}, also=MAY_NOT),
    Row("grants:bulk_people", "priya", _draft, also=MAY_NOT),
    Row("grants:bulk_people", "priya", _draft, method="post", ok=302, also=MAY_NOT,
        data=lambda cast: {"mails": cast.ali.email}),
    Row("grants:bulk_drop", "priya", _draft, method="post", ok=302, also=MAY_NOT),
    Row("grants:bulk_role", "priya", _draft, also=MAY_NOT),
    Row("grants:bulk_role", "priya", _draft, method="post", data=_gift, ok=302, also=MAY_NOT),
    Row("grants:bulk_detail", "priya rosa otto", _given),
    Row("grants:bulk_give", "priya", _draft, method="post", ok=422, others=404),
    Row("grants:bulk_undo", "priya rosa", _given, method="post", ok=302, also={"otto": 403}),
    Row("grants:end_many", "priya rosa", also=MAY_NOT | {"jonas": 403}),
    Row("grants:end_many", "priya rosa", method="post", ok=422, also=MAY_NOT | {"jonas": 403}),
    Row("grants:change_end", "priya rosa", _of_ali, also={"otto": 403}),
    Row("grants:change_end", "priya rosa", _of_ali, method="post", ok=302, also={"otto": 403},
        data={"lasts": "30", "reason": "Only for the season"}),
    Row("grants:end", "priya rosa", _of_team, also={"otto": 403, "jonas": 403}),
    Row("grants:end", "priya rosa", _of_ali, method="post", ok=302, also={"otto": 403}, data={"reason": "Moves away"}),
]  # fmt: skip
