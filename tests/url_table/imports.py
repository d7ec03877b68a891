"""Imports: priya sees and runs all, otto sees all, whoever brought a file sees that."""

from cxaccess.jobs.models import ImportBatch, ImportState
from tests.cast import Cast
from tests.importing import checked, received
from tests.url_table import Row

MAY_NOT = {"otto": 403}


def _received(cast: Cast) -> dict[str, int]:
    return {"pk": received(cast.priya, "people", "Name,Mail\nAda Lee,ada@kestrelhome.example\n").pk}


def _in(state: str):
    def build(cast: Cast) -> dict[str, int]:
        pk = _received(cast)["pk"]
        counts = {"create": 1}
        ImportBatch.objects.filter(pk=pk).update(state=state, counts=counts, checked_at="2026-03-03T10:00Z")
        return {"pk": pk}

    return build


def _matrix(cast: Cast) -> dict[str, int]:
    return {"pk": checked(cast.priya, "matrix", "user,permission\nu1,p1\n", system="legacy").pk}


CHECKED = _in(ImportState.CHECKED)

ROWS = [
    Row("imports:list", "priya otto"),
    Row("imports:choose", "priya", also=MAY_NOT),
    Row("imports:upload", "priya", lambda _cast: {"kind": "people"}, also=MAY_NOT),
    Row("imports:upload", "priya", lambda _cast: {"kind": "people"}, method="post", ok=422, also=MAY_NOT),
    Row("imports:example", "priya", lambda _cast: {"kind": "matrix"}, also=MAY_NOT),
    Row("imports:detail", "priya otto", _received),
    Row("imports:matched", "priya otto", _matrix),
    Row("imports:columns", "priya otto", _received),
    Row("imports:columns", "priya", _received, method="post", data={"name": "0", "email": "1"}, ok=302,
        also=MAY_NOT),
    Row("imports:refusals", "priya", CHECKED, method="post", also=MAY_NOT),
    Row("imports:apply", "priya", CHECKED, also={"otto": 302}),
    Row("imports:apply", "priya", CHECKED, method="post", ok=302, also={"otto": 302}),
    Row("imports:cancel", "priya", _received, method="post", ok=302, also=MAY_NOT),
]  # fmt: skip
