"""Teams: rosa edits those of EMEA, jonas manages the members of DACH, both see what they manage."""

from typing import Any

from tests import world
from tests.cast import Cast
from tests.url_table import Row

ALL = "priya rosa jonas otto"
READS = {"otto": 403}
NOT_EDITS = {"jonas": 403, "otto": 403}


def _care(cast: Cast) -> dict[str, Any]:
    return {"pk": cast.care_dach.pk}


def _maya(cast: Cast) -> dict[str, Any]:
    return {"pk": cast.maya.memberships.get().pk}


def _new(cast: Cast) -> dict[str, Any]:
    return {"name": "Care Germany", "region": cast.germany.pk}


def _edited(cast: Cast) -> dict[str, Any]:
    return {"name": "Care DACH", "purpose": "Mails", "region": cast.dach.pk, "row_version": 1}


def _member(cast: Cast) -> dict[str, Any]:
    return {"person": cast.maya.pk, "part": "member"}


def _until(_cast: Cast) -> dict[str, Any]:
    return {"until_date": f"{world.soon(days=30):%Y-%m-%d}"}


ROWS = [
    Row("teams:list", ALL),
    Row("teams:counts", ALL, ok=302),
    Row("teams:new", "priya", also={"rosa": 403, **NOT_EDITS}),
    Row("teams:new", "priya", method="post", data=_new, ok=302, also={"rosa": 403, **NOT_EDITS}),
    *(Row(f"teams:{tab}", ALL, _care) for tab in ("detail", "members", "roles", "abilities")),
    Row("teams:history", "priya otto", _care),
    Row("teams:edit", "priya rosa", _care, also=NOT_EDITS),
    Row("teams:edit", "priya rosa", _care, method="post", data=_edited, ok=302, also=NOT_EDITS),
    Row("teams:move", "priya rosa", _care, also=NOT_EDITS),
    Row(
        "teams:move", "priya rosa", _care, method="post", data={"parent": "", "row_version": 1}, ok=302, also=NOT_EDITS
    ),
    Row("teams:archive", "priya rosa", _care, also=NOT_EDITS),
    Row("teams:archive", "priya rosa", _care, method="post", data={"reason": "Merged"}, ok=302, also=NOT_EDITS),
    Row("teams:add", "priya rosa jonas", _care, also=READS),
    Row("teams:add", "priya rosa jonas", _care, method="post", data=_member, ok=302, also=READS),
    Row("teams:until", "priya rosa jonas", _maya, also=READS),
    Row("teams:until", "priya rosa jonas", _maya, method="post", data=_until, ok=302, also=READS),
    Row("teams:end", "priya rosa jonas", _maya, also=READS),
    Row("teams:end", "priya rosa jonas", _maya, method="post", ok=302, also=READS),
    Row("teams:turn", "priya rosa", _maya, method="post", ok=302, also=NOT_EDITS),
]
