"""App configuration."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class PermissionsConfig(AppConfig):
    name = "permissions"

    def ready(self) -> None:
        """Bring the built-in catalogue in after every migrate, as Django does with its own permissions."""
        post_migrate.connect(_install, sender=self, dispatch_uid="permissions.catalogue")


def _install(**_kwargs: Any) -> None:
    from permissions.catalogue.services import install_catalogue

    install_catalogue()
