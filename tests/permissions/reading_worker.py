"""A Celery worker whose jobs read, for test_reads_on_stop: ``celery --app tests.permissions.reading_worker``."""

import os
from datetime import timedelta
from pathlib import Path

import django
from celery import signals

from cxaccess.celery import app

django.setup()
__all__ = ["app"]


@signals.worker_ready.connect(weak=False)
def read(**_kwargs: object) -> None:
    """Count five reads, as a job of somebody's would, and say so."""
    from accounts.models import Person
    from cxaccess.lib import clock
    from permissions.usage.reads import count_read

    person, resource, flag = os.environ["CXACCESS_TEST_READS"].split(",")
    reader = Person(pk=int(person))
    for number in range(5):
        count_read(reader, "feedback.view", int(resource), clock.now() - timedelta(minutes=1 + number))
    Path(flag).touch()
