"""Real processes of the console, for tests: they work in the very database of the test."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


class Started:
    """The processes of one test; `environment` is theirs."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[bytes]] = []
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.process_settings",
            "CXACCESS_TEST_NAME": str(connection.settings_dict["NAME"]),
        }

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a module of Python."""
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0,
        )  # fmt: skip
        self.running.append(process)
        return process

    def serve(self) -> tuple[subprocess.Popen[bytes], int]:
        """Start a web server and return it with its port, once it answers."""
        port = free_port()
        server = self.start("cxaccess.web", "--port", str(port))
        wait_until("the server answers", lambda: answers(port))
        return server, port

    def stop(self) -> None:
        """End what still runs."""
        for process in self.running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, path: str, session: str, *headers: tuple[str, str]) -> int:
    """Return the status of a page; `headers` are sent as they stand, one that stands twice twice."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as caller:
        caller.putrequest("GET", path, skip_host=True)
        for name, value in (("Host", "localhost"), ("Cookie", f"sessionid={session}"), *headers):
            caller.putheader(name, value)
        caller.endheaders()
        return caller.getresponse().status


def answers(port: int) -> bool:
    """Return whether the server on this port is alive."""
    try:
        return ask(port, "/-/live", "") == 200
    except (OSError, HTTPException):
        return False


def wait_until(what: str, condition: Callable[[], bool], seconds: float = 40) -> None:
    """Wait until `condition` holds; fail, saying `what` did not come to pass."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)
