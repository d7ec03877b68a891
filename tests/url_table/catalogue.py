"""The catalogue: who reads it, who edits its cards."""

from permissions.models import Action, AttributeDefinition, ResourceType
from tests import world
from tests.cast import Cast
from tests.url_table import Builder, Row, nothing

READERS = "priya otto"


def _export(_cast: Cast) -> dict[str, int]:
    return {"pk": Action.objects.get(key="feedback.export").pk}


CARD = {"purpose": "Hand a sample to an agency", "exposes": "", "example": "", "risk": "3", "row_version": "1"}
FIELD = {"label": "Phone", "name": "phone", "data_class": "phone"}
ACTION = {"label": "Share", "name": "share", "risk": "2", "purpose": "Show it to others"}
TYPE = {"label": "Voucher", "plural": "Vouchers", "key": "voucher", "area": "Customers"}
ATTRIBUTE = {"entity": "resource", "label": "Data steward", "name": "steward", "type": "text"}
NOT_EDITS = {"otto": 403}


def _type(_cast: Cast) -> dict[str, int]:
    return {"pk": ResourceType.objects.get(key="feedback").pk}


def _field(cast: Cast) -> dict[str, object]:
    return _type(cast) | {"name": "email"}


def _attribute(_cast: Cast) -> dict[str, int]:
    row, _new = AttributeDefinition.objects.get_or_create(
        entity="resource", name="extra", defaults={"label": "Extra", "type": "text", "created_at": world.LONG_AGO}
    )
    return {"pk": row.pk}


def _edits(url: str, kwargs: Builder, data: dict[str, str]) -> list[Row]:
    """Return the rows of a form that editors alone see and send."""
    return [
        Row(url, "priya", kwargs, also=NOT_EDITS),
        Row(url, "priya", kwargs, method="post", data=data, ok=302, also=NOT_EDITS),
    ]


ROWS = [
    Row("catalogue:list", READERS),
    Row("catalogue:detail", READERS, _export),
    Row("catalogue:edit", "priya", _export, also={"otto": 403}),
    Row("catalogue:edit", "priya", _export, method="post", data=CARD, ok=302, also={"otto": 403}),
    Row("catalogue:types", READERS),
    Row("catalogue:type", READERS, _type),
    *_edits("catalogue:new_type", nothing, TYPE),
    *_edits("catalogue:edit_type", _type, TYPE | {"row_version": "1"}),
    *_edits("catalogue:add_field", _type, FIELD),
    *_edits("catalogue:edit_field", _field, FIELD),
    *_edits("catalogue:remove_field", _field, {"reason": "Nobody needs it"}),
    *_edits("catalogue:add_action", _type, ACTION),
    Row("catalogue:attributes", READERS),
    *_edits("catalogue:new_attribute", nothing, ATTRIBUTE),
    *_edits("catalogue:attribute", _attribute, {"label": "Extra", "row_version": "1"}),
    Row("catalogue:turn_attribute", "priya", _attribute, method="post", ok=302, also=NOT_EDITS),
]
