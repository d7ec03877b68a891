"""Taking in a request's body: as JSON by its header, and within limits (sections 10.1 and 11.7)."""

from django.http import HttpRequest, UnreadablePostError

from permissions.api.errors import BadRequest, TooLarge
from permissions.authzen.reading import Json, parsed

MOST_BYTES = 1024 * 1024


def body(request: HttpRequest) -> Json:
    """Return the object in the body. Raises BadRequest, Malformed, TooLarge."""
    if request.content_type != "application/json":
        raise BadRequest("Send the body with Content-Type: application/json.")
    if _length(request) > MOST_BYTES:
        raise TooLarge(f"A request has at most {MOST_BYTES} bytes. Split it.")
    try:
        raw = request.body
    except UnreadablePostError:
        raise BadRequest("The body ended before it was complete.") from None
    return parsed(raw)


def _length(request: HttpRequest) -> int:
    """Return how long the body is said to be; nothing past it is read."""
    said = str(request.META.get("CONTENT_LENGTH") or "")
    if not said.isdecimal():
        raise BadRequest("Send the body whole, with its Content-Length.")
    return int(said)
