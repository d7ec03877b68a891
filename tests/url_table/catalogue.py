"""The catalogue: who reads it, who edits its cards."""

from permissions.models import Action
from tests.cast import Cast
from tests.url_table import Row

READERS = "priya otto"


def _export(_cast: Cast) -> dict[str, int]:
    return {"pk": Action.objects.get(key="feedback.export").pk}


CARD = {"purpose": "Hand a sample to an agency", "exposes": "", "example": "", "risk": "3", "row_version": "1"}
ROWS = [
    Row("catalogue:list", READERS),
    Row("catalogue:detail", READERS, _export),
    Row("catalogue:edit", "priya", _export, also={"otto": 403}),
    Row("catalogue:edit", "priya", _export, method="post", data=CARD, ok=302, also={"otto": 403}),
]
