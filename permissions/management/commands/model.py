"""`manage.py model export | apply FILE | schema`: the model as one document."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Person
from cxaccess.lib import clock, documents
from cxaccess.lib.errors import Refused
from permissions.document import exporting, services
from permissions.document.shape import OPTIONS, SCHEMA
from permissions.guards import NotAllowed

REASON = "Applied from a document"


class Command(BaseCommand):
    """Write the model out, or make it as a document says."""

    help = "Write the model as one document, or make the model as a document says."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what it takes."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        export = verbs.add_parser("export", help="write the model to standard output")
        export.add_argument("--with", dest="options", default="", help=f"what else, by commas: {', '.join(OPTIONS)}")
        export.add_argument("--format", choices=["yaml", "json"], default="yaml")
        apply = verbs.add_parser("apply", help="make the model as FILE says, all of it or nothing")
        apply.add_argument("file", type=Path)
        apply.add_argument("--as", dest="mail", required=True, help="mail of the person whose rights count")
        apply.add_argument("--dry-run", action="store_true", help="show the difference and change nothing")
        apply.add_argument("--reason", default=REASON, help="why, as the trail keeps it")
        verbs.add_parser("schema", help="write the JSON Schema of documents")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what the verb says."""
        if options["verb"] == "export":
            self._export(options)
        elif options["verb"] == "schema":
            self.stdout.write(json.dumps(SCHEMA, indent=2, ensure_ascii=False))
        else:
            self._apply(options)

    def _export(self, options: dict[str, Any]) -> None:
        wanted = {each.strip() for each in options["options"].split(",") if each.strip()}
        if not wanted <= set(OPTIONS):
            raise CommandError(f"--with takes: {', '.join(OPTIONS)}.")
        found = exporting.document(wanted, at=clock.now())
        as_json = options["format"] == "json"
        text = json.dumps(found, indent=2, ensure_ascii=False) if as_json else documents.dumped(found)
        self.stdout.write(text, ending="\n" if as_json else "")

    def _apply(self, options: dict[str, Any]) -> None:
        actor = Person.objects.filter(email__iexact=options["mail"]).first()
        if actor is None:
            raise CommandError(f"Nobody has the mail {options['mail']}.")
        run = services.try_document if options["dry_run"] else services.apply_document
        try:
            document = documents.read(options["file"])
            outcome = run(actor, document=document, reason=options["reason"], at=clock.now())
        except documents.Unreadable as error:
            raise CommandError(f"Nothing was changed.\n{error}") from error
        except Refused as refused:
            raise CommandError(f"Nothing was changed.\n{refused.message}") from refused
        except NotAllowed as refused:
            place = ".".join(reversed(getattr(refused, "__notes__", ())))  # the innermost was noted first
            raise CommandError(f"Nothing was changed.\n{place}: {actor} may not do this: {refused}") from refused
        for line in [*outcome.differences, *(f"Passed over: {each}." for each in outcome.passed_over)]:
            self.stdout.write(line)
        self.stdout.write(_ending(len(outcome.differences), dry=options["dry_run"]))


def _ending(count: int, *, dry: bool) -> str:
    if not count:
        return "All is as the document says."
    return f"{count} differences. Nothing was changed." if dry else f"{count} differences, made so."
