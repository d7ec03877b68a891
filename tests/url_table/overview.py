"""The overview is everybody's; what it shows is each one's own."""

from tests.url_table import EVERYBODY, Row

ROWS = (Row("overview", EVERYBODY),)
