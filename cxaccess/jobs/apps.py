"""App configuration: jobs, stamps, notices and instance settings."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "cxaccess.jobs"
    label = "jobs"
