"""Reading JSON as RFC 8259 has it, kept within I-JSON (RFC 7493), as section 11.5 of the specification advises."""

import json
from typing import Any

LARGEST = 2**53 - 1  # past it numbers are not the same to everybody (RFC 7493, section 2.2)
Json = dict[str, Any]


class Malformed(ValueError):
    """What cannot be understood: `place` says where, such as ``subject.id``, and `message` what is wrong with it."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place} {message}" if place else message)
        self.place = place
        self.message = message


def parsed(raw: bytes) -> Json:
    """Return the object that `raw` holds. Raises Malformed.

    >>> parsed(b'{"subject": {"type": "user", "id": "maya@kestrel.example"}}')
    {'subject': {'type': 'user', 'id': 'maya@kestrel.example'}}
    """
    try:
        found = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_object, parse_int=_integer, parse_float=_number,
            parse_constant=_no_number,
        )  # fmt: skip
    except (ValueError, RecursionError) as problem:
        said = str(problem) if isinstance(problem, _Unclear) else "This is not valid JSON in UTF-8."
        raise Malformed("", said) from None
    if not isinstance(found, dict):
        raise Malformed("", "This must be a JSON object.")
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


def _require_plain(found: Json) -> None:
    """Pass what holds no unpaired surrogate and no NUL, which no database holds as text."""
    text = json.dumps(found, ensure_ascii=False)
    if "\\u0000" in text:
        raise Malformed("", "This holds a character that no text has.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Malformed("", "This holds half of a character.") from None
