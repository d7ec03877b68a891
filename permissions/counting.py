"""Writing what this process counted: use of the console, and what recorded policies would have changed.

A thread writes what came together, every EVERY seconds or once MANY keys wait; a process that is asked to stop writes
the rest first. A kill loses at most those seconds.
"""

import logging
import threading
from multiprocessing import util

from django.db import connection

from permissions import guards, recorded
from permissions.policies import traffic
from permissions.usage import reads

log = logging.getLogger(__name__)
EVERY = 10.0  # seconds
MANY = 2_000  # keys that wait before they are written sooner
STOP_PRIORITY = 100  # before the interpreter takes connections and threads apart
FLUSHES = (reads.flush, traffic.flush)


class Writer(threading.Thread):
    """Writes what this process counts until it is stopped."""

    def __init__(self) -> None:
        super().__init__(name="counting", daemon=True)
        self.stopping = threading.Event()

    def run(self) -> None:
        """Write every now and then; each time on a connection that is given back."""
        waited = 0.0
        while not self.stopping.wait(1.0):
            waited += 1.0
            if waited >= EVERY or max(len(guards.reads), len(recorded.counted)) >= MANY:
                waited = 0.0
                _write()

    def stop(self) -> None:
        """End the thread and write the rest, in the thread that asks."""
        self.stopping.set()
        self.join(timeout=5)
        _write()


_writer: Writer | None = None


def start() -> None:
    """Begin to write the counts of this process; a second call changes nothing. Called by web processes and workers."""
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
        for flush in FLUSHES:
            try:
                flush()
            except Exception:
                log.exception("counting.failed")
    finally:
        connection.close()
