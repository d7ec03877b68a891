"""Shows the code that the set-up page asks for."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from permissions.setup.selectors import is_open, setup_code


class Command(BaseCommand):
    help = "Show the code that /setup/ asks for, while this instance has no administrator."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        if not is_open():
            raise CommandError("This instance is set up already.")
        self.stdout.write(setup_code())
