"""Writes a backup of an embedded instance."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cxaccess import backup
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused


class Command(BaseCommand):
    help = "Write the database and the secrets into one file, while the console runs. Keep it as safe as a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file's name."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        """Write it."""
        try:
            backup.write(file, at=clock.now())
        except Refused as refusal:
            raise CommandError(refusal.message) from refusal
        self.stdout.write(f"Wrote {file} ({file.stat().st_size:,} bytes). Whoever has it has every secret in it.\n")
