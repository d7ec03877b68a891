"""The one way to read CSV: streamed, decoded strictly, bounded in every direction, and never guessing past a fault.

A file that is not what it says is refused as a whole (`Unreadable`, with line, column, value and what to do). A row
that does not fit its header is handed on with its fault, so that the good rows around it can still be looked at.
Cells are text and nothing else: a formula is the characters it is written with.
"""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from cxaccess.lib.errors import Refused

MEGABYTE = 1024 * 1024
SHOWN = 40  # characters of a value that a message repeats
SEPARATORS = (",", ";", "\t")
AUTO, WESTERN = "auto", "windows-1252"

# What is no text at all, by how it begins, and what people call it.
DISGUISES: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"PK\x05\x06", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "a database"),
)
MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NAMES = {"utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", WESTERN: "Windows-1252"}
SEPARATOR_NAMES = {",": "comma", ";": "semicolon", "\t": "tab"}
# The quote that csv_out puts before what a spreadsheet would run; read back, a value is what it was.
QUOTED = re.compile(r"(^|[;\t\r\n])'(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])|^'(?=[\t\r])")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of everything a file may hold."""

    size: int = 200 * MEGABYTE
    rows: int = 1_000_000
    columns: int = 200
    cell: int = 10_000  # characters
    record: int = 1_000_000  # characters of one row, quoted line breaks and all


STANDARD = Limits()


class Unreadable(Refused):
    """The file is refused as a whole. `line` and `column` count from 1; 0 where there is none to name."""

    def __init__(self, message: str, *, line: int = 0, column: int = 0, value: str = "") -> None:
        where = _where(line, column)
        said = f" {_('It says: %(value)s') % {'value': value}}" if value else ""
        super().__init__(f"{where}{message}{said}", field="file")
        self.line, self.column, self.value = line, column, value


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on, its cells without the space around them, and what is wrong with its shape."""

    line: int
    cells: tuple[str, ...]
    fault: str = ""


@dataclass(slots=True)
class Table:
    """An open file: its header, and its rows, which can be read once. `read` counts the bytes that went by."""

    header: tuple[str, ...]
    encoding: str
    separator: str
    rows: Iterator[Row]
    source: "_Source"

    @property
    def read(self) -> int:
        """Return how many bytes have been read so far."""
        return self.source.read


def shown(value: str) -> str:
    """Return a value as a message may repeat it: short, and with what cannot be seen written out.

    >>> shown("Maya"), len(shown("x" * 500))
    ('“Maya”', 43)
    """
    cut = value if len(value) <= SHOWN else value[:SHOWN] + "…"
    return "“" + "".join(c if c.isprintable() else repr(c)[1:-1] for c in cut) + "”"


def open_table(chunks: Iterable[bytes], *, encoding: str = AUTO, limits: Limits = STANDARD) -> Table:
    """Return the table in `chunks`, its header read. `encoding`: AUTO (UTF-8, or what a mark says) or WESTERN.

    Reading its rows may raise Unreadable, too: a file is only known to be good once it has been read to its end.
    """
    source = _Source(iter(chunks), encoding, limits)
    lines = _Lines(source, limits)
    first = lines.peek()
    if first.lower().startswith("sep=") and first[4:5] in SEPARATORS and not first[5:].strip():
        separator = first[4:5]
        lines.skip()
    else:
        separator = separator_of(first)
    records = _records(lines, separator, limits)
    line, cells = next(records, (1, []))
    header = _header(line, [_clean(cell) for cell in cells], limits)
    return Table(header, source.encoding, separator, _rows(records, len(header), limits), source)


def separator_of(line: str) -> str:
    """Return the separator that a header uses most, outside of quotes; the comma where it uses none.

    >>> separator_of("name;work mail;team, or teams"), separator_of("name")
    (';', ',')
    """
    bare = re.sub(r'"[^"]*"', "", line)
    return max(SEPARATORS, key=bare.count)


