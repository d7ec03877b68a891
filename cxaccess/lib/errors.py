"""Refusals that a use case raises; the edge turns each into a page, an answer or an exit code.

A message is a whole sentence for the person who asked: what was refused, why, what to do.
"""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """A use case refused: the rule behind it is in the message, the field it belongs to in `field`."""

    status = 422

    def __init__(self, message: str, *, field: str | None = None, facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.facts = dict(facts or {})


class Stale(Refused):
    """Somebody else changed the row meanwhile. `facts["theirs"]` maps field to (before, now)."""

    status = 409


class InUse(Refused):
    """Something still depends on it; `facts["users"]` says what."""

    status = 409
