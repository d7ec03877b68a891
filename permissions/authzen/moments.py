"""The context of a question (section 5.4) as policies read it: device, network, time, second factor, reason.

Keys that are not here are ignored. What is ill-typed is passed on as it is: to a policy it is unknown, which never
opens.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from permissions.engine.combine import Context
from permissions.engine.policies import REASON, SECOND_FACTOR

FIRST, LAST = 1900, 9000  # years


def moment(value: Any) -> datetime | None:
    """Return a moment with its zone that every other zone can tell, too; None for anything else.

    >>> moment("2026-03-03T09:00:00+01:00"), moment("2026-03-03T09:00:00"), moment("0001-01-01T00:00:00+14:00")
    (datetime.datetime(2026, 3, 3, 9, 0, tzinfo=datetime.timezone(datetime.timedelta(seconds=3600))), None, None)
    """
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is not None and FIRST <= found.year <= LAST else None


def _moment(value: Any) -> object:
    """Return a moment; anything else as it is, so that nobody knows when it is."""
    return moment(value) or value


def _as_is(value: Any) -> object:
    return value


# What is sent, and the attribute that it is.
KEYS: dict[str, tuple[str, Callable[[Any], object]]] = {
    "time": ("context.at", _moment),
    "address": ("context.address", _as_is),
    "ip_address": ("context.address", _as_is),
    "managed_device": ("context.managed_device", _as_is),
    "country": ("context.country", _as_is),
    "purpose": ("context.purpose", _as_is),
    "factor_minutes": (SECOND_FACTOR, _as_is),
    "reason": (REASON, _as_is),
}


def context(sent: Mapping[str, Any]) -> Context:
    """Return what is known of the moment. A null says nothing (section 11.5).

    >>> context({"managed_device": True, "weather": "fine"}).known
    {'context.managed_device': True}
    """
    found = {KEYS[key]: value for key, value in sent.items() if key in KEYS and value is not None}
    return Context({name: read(value) for (name, read), value in found.items()})
