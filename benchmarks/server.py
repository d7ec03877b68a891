"""The console on a port of this machine, as it runs in life, and somebody signed in who asks it for pages."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.common import ROOT


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one page: how long it took to the last byte, in milliseconds, and in how many queries."""

    status: int
    milliseconds: float
    queries: int


class Reader:
    """A browser that keeps its connection and its session, and fetches nothing but pages."""

    def __init__(self, port: int, session: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Cookie": f"sessionid={session}", "Accept": "text/html"}

    def get(self, address: str) -> Answer:
        return _timed(self.connection, "GET", address, self.headers)


class Caller:
    """A connected system that keeps its connection and asks the decision API."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def post(self, address: str, body: bytes) -> Answer:
        return _timed(self.connection, "POST", address, self.headers, body)


def _timed(
    connection: http.client.HTTPConnection,
    method: str,
    address: str,
    headers: dict[str, str],
    body: bytes | None = None,
) -> Answer:
    began = time.perf_counter()
    connection.request(method, address, body, headers)
    response = connection.getresponse()
    response.read()
    took = (time.perf_counter() - began) * 1000
    return Answer(response.status, took, int(response.headers.get("X-Queries", 0)))


@contextmanager
def running() -> Iterator[int]:
    """Serve with one process, as the embedded console does; yield the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "cxaccess.web", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
    try:
        _wait_for(port, server)
        yield port
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if server.poll() is not None:
            raise SystemExit(f"The server ended with {server.returncode}.")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/-/live")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("The server did not answer.")
