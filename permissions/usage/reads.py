"""Counting what people open in this console itself: in the process, for microseconds, written a little later.

`permissions.guards` counts every yes it gives to a page or a use case; `permissions.counting` has it written. Nothing
here decides.
"""

import logging
from datetime import datetime

from django.db import DatabaseError

from accounts.models import Person
from cxaccess.lib import clock
from permissions import guards
from permissions.models import Resource

log = logging.getLogger(__name__)


def count_read(person: Person, action: str, resource: Resource | int | None, at: datetime) -> None:
    """Count that `person` did `action` on a resource (or a console object's id; None: the part as a whole)."""
    guards.reads.add((person.pk, action, resource.pk if isinstance(resource, Resource) else resource), at)


def flush() -> int:
    """Write what was counted so far; return how many rows that made. What cannot be written now waits on."""
    from permissions.usage.services import take_reads

    lost, guards.reads.lost = guards.reads.lost, 0
    if lost:
        log.warning("usage.reads_lost", extra={"count": lost})
    taken = guards.reads.take()
    if not taken:
        return 0
    try:
        return take_reads(taken, at=clock.now())
    except DatabaseError:
        guards.reads.put_back(taken)
        log.warning("usage.reads_waiting", extra={"count": len(taken)}, exc_info=True)
        return 0
