"""`manage.py load_demo`: Kestrel Home into an empty console."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cxaccess.demo import loader
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused


def moment(text: str) -> datetime:
    """Return the moment that `text` is in ISO form; without a zone it is UTC. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Command(BaseCommand):
    """Load the demo company; refuses to load beside real people."""

    help = "Load the demo company into an empty console."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take a seed and a moment, which make the company the same every time."""
        parser.add_argument("--seed", type=int, default=loader.SEED, help="another seed, other people")
        parser.add_argument("--at", type=moment, default=None, help="the moment that the story has come to (ISO); now")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Load it, or say why not."""
        try:
            town = loader.load(at=options["at"] or clock.now(), seed=options["seed"])
        except Refused as refusal:
            raise CommandError(refusal.message) from None
        self.stdout.write(f"Kestrel Home is here: {len(town.staff)} people, {len(town.teams)} teams.")
