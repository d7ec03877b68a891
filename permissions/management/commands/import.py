"""`manage.py import people|resources|teams|grants|matrix FILE`: what the import screens do, without a worker."""  # noqa: N999 - what a command is called is its module's name

import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import Person
from cxaccess.jobs import imports
from cxaccess.jobs.imports import Run, Stopped
from cxaccess.jobs.models import ImportBatch, ImportState, Verdict
from cxaccess.lib import clock, csv_in
from cxaccess.lib.errors import Refused
from permissions.giving import lasting_administrators
from permissions.guards import NotAllowed
from permissions.imports.kinds import KINDS
from permissions.imports.kinds.base import Outdated
from permissions.imports.services import applying, batches, checking

PIECE = 1024 * 1024
SHOWN = 20  # refusals printed; the screen has them all
TRIES = 3  # times a file is checked again because something changed under it


class Command(BaseCommand):
    """Bring a file in. Exits with 1 where it, or some of its rows, are refused."""

    help = "Bring a CSV file in: check it, and apply it unless --dry-run."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what it takes."""
        parser.add_argument("kind", choices=sorted(KINDS))
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="check it and change nothing")
        parser.add_argument(
            "--as", dest="mail", default="", help="mail of the person who brings it; their rights count"
        )
        parser.add_argument("--system", default="", help="the system whose ids the file holds (default: import)")
        parser.add_argument("--encoding", default=csv_in.AUTO, choices=[csv_in.AUTO, csv_in.WESTERN])
        parser.add_argument(
            "--leave-out", action="store_true", help="apply the good rows and leave out the refused ones"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check the file and apply it."""
        began = time.monotonic()
        actor, path = _actor(options["mail"]), options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        try:
            batch = self._checked(actor, path, options)
            if not options["dry_run"] and batch.state == ImportState.CHECKED:
                self._apply(actor, batch, leave_out=options["leave_out"])
        except Refused as refused:
            raise CommandError(refused.message) from refused
        except NotAllowed as refused:
            raise CommandError(f"{actor} may not do this: {refused}") from refused
        except Stopped as stopped:
            raise CommandError("Somebody cancelled it. Nothing was changed.") from stopped
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        self.stdout.write(f"{time.monotonic() - began:.1f} s, {memory} MB at most")
        if batch.counts.get(Verdict.REFUSE):
            sys.exit(1)

    def _checked(self, actor: Person, path: Path, options: dict[str, Any]) -> ImportBatch:
        batch = batches.receive(
            actor,
            kind=options["kind"],
            name=path.name,
            chunks=_pieces(path),
            encoding=options["encoding"],
            system=options["system"],
            at=clock.now(),
        )
        with transaction.atomic():
            batches.require_columns(batch)
            batches.begin_check(batch)
        checking.check(_run(batch), at=clock.now(), tick=clock.now)
        batch.refresh_from_db()
        if batch.state == ImportState.REFUSED:
            raise CommandError(batch.message)
        self._tell(batch)
        if options["dry_run"] or not (batch.counts.get(Verdict.CREATE) or batch.counts.get(Verdict.CHANGE)):
            self.stdout.write(
                "Nothing was changed." if options["dry_run"] else "Nothing to do: all is as the file says."
            )
            batches.cancel(actor, batch=batch, at=clock.now())
            batch.refresh_from_db()
        return batch

    def _tell(self, batch: ImportBatch) -> None:
        for verdict in Verdict:
            self.stdout.write(f"{verdict.label:8} {batch.counts.get(verdict, 0):>9,}")
        refused = batch.rows.filter(verdict=Verdict.REFUSE).order_by("line")
        for row in refused[:SHOWN]:
            where = f"line {row.line}" + (
                f", {row.column} = {csv_in.shown(row.payload.get(row.column, ''))}" if row.column else ""
            )
            self.stderr.write(f"{where}: {row.message}")
        if refused.count() > SHOWN:
            self.stderr.write(f"... and {refused.count() - SHOWN:,} more")

    def _apply(self, actor: Person, batch: ImportBatch, *, leave_out: bool) -> None:
        for _ in range(TRIES):
            batches.begin_apply(actor, batch=batch, leave_out=leave_out, at=clock.now())
            batch.refresh_from_db()
            try:
                applying.apply(_run(batch), at=clock.now(), tick=clock.now)
            except Outdated:
                with transaction.atomic():
                    batches.begin_check(batch)
                checking.check(_run(batch), at=clock.now(), tick=clock.now)
                batch.refresh_from_db()
            except BaseException:
                imports.move(batch, ImportState.APPLYING, to=ImportState.CHECKED, run="")
                raise
            else:
                self.stdout.write(self.style.SUCCESS(f"Applied as import {batch.pk}."))
                return
        raise CommandError("What the file is about keeps changing. Nothing was changed; try again later.")


def _actor(mail: str) -> Person:
    """Return on whose behalf it is done: the person named, or the only administrator there is."""
    if mail:
        found = Person.objects.filter(email__iexact=mail).first()
        if found is None:
            raise CommandError(f"Nobody has the mail {mail}.")
        return found
    able = list(lasting_administrators(at=clock.now())[:2])
    if len(able) != 1:
        raise CommandError("Say on whose behalf: --as MAIL. Their rights decide what the file may do.")
    return able[0]


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece


def _run(batch: ImportBatch) -> Run:
    return Run(batch, f"command-{clock.now().timestamp():.0f}")
