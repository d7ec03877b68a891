"""The Celery application with the kinds that tests know: ``celery --app tests.jobs.app``."""

import django

from cxaccess.celery import app

django.setup()

from tests.jobs import kinds  # noqa: E402 - its models need the apps

__all__ = ["app"]
app.conf.beat_schedule["wake"]["schedule"] = 0.5
kinds.register()
