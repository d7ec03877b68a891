"""Runs the web server, the worker and beat as children of one foreground command. Knows nothing of Django.

Each child leads a process group of its own, and before it is started again whatever is left of that group is killed:
a beat or a pool process that survived its killed parent would do everything twice. Children tie themselves to this
process (`cxaccess.lib.lifeline`), so even a SIGKILL here leaves nobody behind.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

from cxaccess.lib.lifeline import SUPERVISOR

BACK_OFF = (0.5, 1, 2, 5, 10, 30)  # seconds before the first, second, ... restart in a row
HEALTHY_AFTER = 60  # seconds; a child that ran this long starts with the shortest back-off again
GRACE = 10  # seconds between asking a group to end and killing it
TICK = 0.1


@dataclass
class Child:
    """One supervised process group. Times are of the monotonic clock."""

    name: str
    argv: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0
    failures: int = 0
    restart_at: float = 0

    def start(self) -> None:
        """Start it at the head of its own group."""
        environment = os.environ | {SUPERVISOR: str(os.getpid())}
        self.process = subprocess.Popen(  # noqa: S603 - our own command lines
            self.argv, env=environment, stdin=subprocess.DEVNULL, process_group=0
        )
        self.started = time.monotonic()

    def signal_group(self, number: int) -> None:
        """Send `number` to whatever is left of its group."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def ended(self) -> int | None:
        """Return the exit code, or None while it runs."""
        return None if self.process is None else self.process.poll()


@dataclass
class Supervisor:
    """Starts the children and keeps them running until told to stop. `on_ready` runs once, when `ready()` says so."""

    children: Sequence[Child]
    ready: Callable[[], bool] = lambda: True
    on_ready: Callable[[], None] = lambda: None
    say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True)  # noqa: T201 - the terminal
    stopping: bool = field(default=False, init=False)

    def run(self) -> int:
        """Run until SIGINT, SIGTERM or SIGHUP, then end every group. Returns the exit code."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            for child in self.children:
                child.start()
            announced = False
            while not self.stopping:
                for child in self.children:
                    self._keep(child)
                if not announced and self.ready():
                    announced = True
                    self.on_ready()
                time.sleep(TICK)
        finally:
            self._end_all()
        return 0

    def _stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopping:  # asked twice: no more grace
            for child in self.children:
                child.signal_group(signal.SIGKILL)
        self.stopping = True

    def _keep(self, child: Child) -> None:
        """Restart `child` if it ended, with a growing pause, its old group killed first."""
        code = child.ended()
        if code is None:
            return
        now = time.monotonic()
        if not child.restart_at:
            child.signal_group(signal.SIGKILL)
            child.failures = 1 if now - child.started > HEALTHY_AFTER else child.failures + 1
            pause = BACK_OFF[min(child.failures, len(BACK_OFF)) - 1]
            child.restart_at = now + pause
            self.say(f"{child.name} ended with code {code}; starting it again in {pause:g} s.")
        elif now >= child.restart_at:
            child.restart_at = 0
            child.start()

    def _end_all(self) -> None:
        for child in self.children:
            child.signal_group(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        while time.monotonic() < deadline and any(child.process and child.ended() is None for child in self.children):
            time.sleep(TICK)
        for child in self.children:
            child.signal_group(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()
