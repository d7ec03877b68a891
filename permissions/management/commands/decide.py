"""`manage.py decide < QUESTIONS`: answers to questions as JSON lines, in their order, one after the other."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandParser

from cxaccess.lib import clock
from permissions import facts
from permissions.authzen import answering, moments, questions
from permissions.authzen.reading import Malformed, parsed

LONGEST = 1024 * 1024  # bytes of a line; what comes after them is thrown away


class Command(BaseCommand):
    """Decide. Exits with 1 where a line was no question; a no is an answer like any other."""

    help = "Read questions (AuthZEN, with an optional `at`) as JSON lines from standard input and write decisions."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say what it takes."""
        parser.add_argument("--system", default="", help="the system whose ids the resources have, where they say none")

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer line by line; nothing is kept of a line once it is answered."""
        wrong = False
        for number, line in enumerate(_lines(sys.stdin.buffer), 1):
            if line is not None and not line.strip():
                continue
            try:
                said = _answered(line, options["system"])
            except Malformed as error:
                wrong, said = True, {"line": number, "error": str(error)}
            self.stdout.write(json.dumps(said, ensure_ascii=False))
            self.stdout.flush()
        if wrong:
            sys.exit(1)


def _lines(source: IO[bytes]) -> Iterator[bytes | None]:
    """Yield the lines; None for one that is too long to be read."""
    while line := source.readline(LONGEST + 1):
        if len(line) <= LONGEST:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = source.readline(LONGEST)
        yield None


def _answered(line: bytes | None, system: str) -> dict[str, Any]:
    if line is None:
        raise Malformed("", f"A line holds at most {LONGEST} bytes.")
    raw, now = parsed(line), clock.now()
    ask = questions.ask(raw)
    at = _moment(raw["at"]) if raw.get("at") is not None else now
    with facts.pinned():
        answer = answering.evaluated(ask, at=at, system=system)
        return {
            "decision": answer.allowed,
            "reasons": answering.reasons(answer),
            "obligations": answering.obligations(answer),
        }


def _moment(raw: Any) -> datetime:
    found = moments.moment(raw)
    if found is None:
        raise Malformed("at", "must be a moment with its zone, such as 2026-03-03T09:00:00+01:00.")
    return found
