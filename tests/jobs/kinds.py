"""Kinds of job that only tests know, with effects that can be counted: rows of `Watermark`."""

import os
import signal
import time
from datetime import timedelta

from cxaccess.jobs.kinds import KINDS, Kind
from cxaccess.jobs.models import Watermark


def write(job, at):
    """Leave one row. A second run of an atomic job cannot leave it again: the key is taken."""
    Watermark.objects.create(name=f"wrote {job.payload['n']}", at=at)
    time.sleep(job.payload.get("seconds", 0))


def kill_at_first(job, at):
    """Write, then die by SIGKILL before it counts; the next attempt lives."""
    Watermark.objects.create(name=f"wrote {job.payload['n']}", at=at)
    if job.attempts == 1:
        os.kill(os.getpid(), signal.SIGKILL)


def fail(job, at):
    raise ValueError("no such luck")


def overtaken(job, at):
    """Write while, meanwhile, another runner takes the job over."""
    Watermark.objects.create(name="overtaken", at=at)
    type(job).objects.filter(pk=job.pk).update(attempts=job.attempts + 1)


def register():
    short = timedelta(seconds=2)
    KINDS.update(
        {
            "test.write": Kind("tests.jobs.kinds.write", lease=short),
            "test.kill": Kind("tests.jobs.kinds.kill_at_first", lease=short),
            "test.fail": Kind("tests.jobs.kinds.fail", lease=short),
            "test.overtaken": Kind("tests.jobs.kinds.overtaken", lease=short),
            "test.unmarked": Kind("tests.jobs.kinds.write", atomic=False, lease=short),
        }
    )
