"""What the frame around every page calls."""

from tests.url_table import EVERYBODY, Row, public

ROWS = [
    Row("search", EVERYBODY, data={"q": "maya"}),
    Row("gallery", "priya otto"),
    public("appearance", method="post", status=302),
]
