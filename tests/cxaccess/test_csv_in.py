"""The reader of files: what it takes, what it refuses, and how it says so."""

import itertools
import os
import resource
import tracemalloc

import pytest

from cxaccess.lib import csv_in, csv_out
from cxaccess.lib.csv_in import Limits, Unreadable, open_table


def read(content, **more):
    table = open_table([content], **more)
    return table.header, [row.cells for row in table.rows]


def refusal(content, **more):
    return refusal_of([content], **more)


def refusal_of(chunks, **more):
    with pytest.raises(Unreadable) as caught:
        list(open_table(chunks, **more).rows)
    return caught.value


@pytest.mark.parametrize(
    ("content", "encoding", "separator"),
    [
        (b"name,mail\nJos\xc3\xa9,j@x.example\n", "utf-8", ","),
        ("\ufeffname;mail\nJosé;j@x.example\n".encode(), "utf-8", ";"),
        ("name\tmail\r\nJosé\tj@x.example\r\n".encode("utf-16"), "utf-16-le", "\t"),
        ("\ufeffname,mail\rJosé,j@x.example\r".encode("utf-16-be"), "utf-16-be", ","),
        (b"sep=;\r\nname;mail\r\nJos\xc3\xa9;j@x.example\r\n", "utf-8", ";"),
    ],
)
def test_a_file_says_itself_how_it_is_written(content, encoding, separator):
    table = open_table([content])
    assert (table.encoding, table.separator, table.header) == (encoding, separator, ("name", "mail"))
    assert [row.cells for row in table.rows] == [("José", "j@x.example")]


def test_pieces_may_end_anywhere_even_within_a_character_or_a_line_end():
    content = 'name,note\r\nJosé,"two\r\nlines"\r\nÅsa,x\r\n'.encode()
    for size in range(1, 12):
        pieces = [content[start : start + size] for start in range(0, len(content), size)]
        table = open_table(pieces)
        assert [(row.line, row.cells) for row in table.rows] == [(2, ("José", "two\r\nlines")), (4, ("Åsa", "x"))]


def test_windows_1252_is_not_guessed_but_offered():
    content = "name\nJosé\n".encode("cp1252")
    said = refusal(content)
    assert said.line == 2
    assert "0xE9" in said.message
    assert "Windows-1252" in said.message
    assert read(content, encoding=csv_in.WESTERN) == (("name",), [("José",)])


@pytest.mark.parametrize(
    ("content", "words", "line", "column"),
    [
        (b"", "empty", 0, 0),
        (b"\n\n", "empty", 0, 0),
        (b"PK\x03\x04" + b"\x00" * 60, "Excel workbook", 0, 0),
        (b"\x1f\x8b\x08" + b"\x00" * 60, "gzip", 0, 0),
        (b"%PDF-1.7 " + b"x" * 60, "PDF", 0, 0),
        ("\ufeffa,b\n".encode("utf-32-le"), "UTF-32", 0, 0),
        ("a,b\n1,2\n".encode("utf-16-le"), "UTF-16", 1, 0),
        (b"a,b\n1,\x002\n", "NUL", 2, 0),
        (b'a,b\n1,2\n3,"open\n4,5\n', "never closes", 3, 0),
        (b'a,b\n1,2\n3,"x"y\n', "do not add up", 3, 0),
        (b"a,b,A\n1,2,3\n", "same name", 1, 3),
        (b"a,,c\n1,2,3\n", "no name", 1, 2),
        (b",,\n", "names no columns", 1, 0),
        (b"," * 500 + b"x\n", "columns", 1, 0),
        (b"a\n" + b"," * 1_000_001, "longer than", 2, 0),
        (b"x" + b",x" * 1_000_000 + b"\n", "longer than", 1, 0),
        (b"a,b\n1,2\n" + b"\xff\xfe\xfd", "not UTF-8", 3, 0),
        (b"a,b\n1,2\n3,\xc3", "middle of a character", 3, 0),
    ],
)
def test_what_is_no_csv_is_refused_with_its_line_and_what_to_do(content, words, line, column):
    said = refusal(content)
    assert words in said.message
    assert (said.line, said.column) == (line, column)


def test_a_quote_that_never_closes_does_not_fill_the_memory():
    """A hundred megabytes of short quoted cells in one row that never ends."""
    flood = (b'"x\n",' * 20_000 for _ in range(1000))
    tracemalloc.start()
    said = refusal_of(flood)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "longer than" in said.message
    assert peak < 60 * csv_in.MEGABYTE


def test_the_size_and_the_number_of_rows_end_somewhere():
    assert "larger than 1 MB" in refusal(b"a\n" + b"x\n" * 600_000, limits=Limits(size=csv_in.MEGABYTE)).message
    said = refusal(b"a\n1\n2\n3\n", limits=Limits(rows=2))
    assert (said.line, "more than 2 rows" in said.message) == (4, True)


def test_a_large_file_streams():
    size = csv_in.STANDARD.size if os.environ.get("CXACCESS_FULL") else 20 * csv_in.MEGABYTE
    line = b"E-1042,maya.okafor@kestrelhome.example,Maya Okafor,Senior CX analyst,de,cx-insights," + b"x" * 5000
    piece = (line + b"\n") * 200
    pieces = size // len(piece)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    table = open_table(itertools.chain([b"a,b,c,d,e,f,g\n"], itertools.repeat(piece, pieces)))
    assert sum(1 for _ in table.rows) == pieces * 200
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80 * 1024


def test_a_row_that_does_not_fit_the_header_is_handed_on_with_its_fault():
    table = open_table([b"a,b\n1,2\n1,2,3\n1\n\n,\n1,2,\n" + b"1," + b"x" * 10_001 + b"\n"])
    rows = list(table.rows)
    assert [row.line for row in rows] == [2, 3, 4, 7, 8]
    assert [bool(row.fault) for row in rows] == [False, True, True, False, True]
    assert "3 cells" in rows[1].fault
    assert "Column 2" in rows[4].fault


def test_formulas_stay_text_and_what_the_console_wrote_reads_back_as_it_was():
    values = ["=1+1", "+49 30 1234", "-", "@SUM(A1)", "\tx", "plain", "Analyst; =2", "it's"]
    text = "".join(csv_out.lines(["a"], [[value] for value in values])).encode()
    assert [row[0] for row in read(text)[1]] == [value.strip() for value in values]


def test_what_a_message_repeats_is_short_and_cannot_hide_anything():
    assert csv_in.shown("a" * 500) == "“" + "a" * 40 + "…”"
    assert csv_in.shown("a\x1b[31mb\u202e") == "“a\\x1b[31mb\\u202e”"
