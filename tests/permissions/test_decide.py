"""`manage.py decide`: questions in, decisions out, line by line."""

import io
import json
import sys

import pytest
from django.core.management import call_command

from permissions.management.commands import decide
from tests import world
from tests.permissions.test_authzen import CHIARA, MAYA, question

pytestmark = pytest.mark.django_db


class Pipe(io.RawIOBase):
    """Standard input that notes after which line each answer was asked for."""

    def __init__(self, lines):
        self.lines, self.read = list(lines), 0

    def readline(self, size=-1):
        self.read += 1
        return self.lines.pop(0) if self.lines else b""


def run(monkeypatch, *lines, **options):
    out, code = io.StringIO(), 0
    raw = b"".join((each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n" for each in lines)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    try:
        call_command("decide", stdout=out, **options)
    except SystemExit as ended:
        code = ended.code
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def test_it_answers_in_order_and_a_no_is_no_failure(cast, monkeypatch):
    mena = cast.mena_reviews.external_id
    code, said = run(monkeypatch, question(), question(thing=mena), question())
    assert code == 0
    assert [each["decision"] for each in said] == [True, False, True]
    assert all(set(each) == {"decision", "reasons", "obligations"} for each in said)


def test_a_line_that_is_no_question_has_its_number_and_stops_nothing(cast, monkeypatch):
    code, said = run(
        monkeypatch, question(), b"{", b"", question(at="tomorrow"), {"subject": 1}, b"\xff\xfe", b"NaN", b"[" * 9000,
        question(context=[]), question(),
    )  # fmt: skip
    assert code == 1
    assert [each.get("line") for each in said] == [None, 2, 4, 5, 6, 7, 8, 9, None]
    assert said[0]["decision"] is said[-1]["decision"] is True
    assert said[2]["error"].startswith("at must be ")
    assert said[3]["error"].startswith("subject must be ")


def test_it_is_asked_about_any_moment(cast, monkeypatch):
    world.give(cast.chiara, cast.feedback_reader, starts=world.soon(days=-10), until=world.soon(days=-5))
    asked = [question(CHIARA, at=world.soon(days=day).isoformat()) for day in (-12, -7, -2)]
    code, said = run(monkeypatch, *asked)
    assert (code, [each["decision"] for each in said]) == (0, [False, True, False])
    assert said[2]["reasons"][0]["code"] in ("no_grant", "over")


def test_a_moment_needs_its_zone_and_a_year_that_zones_can_move(cast, monkeypatch):
    wrong = ["2026-03-03T09:00:00", "0001-01-01T00:00:00Z", 5, True, "x" * 99, "9999-12-31T23:59:59-12:00"]
    code, said = run(monkeypatch, *(question(at=each) for each in wrong))
    assert (code, [each["line"] for each in said]) == (1, [1, 2, 3, 4, 5, 6])


def test_each_answer_is_written_before_the_next_line_is_read(cast, monkeypatch):
    written = []
    pipe = Pipe([json.dumps(question()).encode() + b"\n"] * 3)

    class Out(io.StringIO):
        def flush(self):
            written.append((pipe.read, self.getvalue().count("\n")))

    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": pipe}))
    call_command("decide", stdout=Out())
    assert {(1, 1), (2, 2), (3, 3)} <= set(written)


def test_a_line_without_end_is_cut_and_its_rest_thrown_away(cast, monkeypatch):
    monkeypatch.setattr(decide, "LONGEST", 2000)
    code, said = run(monkeypatch, b'{"x": "' + b"y" * 9000 + b'"}', question(), b"z" * 2000)
    assert code == 1
    assert [each.get("line") for each in said] == [1, None, 3]
    assert said[1]["decision"] is True


def test_the_system_of_the_ids_is_given_once(cast, monkeypatch):
    assert run(monkeypatch, question(), system="voice")[1][0]["decision"] is True
    assert run(monkeypatch, question(), system="crm")[1][0]["reasons"] == [{"code": "unknown_resource"}]


def test_somebody_who_left_may_nothing(cast, monkeypatch):
    lena = "lena.horn@kestrelhome.example"
    assert run(monkeypatch, question(lena), question(MAYA))[1][0]["reasons"][0]["code"] == "not_active"
