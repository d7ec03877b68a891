"""One foreground command, no orphans, whoever is killed and however."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("one", "one-below", "two", "two-below")
pytestmark = pytest.mark.slow


def alive(pid):
    """Say whether `pid` runs; a zombie that nobody reaped does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def wait_for(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.02)


class Run:
    """A running supervisor and who is below it."""

    def __init__(self, folder):
        self.folder = folder
        argv = [sys.executable, "-m", "tests.cxaccess.children", str(folder)]
        self.process = subprocess.Popen(argv, cwd=ROOT, stderr=subprocess.PIPE, text=True)
        wait_for(lambda: all(len(self.pids(name)) == 1 for name in NAMES), "all four to start")

    def pids(self, name):
        file = self.folder / name
        return [int(line) for line in file.read_text().splitlines()] if file.exists() else []

    def everybody(self):
        return [pid for name in NAMES for pid in self.pids(name)]

    def nobody_left(self):
        return not any(alive(pid) for pid in self.everybody())


@pytest.fixture
def run(tmp_path):
    run = Run(tmp_path)
    yield run
    for pid in [run.process.pid, *run.everybody()]:
        if alive(pid):
            os.kill(pid, signal.SIGKILL)
    run.process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everybody(run, number):
    run.process.send_signal(number)
    assert run.process.wait(timeout=20) == 0
    assert run.nobody_left()


def test_a_killed_child_is_started_again_and_what_it_left_is_gone(run):
    first, below = run.pids("one")[0], run.pids("one-below")[0]
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: len(run.pids("one-below")) == 2, "the restart")
    assert not alive(below)
    assert alive(run.pids("two")[0])
    run.process.send_signal(signal.SIGTERM)
    assert "one ended with code -9; starting it again in 0.5 s." in run.process.communicate(timeout=20)[1]
    assert run.nobody_left()


def test_nobody_outlives_a_killed_supervisor(run):
    run.process.kill()
    run.process.wait()
    wait_for(run.nobody_left, "the children to notice")
