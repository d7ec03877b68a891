"""What the frame around every page calls."""

from tests.url_table import EVERYBODY, Row, public

ROWS = [
    Row("search", EVERYBODY, data={"q": "maya"}),
    Row("gallery", "priya otto"),
    Row("help-start", EVERYBODY),
    Row("help", EVERYBODY, lambda _cast: {"page": "roles"}),
    public("appearance", method="post", status=302),
]
