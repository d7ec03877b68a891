"""Saved views are one's own: everybody keeps theirs, nobody touches another's."""

from typing import Any

from accounts.models import SavedView
from cxaccess.lib import clock
from tests.cast import Cast
from tests.url_table import EVERYBODY, Row


def _own(cast: Cast) -> dict[str, Any]:
    view, _new = SavedView.objects.get_or_create(
        person=cast.priya, page="people:list", name="Mine", defaults={"query": "", "created_at": clock.now()}
    )
    return {"pk": view.pk}


ROWS = [
    Row("saved:save", EVERYBODY, method="post", data={"page": "people:list", "name": "Mine", "query": ""}, ok=302),
    Row("saved:rename", "priya", _own, method="post", data={"name": "Ours"}, ok=302),
    Row("saved:delete", "priya", _own, method="post", ok=302),
]
