"""Lists that show confidential or restricted resources: on record before they are shown (docs/decisions/0052)."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b

from accounts.models import Person
from audits.models import Event
from audits.trail.record import Entry, record_many
from audits.trail.tags import Tag
from permissions.guards import use_case
from permissions.models import Resource
from permissions.resources.opening import is_guarded

SPAN = 3600  # seconds, of the clock: within them the same reader's sight of the same resources is one event


def record_listed(reader: Person, shown: Iterable[Resource], *, page: str, at: datetime) -> None:
    """Write which guarded resources a list shows. The page is shown only after this returned.

    Seen within the hour already, it asks one question and writes nothing.
    """
    ids = sorted(row.pk for row in shown if is_guarded(row, at))
    if not ids:
        return
    digest = blake2b(",".join(map(str, ids)).encode(), digest_size=16).hexdigest()
    once = f"{Tag.RESOURCES_LISTED}:{reader.pk}:{int(at.timestamp()) // SPAN}:{digest}"
    if not Event.objects.filter(once=once).exists():
        _write(reader, ids, page=page, once=once, at=at)


@use_case
def _write(reader: Person, ids: list[int], *, page: str, once: str, at: datetime) -> None:
    details = {"resources": ids, "page": page}
    record_many([Entry(Tag.RESOURCES_LISTED, reader, at, details=details, once=once)])
