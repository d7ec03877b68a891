"""What is written when a grant on one resource runs out; each end is one event."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from audits.trail.record import Entry, System
from audits.trail.tags import Tag
from permissions.grants.ends import Ends
from permissions.objects import rows
from permissions.objects.rows import AnyGrant

ACTOR = System("grant-end")


def _rows(letter: str) -> Callable[[], QuerySet[Any]]:
    return lambda: rows.table(letter)


def _told(row: AnyGrant) -> Entry:
    once = f"{Tag.OBJECT_GRANT_EXPIRED}:{rows.key(row)}"
    at, thing, person = row.until or row.starts_at, row.content_object, rows.person_of(row)
    return Entry(Tag.OBJECT_GRANT_EXPIRED, ACTOR, at, thing, person, None, rows.told(row), once)


OBJECTS = tuple(Ends(Tag.OBJECT_GRANT_EXPIRED, ACTOR, _rows(letter), _told, letter) for letter in rows.MODELS)
