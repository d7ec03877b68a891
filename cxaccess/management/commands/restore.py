"""Puts a backup of an embedded instance in place."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounts.signin.operator import after_restore
from cxaccess import backup
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused


class Command(BaseCommand):
    help = "Put a backup in place of what is there, bring it up to this version and end every session in it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file's name, and the word that it is meant."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="replace what is in the data folder")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        """Restore it; what was there stays beside it as .before-restore."""
        if not replace:
            raise CommandError("This replaces the database and the secrets. Say so with --replace.")
        try:
            manifest = backup.restore(file)
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        call_command("migrate", verbosity=0, interactive=False)
        ended = after_restore(of=manifest["at"], at=clock.now())
        self.stdout.write(f"Restored the state of {manifest['at']}. {ended} sessions of then were ended.\n")
        self.stdout.write("What was there before stands beside it as .before-restore; delete it once all is well.\n")