class _Source:
    """Bytes as text, strictly: no byte is guessed, dropped or replaced."""

    def __init__(self, chunks: Iterator[bytes], encoding: str, limits: Limits) -> None:
        self.chunks, self.limits = chunks, limits
        self.read, self.line = 0, 1
        start = b""
        for chunk in chunks:
            start += chunk
            if len(start) >= 64:
                break
        self.start = start
        self.encoding, self.skip = _encoding_of(start, encoding)

    def texts(self) -> Iterator[str]:
        """Yield the text, piece by piece. Raises Unreadable."""
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        yield self._decoded(decoder, self.start, skip=self.skip)
        for chunk in self.chunks:
            yield self._decoded(decoder, chunk)
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise Unreadable(_("The file ends in the middle of a character. Save it again."), line=self.line) from None

    def _decoded(self, decoder: codecs.IncrementalDecoder, chunk: bytes, skip: int = 0) -> str:
        self.read += len(chunk)
        if self.read > self.limits.size:
            size = self.limits.size // MEGABYTE
            raise Unreadable(_("The file is larger than %(size)d MB. Split it.") % {"size": size}, line=self.line)
        try:
            text = decoder.decode(chunk[skip:])
        except UnicodeDecodeError as error:
            self._refuse(error)
        if "\x00" in text:
            before = text[: text.index("\x00")]
            raise Unreadable(
                _("There is a NUL byte, which no text holds. Save the file as CSV in UTF-8."),
                line=self.line + before.count("\n"),
            )
        self.line += text.count("\n")
        return text

    def _refuse(self, error: UnicodeDecodeError) -> None:
        """Say where the text stops being what it claims, and what it probably is."""
        good = error.object[: error.start].decode(self.encoding, "replace")
        tail = good.rpartition("\n")[2][-SHOWN // 2 :]
        raise Unreadable(
            _(
                "This is not %(encoding)s: byte %(byte)s after %(tail)s. Save the file as “CSV UTF-8”; if it comes "
                "from an older Windows program, choose Windows-1252 as its encoding."
            )
            % {
                "encoding": NAMES[self.encoding],
                "byte": f"0x{error.object[error.start]:02X}",
                "tail": shown(tail),
            },
            line=self.line + good.count("\n"),
        ) from None


def _encoding_of(start: bytes, wanted: str) -> tuple[str, int]:
    """Return the encoding and how many bytes its mark takes. Raises Unreadable for what is no text."""
    if not start.strip():
        raise Unreadable(_("The file is empty. Its first line names the columns."))
    for beginning, name in DISGUISES:
        if start.startswith(beginning):
            raise Unreadable(_("This is %(what)s, not CSV. Open it and save it as “CSV UTF-8”.") % {"what": name})
    for mark, name in MARKS:
        if start.startswith(mark):
            if not name:
                raise Unreadable(_("This is UTF-32, which is not read here. Save it as “CSV UTF-8”."))
            return name, len(mark)
    if start[1:2] == b"\x00" or start[:1] == b"\x00":
        raise Unreadable(_("This looks like UTF-16 without its mark. Save it as “CSV UTF-8”."), line=1)
    return (WESTERN if wanted == WESTERN else "utf-8"), 0


class _Lines:
    """The text line by line, with the ends of lines; it counts what one row has taken so far, and stops a flood."""

    def __init__(self, source: _Source, limits: Limits) -> None:
        self.limits = limits
        self.number = 0  # lines handed out
        self.began, self.taken = 1, 0  # where the row at hand began, and how much of it there is
        self._lines = self._split(source)
        self._first: str | None = None

    def peek(self) -> str:
        """Return the first line without taking it."""
        if self._first is None:
            self._first = next(self._lines, "")
        return self._first.rstrip("\r\n")

    def skip(self) -> None:
        """Pass over the first line."""
        self._first = None
        self.number += 1

    def next_row(self) -> None:
        """Note that a row is complete and another one begins."""
        self.began, self.taken = self.number + 1, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line, self._first = (self._first, None) if self._first is not None else (next(self._lines), None)
        self.number += 1
        self.taken += len(line)
        if self.taken > self.limits.record:
            raise self.flood(line)
        return line

    def flood(self, text: str) -> Unreadable:
        """Return the refusal of a row without end: far too many cells, or a quote that never closes."""
        return Unreadable(
            _(
                "A row begins here that is longer than %(n)s characters. Either a quote never closes, or the lines are "
                "not separated; look at the file in a text editor."
            )
            % {"n": f"{self.limits.record:,}"},
            line=self.began,
            value=shown(text),
        )

    def _split(self, source: _Source) -> Iterator[str]:
        rest = ""
        for text in source.texts():
            rest += text
            held = "\r" if rest.endswith("\r") else ""  # may be the first half of a line's end
            lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", rest[: len(rest) - len(held)])
            rest = lines.pop() + held
            yield from lines
            if len(rest) > self.limits.record:
                raise self.flood(rest)
        if rest:
            yield rest


def _records(lines: _Lines, separator: str, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells). Raises Unreadable where the quotes do not add up."""
    csv.field_size_limit(limits.record)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        began = lines.began
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _unquoted(error, began, lines.number) from None
        lines.next_row()
        if cells and any(cells):
            yield began, cells


def _unquoted(error: csv.Error, began: int, number: int) -> Unreadable:
    if "unexpected end" in str(error):
        return Unreadable(
            _("A quote opens in this row and never closes. Close it, or double the quotes inside of a quoted cell."),
            line=began,
        )
    return Unreadable(
        _("The quotes of this row do not add up: text follows a closing quote. Double the quotes inside of a cell."),
        line=number,
    )


def _header(line: int, names: list[str], limits: Limits) -> tuple[str, ...]:
    while names and not names[-1]:
        names.pop()
    if not names:
        raise Unreadable(_("The first line names no columns."), line=line)
    if len(names) > limits.columns:
        raise Unreadable(
            _("There are %(n)s columns; at most %(most)s are read. Is this the right separator?")
            % {"n": f"{len(names):,}", "most": limits.columns},
            line=line,
        )
    known: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if not name:
            raise Unreadable(_("A column has no name. Name it, or take it out."), line=line, column=number)
        if len(name) > 200:
            raise Unreadable(
                _("The name of a column is longer than 200 characters."), line=line, column=number, value=shown(name)
            )
        if name.casefold() in known:
            raise Unreadable(
                _("Two columns have the same name, this one and column %(other)d. Rename or remove one.")
                % {"other": known[name.casefold()]},
                line=line,
                column=number,
                value=shown(name),
            )
        known[name.casefold()] = number
    return tuple(names)


def _rows(records: Iterator[tuple[int, list[str]]], width: int, limits: Limits) -> Iterator[Row]:
    for count, (line, cells) in enumerate(records, 1):
        if count > limits.rows:
            raise Unreadable(
                _("There are more than %(n)s rows. Split the file.") % {"n": f"{limits.rows:,}"}, line=line
            )
        cleaned = tuple(_clean(cell) for cell in cells)
        yield Row(line, cleaned, _fault(cleaned, width, limits))


def _fault(cells: tuple[str, ...], width: int, limits: Limits) -> str:
    if len(cells) < width or any(cells[width:]):
        return _("This row has %(n)s cells, the header %(width)s. Quote cells that hold the separator.") % {
            "n": f"{len(cells):,}",
            "width": width,
        }
    for number, cell in enumerate(cells, 1):
        if len(cell) > limits.cell:
            return _("Column %(column)d holds more than %(n)s characters: %(value)s") % {
                "column": number,
                "n": f"{limits.cell:,}",
                "value": shown(cell),
            }
    return ""


def _clean(cell: str) -> str:
    """Return a cell as it was meant: without the space around it and the quote that only spreadsheets need."""
    text = cell.strip()
    return QUOTED.sub(r"\1", text).strip() if "'" in text else text


def _where(line: int, column: int) -> str:
    if line and column:
        return _("Line %(line)d, column %(column)d: ") % {"line": line, "column": column}
    return _("Line %(line)d: ") % {"line": line} if line else ""
