"""A process that records ends, over and over, until it is killed: ``python -m tests.permissions.end_worker``."""

import time

import django

django.setup()

from cxaccess.jobs import runner  # noqa: E402 - its models need the apps
from cxaccess.lib import clock  # noqa: E402

while True:
    at = clock.now()
    runner.make_ticks(at)
    while runner.run_one(at):
        pass
    time.sleep(0.02)
