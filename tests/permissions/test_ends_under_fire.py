"""Workers are doubled and killed while thousands of grants run out: each end is in the trail exactly once."""

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.jobs import watermarks
from cxaccess.jobs.kinds import KINDS
from cxaccess.jobs.models import Job
from cxaccess.lib import clock
from permissions.models import RoleGrant
from tests import world
from tests.cast import Cast

FULL = bool(os.environ.get("CXACCESS_FULL"))
ROWS, KILLS = (100_000, 100) if FULL else (5_000, 10)
ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb, pytest.mark.slow]


def start() -> subprocess.Popen:
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.process_settings",
        "CXACCESS_TEST_NAME": str(connection.settings_dict["NAME"]),
    }
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-m", "tests.permissions.end_worker"]
    return subprocess.Popen(command, cwd=ROOT, env=env, process_group=0, **quiet)


def kill(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=20)


def recorded() -> int:
    return Event.objects.filter(tag=Tag.GRANT_EXPIRED).count()


def wait_for_more(than: int, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while recorded() <= than and recorded() < ROWS:
        assert time.monotonic() < deadline, f"{recorded()} of {ROWS} after {seconds} s"
        time.sleep(0.02)


def hand_on(**columns: object) -> None:
    """Let others have the job of a dead worker now; on SQLite the living ones may hold the one write lock for long."""
    for patience in reversed(range(10)):
        try:
            Job.objects.filter(kind="grant.ends", done_at=None).update(lease_until=clock.now(), **columns)
        except OperationalError:
            if not patience:
                raise
        else:
            return


def many_ends(cast: Cast) -> None:
    first = world.give(cast.chiara, cast.agent, until=world.soon(hours=-2))
    same = {"principal": first.principal, "role": first.role, "scope": first.scope, "given_at": first.given_at}
    RoleGrant.objects.bulk_create(
        (
            RoleGrant(starts_at=first.starts_at, until=first.until + timedelta(seconds=number // 50), **same)
            for number in range(1, ROWS)
        ),
        batch_size=5_000,
    )


def test_ends_are_recorded_exactly_once_with_workers_killed_and_doubled(cast: Cast) -> None:
    many_ends(cast)
    chance = random.Random(7)
    workers = [start(), start()]
    try:
        for _ in range(KILLS):
            wait_for_more(than=min(recorded(), ROWS - 1) if recorded() < ROWS else -1)
            time.sleep(chance.random() * 0.05)
            kill(workers.pop(chance.randrange(len(workers))))
            hand_on()
            workers.append(start())
        while recorded() < ROWS:
            hand_on(run_at=clock.now())
            wait_for_more(than=recorded(), seconds=120)
    finally:
        for worker in workers:
            kill(worker)
    ended = Event.objects.filter(tag=Tag.GRANT_EXPIRED)
    assert ended.count() == ended.values("object_id").distinct().count() == ROWS


def test_a_batch_never_holds_the_write_lock_for_long() -> None:
    assert watermarks.HOLD <= 0.5
    assert KINDS["grant.ends"].atomic is False
