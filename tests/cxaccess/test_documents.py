"""Documents as text: YAML written plainly and read strictly, JSON just so."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxaccess.lib import documents
from cxaccess.lib.documents import Unreadable, dumped, loaded

ODD = [
    "", " ", "no", "Yes", "null", "~", "1", "1.5", "1e3", "1.0e+3", "0x1f", "2026-03-03", "08:30", "a: b", "a #b",
    "- a", "#a", "'q'", '"', "a\nb", "a\n", "tab\there", "\x07", "\x85", "\u2028", "\u2029", "\r", "\ufeff",
    "\U0001f600", "\U000e0001", "é", "\\",
    "{a}", "[a]", "*a", "&a", "!a", "%a", "@a", "`a", "a ", "x" * 200, "x  y " * 60, "=",
    "<<", "?", "|", ">", "---",
]  # fmt: skip
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("text", ODD)
def test_every_text_comes_back_as_it_was(text):
    document = {"rows": [{"key": text, text: [text, 1, None, True, 2.5, {"deep": text}]}], "none": [], "empty": {}}
    written = dumped(document)
    assert loaded(written) == document
    assert yaml.safe_load(written) == document  # any other reader takes it for the same
    assert loaded(json.dumps(document)) == document


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be busy
@given(VALUES)
def test_whatever_json_can_say_comes_back_from_yaml(value):
    assert loaded(dumped({"it": value})) == {"it": value}


def test_what_stands_twice_is_written_twice():
    same = [{"a": 1}]
    assert "&" not in dumped({"one": same, "two": same})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: &x 1\nb: *x", "line 2: Aliases"),
        ("a: &x [*x]", "line 1: Aliases"),
        ("a: &x {b: 1}\nc: {<<: *x}", "line 2: Aliases"),
        ("a: !!python/object:os.system x", "line 1: Tags"),
        ("a: !!binary aGk=", "line 1: Tags"),
        ("a: 1\na: 2", "line 2: “a” stands there twice"),
        ('{"a": 1, "a": 2}', "“a” stands there twice"),
        ('{"a": [NaN]}', "a[0]: This is no number"),
        ('{"a": 1e999}', "a: This is no number"),
        ("a: 1.0e+999", "a: This is no number"),
        (f'{{"a": {"1" * 5000}}}', "digits"),
        ('{"a": "\\u0000"}', "a: This text holds"),
        ('{"a": {"b": ["\\ud800"]}}', "a.b[0]: This text holds"),
        ('a: "\\0"', "a: This text holds"),
        ('{"\\u0000": 1}', "This text holds"),
        ("a: \x01", "special characters"),
        ('{"a": ', "line 1"),
        ("a: [", "line"),
        ("? [a]\n: b", "line 1: A key is a word"),
        ("[" * 5000, "nested"),
        ("a: " + "[" * 5000, "nested"),
        (f"a: {'[' * 61}{']' * 61}", "nested"),
        ("a: 1\n---\nb: 2", "line 2: but found another document"),
    ],
)
def test_what_json_could_not_say_and_no_database_hold_is_refused(text, says):
    with pytest.raises(Unreadable) as refused:
        loaded(text)
    assert says in str(refused.value)


def test_words_stay_words():
    said = loaded("a: no\nb: 2026-03-03\nc: 08:30\nd: 0777\ne: 1_000\nf: true\ng:\nh: -2\ni: .5\nj: 1.5\n<<: 1")
    assert said == {
        "a": "no", "b": "2026-03-03", "c": "08:30", "d": "0777", "e": "1_000", "f": True, "g": None, "h": -2, "i": ".5",
        "j": 1.5, "<<": 1,
    }  # fmt: skip


def test_a_file_that_is_too_large_or_no_text_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "model.yaml"
    path.write_bytes("\ufeffa: é".encode())
    assert documents.read(path) == {"a": "é"}
    monkeypatch.setattr(documents, "LARGEST", 5)
    with pytest.raises(Unreadable, match="at most"):
        documents.read(path)
    path.write_bytes(b"\xff")
    with pytest.raises(Unreadable, match="UTF-8"):
        documents.read(path)
    with pytest.raises(Unreadable, match="no file"):
        documents.read(Path(tmp_path / "none"))
