"""Counting what people open in this console itself: in the process, for microseconds, written a little later.

`permissions.guards` counts every yes it gives to a page or a use case. A thread writes what came together, every
EVERY seconds or once MANY keys wait; a process that is asked to stop writes the rest first. Nothing here decides.
"""

import logging
import threading
from datetime import datetime
from multiprocessing import util

from django.db import DatabaseError, connection

from accounts.models import Person
from cxaccess.lib import clock
from permissions import guards
from permissions.models import Resource

log = logging.getLogger(__name__)
EVERY = 10.0  # seconds
MANY = 2_000  # keys that wait before they are written sooner
STOP_PRIORITY = 100  # before the interpreter takes connections and threads apart


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


class Writer(threading.Thread):
    """Writes the reads of this process until it is stopped."""

    def __init__(self) -> None:
        super().__init__(name="usage-reads", daemon=True)
        self.stopping = threading.Event()

    def run(self) -> None:
        """Write every now and then; each time on a connection that is given back."""
        waited = 0.0
        while not self.stopping.wait(1.0):
            waited += 1.0
            if waited >= EVERY or len(guards.reads) >= MANY:
                waited = 0.0
                _write()

    def stop(self) -> None:
        """End the thread and write the rest, in the thread that asks."""
        self.stopping.set()
        self.join(timeout=5)
        _write()


_writer: Writer | None = None


def start() -> None:
    """Begin to write the reads of this process; a second call changes nothing. Called by web processes and workers."""
    global _writer  # noqa: PLW0603 - one thread for the whole process
    if _writer is None:
        _writer = Writer()
        _writer.start()
        # Not atexit: processes that multiprocessing made, such as the web server's, never run that.
        util.Finalize(None, stop, exitpriority=STOP_PRIORITY)


def stop() -> None:
    """Write the rest and end; nothing where nothing was started."""
    global _writer
    if _writer is not None:
        writer, _writer = _writer, None
        writer.stop()


def _write() -> None:
    try:
        flush()
    except Exception:
        log.exception("usage.reads_failed")
    finally:
        connection.close()
