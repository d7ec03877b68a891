"""Real processes that are asked to stop: what they counted and had not yet written is written."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from django.db import connection

from cxaccess.management.commands.serve import ALONE, WORKER
from permissions.models import PolicyDay, PolicyTouch, UsageDay
from tests.cast import Cast
from tests.policies import enact
from tests.sessions import signed_in

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb, pytest.mark.slow]


class Started:
    """The processes of one test."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen[bytes]] = []
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.process_settings",
            "CXACCESS_TEST_NAME": str(connection.settings_dict["NAME"]),
        }

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0,
        )  # fmt: skip
        self.running.append(process)
        return process

    def stop(self) -> None:
        for process in self.running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture
def started() -> Iterator[Started]:
    found = Started()
    yield found
    found.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(port: int, path: str, session: str) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as caller:
        caller.request("GET", path, headers={"Host": "localhost", "Cookie": f"sessionid={session}"})
        return caller.getresponse().status


def answers(port: int) -> bool:
    try:
        return ask(port, "/-/live", "") == 200
    except (OSError, HTTPException):
        return False


def wait_until(what: str, condition: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def total() -> int:
    return sum(UsageDay.objects.values_list("count", flat=True))


def test_a_web_server_that_is_asked_to_stop_writes_what_it_counted(cast: Cast, started: Started) -> None:
    enact("block", permissions=["team.view"], stage="recording")
    session = signed_in(cast.priya).cookies["sessionid"].value
    port = free_port()
    server = started.start("cxaccess.web", "--port", str(port))
    wait_until("the server answers", lambda: answers(port))
    for _ in range(7):
        assert ask(port, f"/teams/{cast.care_dach.pk}/", session) == 200
    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=20) == 0
    assert total() == 7
    assert set(PolicyDay.objects.values_list("kind", "count")) == {("seen", 7), ("changed", 7), ("block", 7)}
    assert PolicyTouch.objects.get().count == 7


def test_a_worker_that_is_asked_to_stop_writes_what_its_jobs_counted(
    cast: Cast, started: Started, tmp_path: Path
) -> None:
    flag = tmp_path / "counted"
    started.environment |= {"CXACCESS_TEST_READS": f"{cast.maya.pk},{cast.german_reviews.pk},{flag}"}
    worker = started.start("celery", "--app", "tests.permissions.reading_worker", "--quiet", *WORKER, *ALONE)
    wait_until("the worker counted", flag.exists)
    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=20)
    assert total() == 5
