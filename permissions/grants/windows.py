"""The rules of windows: nothing begins or ends in the past, and an end comes after its start."""

from datetime import datetime

from django.utils.translation import gettext as _

from cxaccess.lib.errors import Refused


def opened(starts_at: datetime | None, until: datetime | None, *, at: datetime) -> dict[str, datetime | None]:
    """Return the columns of a new window: a past start means now and is kept beside it as stated.

    Raises Refused for an end in the past or not after the start.
    """
    starts = max(starts_at or at, at)
    require_end(until, starts_at=starts, at=at)
    stated = starts_at if starts_at is not None and starts_at < at else None
    return {"starts_at": starts, "until": until, "stated_from": stated, "stated_until": until}


def require_end(until: datetime | None, *, starts_at: datetime, at: datetime) -> None:
    """Pass an end that is later than now and than the start; None never ends."""
    if until is None:
        return
    if until <= at:
        raise Refused(_("The end is in the past. Choose a later one, or end the grant now."), field="until")
    if until <= starts_at:
        raise Refused(_("The end must come after the start."), field="until")


def later(one: datetime | None, other: datetime | None) -> bool:
    """Return whether `one` ends later than `other`; None never ends."""
    return other is not None and (one is None or one > other)
