"""What just happened, told on the next page, with the way back where there is one."""

from django.contrib import messages
from django.http import HttpRequest


def tell(request: HttpRequest, text: str, *, undo: str = "") -> None:
    """Tell the reader `text`; `undo` is the address that takes it back by POST."""
    messages.success(request, text, extra_tags=f"undo:{undo}" if undo else "")


def warn(request: HttpRequest, text: str) -> None:
    """Tell the reader `text`, which needs their attention."""
    messages.warning(request, text)
