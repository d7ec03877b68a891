"""App configuration: wiring, commands and template tags."""

from django.apps import AppConfig


class CxAccessConfig(AppConfig):
    name = "cxaccess"
    label = "cxaccess"

    def ready(self) -> None:
        """Register the checks, and make the Celery application that tasks are sent by."""
        from cxaccess import celery, checks  # noqa: F401 - importing is what does it
