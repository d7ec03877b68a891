"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PermissionsConfig(AppConfig):
    name = "permissions"

    def ready(self) -> None:
        """After every migrate bring in the catalogue, what comes with leading and owning, and use of before."""
        post_migrate.connect(_install, sender=self, dispatch_uid="permissions.catalogue")


def _install(**_kwargs: Any) -> None:
    from cxaccess.lib import clock
    from permissions.catalogue.services import install_catalogue
    from permissions.objects import brought
    from permissions.usage.catching_up import catch_up

    install_catalogue()
    brought.sync(at=clock.now())
    catch_up(at=clock.now())
