"""Real Celery workers on the run's real broker (files, or Valkey), killed and doubled: nothing lost, nothing twice."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection, transaction

from cxaccess.jobs import heartbeat
from cxaccess.jobs.models import Job, Watermark
from cxaccess.jobs.services import enqueue
from cxaccess.lib import clock
from cxaccess.management.commands.serve import ALONE, BEAT, WORKER

ROOT = Path(__file__).resolve().parents[2]
ROUNDS, JOBS = (20, 60) if os.environ.get("CXACCESS_FULL") else (3, 12)
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb, pytest.mark.slow]


class Processes:
    """Workers and beats that this test started."""

    def __init__(self):
        self.running = []
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.process_settings",
            "CXACCESS_TEST_NAME": str(connection.settings_dict["NAME"]),
        }

    def start(self, *arguments):
        argv = [sys.executable, "-m", "celery", "--app", "tests.jobs.app", "--quiet", *arguments]
        process = subprocess.Popen(
            argv, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, process_group=0,
        )  # fmt: skip
        self.running.append(process)
        return process

    def worker(self):
        return self.start(*WORKER, *ALONE)

    def beat(self):
        return self.start(*BEAT)

    def stop(self, process, number=signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        process.wait(timeout=20)
        self.running.remove(process)


@pytest.fixture
def processes():
    processes = Processes()
    yield processes
    for process in list(processes.running):
        processes.stop(process)


def ask(kind, count, **payload):
    with transaction.atomic():
        for n in range(count):
            enqueue(kind, slot=str(n), at=clock.now(), payload={"n": n, **payload})


def all_done():
    return not Job.objects.filter(kind__startswith="test.", done_at=None).exists()


def wait_for(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.1)


def written():
    return Watermark.objects.filter(name__startswith="wrote").count()


def test_the_commit_itself_wakes_the_worker(processes):
    processes.worker()
    ask("test.write", 1)
    wait_for(all_done, "the job, with no beat to wake the worker")
    assert written() == 1
    assert heartbeat.alive(clock.now())


def test_jobs_asked_for_while_nobody_ran_are_done_once_by_two_workers_and_two_beats(processes):
    ask("test.write", JOBS, seconds=0.02)
    for _ in range(2):
        processes.worker()
        processes.beat()
    wait_for(all_done, "the jobs")
    assert written() == JOBS
    assert set(Job.objects.filter(kind="test.write").values_list("attempts", flat=True)) == {1}


def test_a_job_whose_worker_kills_itself_is_done_once_by_the_next_one(processes):
    processes.beat()
    ask("test.kill", 1)
    worker = processes.worker()
    wait_for(lambda: worker.poll() is not None, "the worker to die")
    assert written() == 0
    processes.worker()
    wait_for(all_done, "the second worker")
    assert written() == 1
    assert Job.objects.get(kind="test.kill").attempts == 2


def test_workers_killed_at_any_moment_lose_nothing_and_do_nothing_twice(processes):
    processes.beat()
    processes.beat()
    ask("test.write", JOBS, seconds=0.1)
    for round_ in range(ROUNDS):
        worker = processes.worker()
        before = written()
        wait_for(lambda seen=before: written() > seen or all_done(), "some progress")
        time.sleep(0.03 * (round_ % 4))
        processes.stop(worker)
    processes.worker()
    wait_for(all_done, "the rest")
    assert written() == JOBS
