"""Pages of a search (section 8.2): opaque tokens that belong to one caller and one request.

A token carries where the page ended, its limit, and a digest of what was asked; it is signed, so nobody makes one.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core import signing

from permissions.api.errors import BadRequest

SALT = "permissions.api.page"
USUAL, MOST = 100, 1_000
ENTITIES = ("subject", "action", "resource", "context")
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Which page is asked for: the one after `after` (an id; 0 is the beginning), of `limit` results.

    `asked` is a digest of the caller and of everything else in the request.
    """

    after: int
    limit: int
    asked: str

    def token(self, after: int) -> str:
        """Return the token of the page that goes on after `after`."""
        return signing.dumps([after, self.limit, self.asked], salt=SALT, compress=True)


def page(body: Json, caller: int, sought: str) -> Page:
    """Return the page that a search asks for. Raises BadRequest, also where anything changed between two pages."""
    wanted = body.get("page")
    if wanted is None:
        wanted = {}
    if not isinstance(wanted, dict):
        raise BadRequest("page must be an object.")
    limit, token = wanted.get("limit"), wanted.get("token")
    if limit is not None and (type(limit) is not int or limit < 0):
        raise BadRequest("page.limit must be a whole number from 0.")
    asked = _digest(body, wanted.get("properties"), caller, sought)
    if token is None or token == "":
        return Page(0, USUAL if limit is None else min(limit, MOST), asked)
    return _onward(token, limit, asked)


def _onward(token: Any, limit: int | None, asked: str) -> Page:
    try:
        after, before, said = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError, AttributeError):
        raise BadRequest("page.token is none that was given out here.") from None
    if said != asked or (limit is not None and min(limit, MOST) != before):
        raise BadRequest("Between two pages nothing but page.token may change.")
    return Page(after, before, asked)


def _digest(body: Json, properties: Any, caller: int, sought: str) -> str:
    said = json.dumps([caller, sought, properties, [body.get(key) for key in ENTITIES]], sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]
