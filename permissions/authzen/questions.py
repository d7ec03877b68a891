"""What is asked (sections 5 to 8). What must be there is; fields that are not known are ignored (section 10.1.1).

A null says nothing, as if the field were not there (section 11.5); in an evaluation it takes the default's place.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from permissions.authzen.reading import Malformed

MOST = 1_000  # evaluations of one request
ENTITIES = ("subject", "action", "resource", "context")
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entity:
    """A subject or a resource (sections 5.1 and 5.2). `id` is empty in a search for it."""

    type: str
    id: str = ""
    properties: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question (section 6.1): whether `subject` may do `action` to `resource` in `context`.

    `action` is empty in a search for actions.
    """

    subject: Entity
    action: str
    resource: Entity
    context: Json = field(default_factory=dict)

    @property
    def permission(self) -> str:
        """Return the permission that is asked about, ``type.name``; one that is named whole already stays so.

        >>> Ask(Entity("user"), "reply", Entity("ticket")).permission
        'ticket.reply'
        """
        return self.action if "." in self.action else f"{self.resource.type}.{self.action}"


class Semantic(StrEnum):
    """How a batch goes on (section 7.1.2.1)."""

    ALL = "execute_all"
    DENY = "deny_on_first_deny"
    PERMIT = "permit_on_first_permit"


@dataclass(frozen=True, slots=True)
class Batch:
    """Several questions of one request (section 7.1)."""

    asks: tuple[Ask, ...]
    semantic: Semantic = Semantic.ALL


class Sought(StrEnum):
    """What a search looks for (section 8)."""

    SUBJECT = "subject"
    RESOURCE = "resource"
    ACTION = "action"


def ask(body: Json, place: str = "") -> Ask:
    """Return the one question that `body` asks. Raises Malformed naming what is missing or ill-typed."""
    return Ask(
        _entity(body, "subject", place),
        _action(body, place),
        _entity(body, "resource", place),
        _object(body, "context", place),
    )


def batch(body: Json) -> Batch | None:
    """Return the questions of a batch; None where there are none, so that `body` is one question (section 7.1).

    The keys beside `evaluations` are defaults, each overridden as a whole (section 7.1.1). Raises Malformed.
    """
    rows = body.get("evaluations")
    if rows is None or rows == []:
        return None
    if not isinstance(rows, list):
        raise Malformed("evaluations", "must be an array.")
    if len(rows) > MOST:
        raise Malformed("evaluations", f"has at most {MOST} elements. Split the request.")
    defaults = {key: body[key] for key in ENTITIES if key in body}
    asks = []
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            raise Malformed(f"evaluations[{number}]", "must be an object.")
        asks.append(ask({**defaults, **row}, f"evaluations[{number}]."))
    return Batch(tuple(asks), _semantic(body))


def _semantic(body: Json) -> Semantic:
    wanted = _object(body, "options", "").get("evaluations_semantic")
    if wanted is None:
        return Semantic.ALL
    if not isinstance(wanted, str) or wanted not in list(Semantic):
        raise Malformed("options.evaluations_semantic", f"must be one of {', '.join(Semantic)}.")
    return Semantic(wanted)


def search(body: Json, sought: Sought) -> Ask:
    """Return what a search leaves open (sections 8.4 to 8.6): an id of what is sought is ignored. Raises Malformed."""
    return Ask(
        _entity(body, "subject", "", open_id=sought is Sought.SUBJECT),
        "" if sought is Sought.ACTION else _action(body, ""),
        _entity(body, "resource", "", open_id=sought is Sought.RESOURCE),
        _object(body, "context", ""),
    )


def text(found: Json, key: str, place: str) -> str:
    """Return the string under `key`. Raises Malformed."""
    value = found.get(key)
    if value is None:
        raise Malformed(f"{place}{key}", "is missing.")
    if not isinstance(value, str):
        raise Malformed(f"{place}{key}", "must be a string.")
    return value


def _required(body: Json, key: str, place: str) -> Json:
    """Return the object under `key`, which must be there."""
    if body.get(key) is None:
        raise Malformed(f"{place}{key}", "is missing.")
    return _object(body, key, place)


def _object(body: Json, key: str, place: str) -> Json:
    """Return the object under `key`; an empty one where there is none."""
    found = body.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise Malformed(f"{place}{key}", "must be an object.")
    return found


def _entity(body: Json, key: str, place: str, *, open_id: bool = False) -> Entity:
    found, here = _required(body, key, place), f"{place}{key}."
    known = "" if open_id else text(found, "id", here)
    return Entity(text(found, "type", here), known, _object(found, "properties", here))


def _action(body: Json, place: str) -> str:
    found = _required(body, "action", place)
    _object(found, "properties", f"{place}action.")
    return text(found, "name", f"{place}action.")
