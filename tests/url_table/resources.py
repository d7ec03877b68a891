"""Resources: rosa keeps those of EMEA, maya reads what the streams of DACH hold without seeing the registry."""

from typing import Any

from permissions.resources import bulk
from tests.cast import Cast
from tests.url_table import Row

READS = {"otto": 403}


def _german(cast: Cast) -> dict[str, Any]:
    return {"pk": cast.german_reviews.pk}


def _type(_cast: Cast) -> dict[str, Any]:
    return {"key": "feedback"}


def _new(cast: Cast) -> dict[str, Any]:
    return {"name": "Chat comments Germany", "sensitivity": 2, "region": cast.germany.pk}


def _edited(cast: Cast) -> dict[str, Any]:
    return {"name": "Reviews Germany", "sensitivity": 2, "region": cast.germany.pk, "row_version": 1}


def _chosen(cast: Cast) -> dict[str, Any]:
    return {"resource": cast.german_reviews.pk}


def _many(cast: Cast) -> dict[str, Any]:
    return {"resource": cast.german_reviews.pk, "reason": "Old", "owner": cast.rosa.pk}


def _token(cast: Cast) -> dict[str, Any]:
    return {"token": bulk.undo_archive_token([cast.german_reviews])}


OPEN = "priya rosa jonas maya otto"  # jonas and maya by feedback.view, through their team
NOT_EDITS = dict.fromkeys(("jonas", "maya"), 404) | READS

ROWS = [
    Row("resources:list", "priya rosa otto"),
    Row("resources:facets", "priya rosa otto"),
    Row("resources:counts", "priya rosa otto", ok=302),
    Row("resources:export", "priya rosa", also=READS),
    Row("resources:export", "priya rosa", method="post", data={"columns": "name"}, also=READS),
    Row("resources:archive_many", "priya rosa", data=_chosen, also=READS),
    Row("resources:archive_many", "priya rosa", method="post", data=_many, ok=302, also=READS),
    Row("resources:change_owner", "priya rosa", data=_chosen, also=READS),
    Row("resources:change_owner", "priya rosa", method="post", data=_many, ok=302, also=READS),
    Row("resources:undo", "priya rosa", _token, method="post", ok=302, also=READS),
    Row("resources:choose_type", "priya rosa", also=READS),
    Row("resources:new", "priya rosa", _type, also=READS),
    Row("resources:new", "priya rosa", _type, method="post", data=_new, ok=302, also=READS),
    Row("resources:detail", OPEN, _german),
    Row("resources:who", "priya rosa jonas otto", _german),
    Row("resources:use", "priya rosa jonas otto", _german),
    Row("resources:history", "priya otto", _german),
    Row("resources:edit", "priya rosa", _german, also=NOT_EDITS),
    Row("resources:edit", "priya rosa", _german, method="post", data=_edited, ok=302, also=NOT_EDITS),
    Row("resources:archive", "priya rosa", _german, also=NOT_EDITS),
    Row("resources:archive", "priya rosa", _german, method="post", data={"reason": "Old"}, ok=302, also=NOT_EDITS),
    Row("resources:reopen", "", _german, method="post", also={"priya": 409, "rosa": 409} | NOT_EDITS),
]
