"""What monitors ask, and the demo's mailbox, which no other instance has."""

from tests.cast import Cast
from tests.url_table import public


def _mail(_cast: Cast) -> dict[str, str]:
    return {"key": "0" * 24}


ROWS = [
    public("live"),
    public("ready"),
    public("mailbox", status=404),
    public("mail", _mail, status=404),
]
