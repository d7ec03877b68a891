"""Moments and windows. Every moment is timezone-aware; storage is UTC; people read their own zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo


def now() -> datetime:
    """Return this moment in UTC. Only the edge (middleware, commands, tasks) calls it; all else takes `at`."""
    return datetime.now(UTC)


def end_of_day(day: date, zone: str) -> datetime:
    """Return the moment `day` ends in `zone`: the first instant of the next day, in UTC.

    >>> end_of_day(date(2026, 3, 3), "Europe/Berlin").isoformat()
    '2026-03-03T23:00:00+00:00'
    """
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone)).astimezone(UTC)


def start_of_day(day: date, zone: str) -> datetime:
    """Return the first instant of `day` in `zone`, in UTC."""
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def last_day(until: datetime, zone: tzinfo) -> date:
    """Return the last day in `zone` on which something that ends at `until` is in force: what `end_of_day` was made of.

    >>> last_day(datetime(2026, 3, 3, 23, tzinfo=UTC), ZoneInfo("Europe/Berlin")).isoformat()
    '2026-03-03'
    """
    return (until - timedelta(microseconds=1)).astimezone(zone).date()


@dataclass(frozen=True, slots=True)
class Window:
    """The half-open time in which something is in force: ``starts_at <= t < until``; `until` None never ends."""

    starts_at: datetime
    until: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Return whether it never was in force: what is ended before it began."""
        return self.until == self.starts_at

    def is_over(self, at: datetime) -> bool:
        """Return whether it will not be in force at `at` or later."""
        return self.until is not None and self.until <= at

    def covers(self, at: datetime) -> bool:
        """Return whether this window is in force at `at`."""
        return self.starts_at <= at and (self.until is None or at < self.until)
