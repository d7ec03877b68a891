"""People: rosa administers EMEA, jonas reads DACH; maya is in DACH, priya above them all."""

from typing import Any

from tests import world
from tests.cast import Cast
from tests.leaving import next_week, schedule
from tests.url_table import Row

ALL = "priya rosa jonas otto"
REASON = {"reason": "Laptop stolen"}


def _maya(cast: Cast) -> dict[str, Any]:
    return {"pk": cast.maya.pk}


def _sofia(cast: Cast) -> dict[str, Any]:
    return {"pk": cast.sofia.pk}


def _new(cast: Cast) -> dict[str, Any]:
    return {"name": "Yara Nakamura", "region": cast.germany.pk, "state": "active", "time_zone": "UTC", "language": "en"}


def _edited(cast: Cast) -> dict[str, Any]:
    same = {"department": cast.insights.pk, "region": cast.germany.pk, "manager": cast.jonas.pk}
    return {"name": "Maya O", "row_version": 1, "time_zone": "UTC", "language": "en", **same}


def _joined(cast: Cast) -> dict[str, Any]:
    return {"team": cast.care_dach.pk, "part": "member"}


def _chiara(cast: Cast) -> dict[str, Any]:
    return {"pk": cast.chiara.pk}


def _place(cast: Cast) -> dict[str, Any]:
    return {"region": [cast.germany.pk]}


def _answers(cast: Cast) -> dict[str, Any]:
    row = cast.maya.dimensions.first() or world.answers(cast.maya, cast.germany)
    return {"pk": row.pk}


def _leaves(_cast: Cast) -> dict[str, Any]:
    return {"when": "now", "time_zone": "Europe/Berlin", "typed": "Maya Okafor", **REASON}


def _leaving(cast: Cast) -> dict[str, Any]:
    return {"pk": (cast.maya.leavings.first() or schedule(cast.priya, cast.maya, next_week())).pk}


def _lena(cast: Cast) -> dict[str, Any]:
    return {"pk": cast.lena.pk}


def _anew(cast: Cast) -> dict[str, Any]:
    return {"state": "active", "region": cast.germany.pk, **REASON}


MAY_NOT = {"rosa": 403, "jonas": 403, "otto": 403}
SEES = {"jonas": 403, "otto": 403}
ROWS = [
    Row("people:list", ALL),
    Row("people:counts", ALL, ok=302),
    Row("people:filters", ALL),
    Row("people:export", "priya", method="post", also={"rosa": 403, "jonas": 403, "otto": 403}),
    Row("people:new", "priya rosa", also=SEES),
    Row("people:new", "priya rosa", method="post", data=_new, ok=302, also=SEES),
    *(Row(f"people:{tab}", ALL, _maya) for tab in ("detail", "access", "teams")),
    Row("people:use", "priya rosa jonas otto", _maya),
    Row("people:history", "priya otto", _maya),
    Row("people:edit", "priya rosa", _maya, also=SEES),
    Row("people:edit", "priya rosa", _maya, method="post", data=_edited, ok=302, also=SEES),
    Row("people:suspend", "priya rosa", _maya, also=SEES),
    Row("people:suspend", "priya rosa", _maya, method="post", data=REASON, ok=302, also=SEES),
    Row("people:reactivate", "priya rosa", _sofia, also={"otto": 403}),
    Row("people:reactivate", "priya", _sofia, method="post", data=REASON, ok=302, also={"rosa": 403, "otto": 403}),
    Row("people:leavers", "priya", also=MAY_NOT),
    Row("people:leave", "priya", _maya, also=MAY_NOT),
    Row("people:leave", "priya", _maya, method="post", data=_leaves, ok=302, also=MAY_NOT),
    Row("people:absence", "priya", _maya, also=MAY_NOT),
    Row("people:absence", "priya", _maya, method="post", data=REASON, ok=302, also=MAY_NOT),
    Row("people:leaving", "priya", _leaving, also=MAY_NOT),
    Row("people:leaving-file", "priya", _leaving, method="post", also=MAY_NOT),
    Row("people:leaving-cancel", "priya", _leaving, also=MAY_NOT),
    Row("people:leaving-cancel", "priya", _leaving, method="post", data=REASON, ok=302, also=MAY_NOT),
    Row("people:return", "priya rosa", _lena, also={"jonas": 403, "otto": 403}),
    Row("people:return", "priya rosa", _lena, method="post", data=_anew, ok=302, also={"jonas": 403, "otto": 403}),
    Row("people:range", "priya rosa", _maya, also=SEES),
    Row("people:range", "priya rosa", _chiara, method="post", data=_place, ok=302, also={"otto": 403}),
    Row("people:range-end", "priya rosa", _answers, also=SEES),
    Row("people:range-end", "priya rosa", _answers, method="post", ok=302, also=SEES),
    Row("people:join", "priya rosa jonas", _maya, also={"otto": 403}),
    Row("people:join", "priya rosa jonas", _maya, method="post", data=_joined, ok=302, also={"otto": 403}),
]
