"""The overview is everybody's; what it shows is each one's own. Figures are for who sees people or grants."""

from tests.url_table import EVERYBODY, Row

ROWS = (
    Row("overview", EVERYBODY),
    Row("overview-desk", "priya rosa jonas otto"),
)
