"""Lets an administrator back in who has lost their password or their second factor."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.signin.operator import OPERATOR, recover_administrator
from accounts.signin.selectors import by_mail
from accounts.templatetags.signin import password_link
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused


class Command(BaseCommand):
    help = "Remove an administrator's second factor, end their sessions and print a link to a new password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the mail."""
        parser.add_argument("email")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        """Recover them; the trail says that the operator did."""
        person = by_mail(email)
        if person is None:
            raise CommandError(f"Nobody has the mail {email}.")
        try:
            recover_administrator(OPERATOR, person=person, at=clock.now())
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"{person.name} sets a new password here, once, within 24 hours:\n{password_link(person)}\n")
