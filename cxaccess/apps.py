"""App configuration: wiring, commands and template tags."""

from django.apps import AppConfig


class CxAccessConfig(AppConfig):
    name = "cxaccess"
    label = "cxaccess"
