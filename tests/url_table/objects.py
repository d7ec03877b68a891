"""Grants on one resource: who sees them, who gives, who ends."""

from permissions.models import Action
from permissions.objects import rows
from tests import world
from tests.cast import Cast
from tests.url_table import Row

SEERS = "priya rosa jonas otto"


def _of_ali(cast: Cast) -> dict[str, str]:
    return {"key": rows.key(world.give_on(cast.ali, "feedback.view", cast.mena_reviews))}


def _gift(cast: Cast) -> dict[str, object]:
    action = Action.objects.get(key="feedback.view")
    to = cast.maya.principal_id
    return {"to": to, "on": cast.german_reviews.pk, "action": action.pk, "lasts": "30", "reason": "Helps out"}


def _risky(cast: Cast) -> dict[str, object]:
    return _gift(cast) | {"action": Action.objects.get(key="feedback.export").pk}


def _thing(cast: Cast) -> dict[str, int]:
    return {"pk": cast.german_reviews.pk}


MAY_NOT = {"otto": 403}

ROWS = [
    Row("objects:list", SEERS),
    Row("objects:export", "priya", method="post", also={"rosa": 403, "jonas": 403, "otto": 403}),
    Row("resources:grants", SEERS, _thing),
    Row("objects:detail", "priya rosa otto", _of_ali),
    Row("objects:give", "priya rosa", also=MAY_NOT,
        data=lambda cast: {"to": cast.maya.principal_id, "on": cast.german_reviews.pk}),
    Row("objects:give", "priya rosa", method="post", data=_gift, ok=302, also=MAY_NOT),
    Row("objects:find", "priya rosa", ok=302, also=MAY_NOT),
    Row("objects:find", "priya rosa", method="post", ok=302, also=MAY_NOT,
        data=lambda cast: {"on": cast.german_reviews.pk, "mail": cast.maya.email}),
    Row("objects:confirm", "priya rosa", data=_risky, also=MAY_NOT),
    Row("objects:confirm", "priya rosa", method="post", data=_risky, ok=302, also=MAY_NOT),
    Row("objects:change_end", "priya rosa", _of_ali, also={"otto": 403}),
    Row("objects:change_end", "priya rosa", _of_ali, method="post", ok=302, also={"otto": 403},
        data={"lasts": "30", "reason": "Only for the season"}),
    Row("objects:end", "priya rosa", _of_ali, also={"otto": 403}),
    Row("objects:end", "priya rosa", _of_ali, method="post", ok=302, also={"otto": 403}, data={"reason": "Moves away"}),
]  # fmt: skip
