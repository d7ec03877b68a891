"""Groups: priya makes them, rosa edits those of EMEA and manages their members, jonas and otto see them."""

from typing import Any

from accounts.models import Group
from tests import world
from tests.cast import Cast
from tests.url_table import Row

ALL = "priya rosa jonas otto"
NOT_EDITS = {"jonas": 403, "otto": 403}
NOT_MAKES = {"rosa": 403, **NOT_EDITS}


def _pilot(cast: Cast) -> Group:
    return Group.objects.filter(principal__label="Pilot").first() or world.group("Pilot", region=cast.dach)


def _analysts(cast: Cast) -> Group:
    rule = {"attribute": "subject.region", "operator": "within", "value": [cast.dach.pk]}
    return Group.objects.filter(principal__label="People of DACH").first() or world.group(
        "People of DACH", rule, region=cast.dach
    )


def _hand(cast: Cast) -> dict[str, Any]:
    return {"pk": _pilot(cast).pk}


def _rule(cast: Cast) -> dict[str, Any]:
    return {"pk": _analysts(cast).pk}


def _membership(cast: Cast) -> dict[str, Any]:
    group = _pilot(cast)
    row = group.principal.memberships.first() or world.join(cast.chiara, group)
    return {"pk": row.pk}


def _edited(cast: Cast) -> dict[str, Any]:
    return {"name": "Pilot", "purpose": "Tries what is new", "region": cast.dach.pk, "row_version": 1}


def _member(cast: Cast) -> dict[str, Any]:
    return {"person": cast.maya.pk, "part": "member"}


def _until(_cast: Cast) -> dict[str, Any]:
    return {"until_date": f"{world.soon(days=30):%Y-%m-%d}"}


ROWS = [
    Row("groups:list", ALL),
    Row("groups:export", "priya", method="post", also={"rosa": 403, "jonas": 403, "otto": 403}),
    Row("groups:new", "priya", also=NOT_MAKES),
    Row("groups:new", "priya", method="post", data={"name": "Launch"}, ok=302, also=NOT_MAKES),
    Row("groups:new-rule", "priya", also=NOT_MAKES),
    Row("groups:new-rule", "priya", method="post", data={"name": "All"}, ok=422, also=NOT_MAKES),
    *(Row(f"groups:{tab}", ALL, _hand) for tab in ("detail", "members", "roles", "abilities")),
    Row("groups:rule", ALL, _rule),
    Row("groups:rule-edit", "priya rosa", _rule, also=NOT_EDITS),
    Row("groups:rule-edit", "priya rosa", _rule, method="post", data={"row_version": 1}, ok=422, also=NOT_EDITS),
    Row("groups:history", "priya otto", _hand),
    Row("groups:edit", "priya rosa", _hand, also=NOT_EDITS),
    Row("groups:edit", "priya rosa", _hand, method="post", data=_edited, ok=302, also=NOT_EDITS),
    Row("groups:archive", "priya rosa", _hand, also=NOT_EDITS),
    Row("groups:archive", "priya rosa", _hand, method="post", data={"reason": "Over"}, ok=302, also=NOT_EDITS),
    Row("groups:add", "priya rosa", _hand, also=NOT_EDITS),
    Row("groups:add", "priya rosa", _hand, method="post", data=_member, ok=302, also=NOT_EDITS),
    Row("groups:until", "priya rosa", _membership, also=NOT_EDITS),
    Row("groups:until", "priya rosa", _membership, method="post", data=_until, ok=302, also=NOT_EDITS),
    Row("groups:end", "priya rosa", _membership, also=NOT_EDITS),
    Row("groups:end", "priya rosa", _membership, method="post", ok=302, also=NOT_EDITS),
    Row("groups:turn", "priya rosa", _membership, method="post", ok=302, also=NOT_EDITS),
]
