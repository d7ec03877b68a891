"""Shows the second factor of one of the demo's people."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.signin.operator import demo_code
from accounts.signin.selectors import by_mail
from cxaccess.lib.errors import Refused


class Command(BaseCommand):
    help = "Show the code that one of the demo's people signs in with. It works for real people nowhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the mail."""
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        """Print the code."""
        if not settings.DEMO:
            raise CommandError("This is not a demo.")
        person = by_mail(email)
        if person is None:
            raise CommandError(f"Nobody has the mail {email}.")
        try:
            self.stdout.write(demo_code(person))
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
