"""Ends every session after a database was restored by PostgreSQL's own tools."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.signin.operator import after_restore
from cxaccess.lib import clock


class Command(BaseCommand):
    help = "End every session, and let the trail say that the operator restored a backup."

    def handle(self, *args: Any, **options: Any) -> None:
        """End them."""
        at = clock.now()
        self.stdout.write(f"{after_restore(of='', at=at)} sessions were ended.\n")
