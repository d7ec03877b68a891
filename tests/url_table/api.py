"""The decision API asks nobody who is signed in: without a token of an integration it is 401 for everybody alike."""

from tests.url_table import Row, public

ENDPOINTS = ("evaluation", "evaluations", "search-subject", "search-resource", "search-action", "usage")
ROWS = [
    *(Row(f"api:{name}", "", method="post", others=401, outside=401) for name in ENDPOINTS),
    public("api:openapi"),
    public("authzen-configuration"),
]
