"""The decision API asks nobody who is signed in: without a token of an integration it is 401 for everybody alike."""

from tests.cast import Cast
from tests.url_table import Row, public

ENDPOINTS = ("evaluation", "evaluations", "search-subject", "search-resource", "search-action", "usage")


def _elsewhere(_cast: Cast) -> dict[str, str]:
    return {"rest": "evaluation/"}


ROWS = [
    *(Row(f"api:{name}", "", method="post", others=401, outside=401) for name in ENDPOINTS),
    Row("api:nothing", "", _elsewhere, others=404, outside=404),
    Row("api:nothing", "", _elsewhere, method="post", others=404, outside=404),
    public("api:openapi"),
    public("authzen-configuration"),
]
