"""Instance settings: what administrators change on a screen while the instance runs. Typed, each with its default."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection

from cxaccess.jobs.models import Setting

T = TypeVar("T", str, int, bool)


@dataclass(frozen=True, slots=True)
class Entry(Generic[T]):
    """One setting. The type of its default is its type."""

    key: str
    default: T


INSTANCE_NAME = Entry("instance.name", "CX Access")
TIME_ZONE = Entry("instance.time_zone", "UTC")
LANGUAGE = Entry("instance.language", "en")
MAIL_FROM = Entry("mail.from", "CX Access <cx-access@localhost>")
NOTICE_DAYS = Entry("grants.notice_days", 7)  # how long before a grant ends its holder hears of it
SESSION_HOURS = Entry("session.hours", 12)  # how long one stays signed in, within what the deployment allows
USAGE_DAYS = Entry("usage.days", 400)  # how long use is kept by day; who used what last is kept for good
RECORDING_DAYS = Entry("policies.recording_days", 90)  # how long it is kept what recorded policies would have changed
SET_UP = Entry("instance.set_up", False)  # the set-up page never opens again


def get(entry: Entry[T]) -> T:
    """Return the value of `entry`. A stored value of another type counts as none: it must not reach its readers."""
    row = Setting.objects.filter(key=entry.key).first()
    return _typed(entry, row.value if row else None)


def get_all(entries: Iterable[Entry[Any]]) -> dict[str, Any]:
    """Return {key: value} of several entries, in one query."""
    wanted = list(entries)
    stored = dict(Setting.objects.filter(key__in=[entry.key for entry in wanted]).values_list("key", "value"))
    return {entry.key: _typed(entry, stored.get(entry.key)) for entry in wanted}


def put(entry: Entry[T], value: T) -> None:
    """Store `value`, in the open transaction of the use case that records it. Raises TypeError on another type."""
    if type(value) is not type(entry.default):
        raise TypeError(f"{entry.key} takes {type(entry.default).__name__}, not {type(value).__name__}.")
    if not connection.in_atomic_block:
        raise RuntimeError("Settings change only in the transaction that records the change.")
    Setting.objects.update_or_create(key=entry.key, defaults={"value": value})


def _typed(entry: Entry[T], value: Any) -> T:
    return value if type(value) is type(entry.default) else entry.default
