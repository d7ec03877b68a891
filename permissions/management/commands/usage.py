"""Takes in what a connected system counted: ``usage import FILE``."""

import hashlib
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audits.trail.record import System
from cxaccess.lib import clock, csv_in
from cxaccess.lib.errors import Refused
from permissions.imports.kinds.usage import Usage, row_of
from permissions.imports.mapping import matched, missing
from permissions.usage.reading import Fault, Reader, Row
from permissions.usage.services import MOST, Sum, ingest, name_of_file

ACTOR = System("usage-import")
PIECE = 1024 * 1024
SHOWN = 20  # refused rows that are printed


class Command(BaseCommand):
    """Reads the file twice: once to its end to judge it, then again to take it in, part by part."""

    help = "Take in a CSV file of use: person, action, resource, time, count."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what it takes."""
        parser.add_argument("what", choices=["import"])
        parser.add_argument("file", type=Path)
        parser.add_argument("--system", default="import", help="the system whose ids the file holds")
        parser.add_argument("--batch", default="", help="the name of this batch; taken in once (default: its content)")
        parser.add_argument("--dry-run", action="store_true", help="judge it and take nothing in")
        parser.add_argument("--leave-out", action="store_true", help="take in the good rows, leave out refused ones")
        parser.add_argument("--encoding", default=csv_in.AUTO, choices=[csv_in.AUTO, csv_in.WESTERN])

    def handle(self, *_args: Any, **options: Any) -> None:
        """Judge the file, then take it in. Exits with 1 where rows were refused."""
        path, at = options["file"], clock.now()
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        try:
            said, faults = self._judge(options, at)
            self.stdout.write(f"{said.rows:,} rows, {said.uses:,} uses; {faults:,} rows refused")
            if options["dry_run"]:
                self.stdout.write("Nothing was taken in.")
            elif faults and not options["leave_out"]:
                raise CommandError("Nothing was taken in. Mend the rows, or go on without them: --leave-out")
            elif said.rows:
                self._take(options, at)
        except Refused as refused:
            raise CommandError(refused.message) from refused
        if faults:
            sys.exit(1)

    def _judge(self, options: dict[str, Any], at: datetime) -> tuple[Sum, int]:
        said, faults = Sum(), 0
        for one in Reader(options["system"], at).each(rows(options)):
            if not isinstance(one, Fault):
                said.add([one])
                continue
            faults += 1
            if faults <= SHOWN:
                self.stderr.write(f"line {one.line}, {one.column} = {csv_in.shown(one.value)}: {one.message}")
        if faults > SHOWN:
            self.stderr.write(f"... and {faults - SHOWN:,} more")
        return said, faults

    def _take(self, options: dict[str, Any], at: datetime) -> None:
        """Take the file in by parts, each whole or not at all: started again, it goes on where it stopped."""
        name = options["batch"] or name_of_file(sha256(options["file"]))
        source, number, before = rows(options), 0, 0
        while part := list(islice(source, MOST)):
            key = f"{name} part {number}" if number else name
            taken = ingest(
                ACTOR, system=options["system"], batch_key=key, rows=part, at=at, leave_out=options["leave_out"],
                part=number,
            )  # fmt: skip
            number, before = number + 1, before + (not taken.new)
        if before == number:
            self.stdout.write("It was taken in before; nothing was added.")
        else:
            again = f", {before:,} of them before" if before else ""
            self.stdout.write(self.style.SUCCESS(f"Taken in as “{name}”, in {number:,} parts{again}."))


def rows(options: dict[str, Any]) -> Iterator[Row]:
    """Yield the rows of the file. Raises Refused where it is no such file, also in its midst."""
    table = csv_in.open_table(pieces(options["file"]), encoding=options["encoding"])
    mapping = matched(Usage(), table.header, {})
    lacking = missing(Usage(), mapping)
    if lacking is not None:
        raise CommandError(f"The file has no column “{lacking.key}”. Its first line names the columns.")
    for row in table.rows:
        if row.fault:
            raise CommandError(f"line {row.line}: {row.fault}")
        yield row_of(row.line, {name: row.cells[place] for name, place in mapping.items()})


def pieces(path: Path) -> Iterator[bytes]:
    """Yield the file piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def sha256(path: Path) -> str:
    """Return the digest of the file."""
    found = hashlib.sha256()
    for piece in pieces(path):
        found.update(piece)
    return found.hexdigest()
