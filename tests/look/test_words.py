"""Every word of every template can be translated: text between tags, and what attributes say to people."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR, "templates")
TEMPLATES = sorted(ROOT.rglob("*.html"))
SPOKEN = {"aria-label", "title", "placeholder", "alt", "data-placeholder"}
# Names, codes and keys are the same in every language; the gallery's people and objects are examples.
SAME_EVERYWHERE = re.compile(
    r"CX Access|Ctrl K|Ctrl|Enter|Esc|[A-Z]|16/24|feedback\.\w+|Aleksandra Wiśniewska-Kowalczyk|Quality coach, CEE"
    r"|Ali Haddad|Insights DACH|Insights analyst|Feedback reader|Maya Okafor"
)
TRANSLATED = re.compile(r"\{%\s*blocktranslate.*?endblocktranslate\s*%\}", re.DOTALL)
CODE = re.compile(r"\{#.*?#\}|\{%\s*comment.*?endcomment\s*%\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
WORD = re.compile(r"[^\W\d_]{2,}")


class Words(HTMLParser):
    """Collects what people read or hear in a template, without the template's own code."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in ("script", "style")
        self.found += [value or "" for name, value in attrs if name in SPOKEN]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


def bare(source: str) -> Iterator[str]:
    """Yield each text of `source` that no translation reaches."""
    reader = Words()
    reader.feed(CODE.sub("", TRANSLATED.sub("", source)))
    for text in reader.found:
        said = text.strip(" ·\n")
        if WORD.search(said) and not SAME_EVERYWHERE.fullmatch(said):
            yield said


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_no_word_that_cannot_be_translated(path: Path) -> None:
    assert list(bare(path.read_text())) == []


def test_the_scan_finds_what_it_is_there_for() -> None:
    assert list(bare('<p>Hello</p><a title="Go">{% translate "Home" %}</a><b>{{ name }}</b>')) == ["Hello", "Go"]
    assert (
        list(bare("{% blocktranslate %}Hello {{ name }}{% endblocktranslate %} · 12 <code>feedback.export</code>"))
        == []
    )
