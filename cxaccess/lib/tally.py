"""Counts what happens in this process until somebody writes it down. Pure: no database, no thread, no clock."""

from collections.abc import Hashable, Mapping
from datetime import datetime
from threading import Lock
from typing import Generic, NamedTuple, TypeVar

K = TypeVar("K", bound=Hashable)


class Seen(NamedTuple):
    """How often something happened, and when last."""

    times: int
    last_at: datetime


class Tally(Generic[K]):
    """Counts by key. It never holds more than `most` keys: past them new ones are lost, and `lost` says how many."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.lost = 0
        self._lock = Lock()
        self._seen: dict[K, Seen] = {}

    def __len__(self) -> int:
        """Return how many keys wait to be written."""
        return len(self._seen)

    def add(self, key: K, at: datetime) -> None:
        """Count one. The same key at the same moment is the same happening: one request asks more than once.

        >>> tally = Tally[str](most=9)
        >>> tally.add("x", datetime(2026, 3, 3)), tally.add("x", datetime(2026, 3, 3)), tally.take()["x"].times
        (None, None, 1)
        """
        with self._lock:
            seen = self._seen.get(key)
            if seen is None:
                if len(self._seen) < self.most:
                    self._seen[key] = Seen(1, at)
                else:
                    self.lost += 1
            elif seen.last_at != at:
                self._seen[key] = Seen(seen.times + 1, max(seen.last_at, at))

    def take(self) -> dict[K, Seen]:
        """Return everything counted so far and begin anew."""
        with self._lock:
            taken, self._seen = self._seen, {}
        return taken

    def put_back(self, taken: Mapping[K, Seen]) -> None:
        """Add again what could not be written."""
        with self._lock:
            for key, old in taken.items():
                new = self._seen.get(key)
                self._seen[key] = old if new is None else Seen(old.times + new.times, max(old.last_at, new.last_at))
