"""Real workers, killed while a file is checked and while it is applied: each row and each grant exactly once."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import Identity
from audits.models import Event
from cxaccess.jobs.models import ImportBatch, ImportState, Job
from cxaccess.lib import clock
from permissions.imports.services import batches
from permissions.models import PersonObjectGrant, Resource
from tests import cast as people
from tests import matrices
from tests.importing import received

ROUNDS = 25 if os.environ.get("CXACCESS_FULL") else 3
ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb, pytest.mark.slow]


def start():
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.process_settings",
        "CXACCESS_TEST_NAME": str(connection.settings_dict["NAME"]),
    }
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", "tests.permissions.end_worker"]
    return subprocess.Popen(command, cwd=ROOT, env=env, process_group=0, **quiet)


def kill(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=20)


def release():
    """Let the next worker have the job at once: the dead one's lease would keep it for minutes."""
    Job.objects.filter(kind__startswith="import.", done_at=None).update(lease_until=clock.now(), run_at=clock.now())


def until(batch, *states, seconds=120):
    deadline = time.monotonic() + seconds
    while ImportBatch.objects.values_list("state", flat=True).get(pk=batch.pk) not in states:
        assert time.monotonic() < deadline, f"still {ImportBatch.objects.get(pk=batch.pk).state}"
        time.sleep(0.02)


def taken(batch, before):
    """Wait until a worker holds the batch, or it is over."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        run, state = ImportBatch.objects.values_list("run", "state").get(pk=batch.pk)
        if run != before or state in (ImportState.CHECKED, ImportState.APPLIED):
            return run
        time.sleep(0.01)
    raise AssertionError("no worker took it")


def under_fire(batch, last):
    chance, run = random.Random(11), ""
    for _ in range(ROUNDS):
        Job.objects.filter(kind__startswith="import.").update(attempts=0)
        release()
        worker = start()
        run = taken(batch, run)
        time.sleep(chance.random() * 0.6)
        kill(worker)
    Job.objects.filter(kind__startswith="import.").update(attempts=0)
    release()
    worker = start()
    try:
        until(batch, last)
    finally:
        kill(worker)


def test_a_file_is_checked_and_applied_once_however_often_its_worker_is_killed():
    cast = people.build()
    given = matrices.matrix("domino")
    batch = received(cast.priya, "matrix", given.content, system="domino")
    batches.set_columns(cast.priya, batch=batch, mapping=batch.mapping, at=clock.now())
    under_fire(batch, ImportState.CHECKED)
    lines = list(batch.rows.order_by("line").values_list("line", flat=True))
    assert lines == list(range(2, len(given.pairs) + 2))

    batches.start(cast.priya, batch=batch, leave_out=False, at=clock.now())
    under_fire(batch, ImportState.APPLIED)
    assert PersonObjectGrant.objects.filter(source="import").count() == len(given.pairs)
    assert Identity.objects.filter(system="domino").count() == len(given.users)
    assert Resource.objects.filter(system="domino").count() == len(given.permissions)
    assert Event.objects.filter(tag="import.applied").count() == 1
    assert Event.objects.filter(tag="person.created").count() == len(given.users)
