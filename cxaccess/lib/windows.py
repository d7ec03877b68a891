"""Windows as people state them. A window never begins in the past: a past start means now and is kept beside it."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from cxaccess.lib.errors import Refused


@dataclass(frozen=True, slots=True)
class Settled:
    """What was stated, made true at a moment: the columns of a new windowed row."""

    starts_at: datetime
    until: datetime | None
    stated_from: datetime | None


def settle(starts_at: datetime | None, until: datetime | None, *, at: datetime) -> Settled:
    """Return the window that somebody states at `at`; no start means now. Raises Refused with field "until".

    >>> from datetime import UTC
    >>> monday, friday = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC)
    >>> settle(monday, None, at=friday) == Settled(friday, None, monday)
    True
    """
    starts = at if starts_at is None or starts_at < at else starts_at
    require_end(until, starts_at=starts, at=at)
    stated = starts_at if starts_at is not None and starts_at < at else None
    return Settled(starts, until, stated)


def require_end(until: datetime | None, *, starts_at: datetime, at: datetime) -> None:
    """Pass an end that lies ahead and after the start; None never ends. Raises Refused with field "until"."""
    if until is None:
        return
    if until <= at:
        raise Refused(_("This end is already over. Choose a later one, or end it now."), field="until")
    if until <= starts_at:
        raise Refused(_("It would end before it starts. Choose a later end."), field="until")


def ended(starts_at: datetime, *, at: datetime) -> datetime:
    """Return the `until` of a row that is ended at `at`: now, or its own start if it never began."""
    return max(starts_at, at)
