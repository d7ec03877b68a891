"""Regions and departments: only priya changes them."""

from typing import Any

from tests import world
from tests.cast import Cast
from tests.url_table import Row

SEES = "priya rosa jonas otto"
REFUSED = {"rosa": 403, "jonas": 403, "otto": 403}


def _dach(cast: Cast) -> dict[str, Any]:
    return {"pk": cast.dach.pk}


def _germany(cast: Cast) -> dict[str, Any]:
    return {"pk": cast.germany.pk}


def _empty(cast: Cast) -> dict[str, Any]:
    return {"pk": world.node("Empty", cast.dach).pk}


ROWS = [
    Row("structure:index", SEES),
    Row("structure:counts", SEES, ok=302),
    Row("structure:new", "priya", also=REFUSED),
    Row("structure:new", "priya", method="post", data={"name": "Atlantis"}, ok=302, also=REFUSED),
    Row("structure:detail", SEES, _dach),
    Row("structure:edit", "priya", _dach, also=REFUSED),
    Row("structure:edit", "priya", _dach, method="post", data={"name": "D-A-CH", "code": "dach", "row_version": 1},
        ok=302, also=REFUSED),
    Row("structure:move", "priya", _germany, also=REFUSED),
    Row("structure:move", "priya", _germany, method="post", ok=302, also=REFUSED,
        data=lambda cast: {"parent": cast.emea.pk, "row_version": 1}),
    Row("structure:archive", "priya", _dach, also=REFUSED),
    Row("structure:archive", "priya", _empty, method="post", data={"reason": "Never used"}, ok=302, also=REFUSED),
]  # fmt: skip
