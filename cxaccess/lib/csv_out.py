"""The one way to write CSV: for spreadsheets (BOM, CRLF), streamed, and never a formula typed as a name."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextvars import Context, copy_context
from datetime import UTC, datetime
from typing import Any

BOM = "\ufeff"
# What a spreadsheet would run: at the start, and after what another separator than the comma makes a start of.
FORMULA = re.compile(r"(^|[;\t\r\n])(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])|^(?=[\t\r])")


class _Line:
    """What csv.writer writes to: it hands the line back."""

    def write(self, text: str) -> str:
        return text


def cell(value: Any) -> str:
    """Return a value as it stands in a cell: moments in UTC, and a quote before what a spreadsheet would run.

    >>> cell("=1+1"), cell("Maya"), cell(None), cell(-3)
    ("'=1+1", 'Maya', '', '-3')
    >>> cell("Analyst; =1+1; Lead-in"), cell("@SUM(1)")
    ("Analyst;' =1+1; Lead-in", "'@SUM(1)")
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds")
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return FORMULA.sub(r"\1'", text)


def lines(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Return the file line by line, `head` first. `rows` is read as it is sent, so it may be as long as it likes.

    That is after the request is over, in the context that it had: what it knew of the moment, and where it came from.
    """
    return _within(copy_context(), _lines(head, rows))


def _within(context: Context, found: Iterator[str]) -> Iterator[str]:
    while (line := context.run(next, found, None)) is not None:
        yield line


def _lines(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield BOM + writer.writerow([cell(value) for value in head])
    for row in rows:
        yield writer.writerow([cell(value) for value in row])
