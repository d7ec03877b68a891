"""Reading a request's body: JSON as RFC 8259 has it, kept within I-JSON (RFC 7493; section 11.5), and within limits."""

import json
from typing import Any

from django.http import HttpRequest, UnreadablePostError

from permissions.api.errors import BadRequest, TooLarge

MOST_BYTES = 1024 * 1024
LARGEST = 2**53 - 1  # past it numbers are not the same to everybody (RFC 7493, section 2.2)
Json = dict[str, Any]


def body(request: HttpRequest) -> Json:
    """Return the object in the body. Raises BadRequest, TooLarge."""
    if request.content_type != "application/json":
        raise BadRequest("Send the body with Content-Type: application/json.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise TooLarge(f"A request has at most {MOST_BYTES} bytes. Split it.")
    try:
        raw = request.body
    except UnreadablePostError:
        raise BadRequest("The body ended before it was complete.") from None
    return parsed(raw)


def parsed(raw: bytes) -> Json:
    """Return the object that `raw` holds. Raises BadRequest.

    >>> parsed(b'{"subject": {"type": "user", "id": "maya@kestrel.example"}}')
    {'subject': {'type': 'user', 'id': 'maya@kestrel.example'}}
    """
    try:
        found = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_object, parse_int=_integer, parse_float=_number,
            parse_constant=_no_number,
        )  # fmt: skip
    except (ValueError, RecursionError) as problem:
        said = str(problem) if isinstance(problem, _Unclear) else "The body is not valid JSON in UTF-8."
        raise BadRequest(said) from None
    if not isinstance(found, dict):
        raise BadRequest("The body must be a JSON object.")
    if b"\\u" in raw:
        _require_plain(found)
    return found


class _Unclear(ValueError):
    """JSON that different readers would read differently."""


def _object(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unclear("A name stands twice in one object.")
    return found


def _integer(text: str) -> int:
    if len(text) > len(str(LARGEST)) + 1 or abs(int(text)) > LARGEST:
        raise _Unclear("A number is too large.")
    return int(text)


def _number(text: str) -> float:
    found = float(text)
    if abs(found) > LARGEST:
        raise _Unclear("A number is too large.")
    return found


def _no_number(text: str) -> float:
    raise _Unclear(f"{text} is no number of JSON.")


def _require_plain(found: Any) -> None:
    """Pass what holds no unpaired surrogate and no NUL, which no database holds as text."""
    text = json.dumps(found, ensure_ascii=False)
    if "\\u0000" in text:
        raise BadRequest("The body holds a character that no text has.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadRequest("The body holds half of a character.") from None
