"""`manage.py demo_people`: how to sign in as the demo's main people."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cxaccess.demo import loader
from cxaccess.demo.main_people import MAIN, PASSWORD


class Command(BaseCommand):
    """Print mail, password and, where a second factor is asked for, the command that shows its code."""

    help = "Say how to sign in as the people of the demo company."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print one line for each."""
        if not loader.loaded():
            raise CommandError("The demo company is not here. Load it with: manage.py load_demo")
        width = max(len(person.email) for person in MAIN)
        self.stdout.write(f"Password of all: {PASSWORD}")
        for person in MAIN:
            code = f"  code: manage.py demo_code {person.email}" if person.factor else ""
            self.stdout.write(f"{person.email:{width}}  {person.shows}{code}")
