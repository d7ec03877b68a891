"""The trail: its readers are priya and otto; rosa and jonas read no trail, however much they administer."""

from typing import Any

from django.db import transaction

from audits.trail.record import System, record
from audits.trail.tags import Tag
from cxaccess.lib import clock
from tests.cast import Cast
from tests.url_table import Row


def _event(cast: Cast) -> dict[str, Any]:
    with transaction.atomic():
        return {"pk": record(Tag.PERSON_EDITED, actor=System("test"), at=clock.now(), obj=cast.maya).pk}


ROWS = (
    Row("trail:list", "priya otto"),
    Row("trail:days", "priya otto"),
    Row("trail:detail", "priya otto", _event),
    Row("trail:export", "priya otto", method="post"),
)
