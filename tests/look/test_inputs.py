"""Plain inputs are drawn without templates and are what Django's templates draw."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting

from cxaccess.forms import INPUTS, ConsoleRenderer


class Attributes(HTMLParser):
    """The tags of a piece of HTML, each with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


WIDGETS: list[tuple[forms.Widget, Any]] = [
    (forms.TextInput({"maxlength": 40, "required": True, "disabled": False}), "a \"b\" <c> & 'd'"),
    (forms.EmailInput(), "maya@kestrelhome.example"),
    (forms.NumberInput({"min": 0}), 7),
    (forms.DateInput({"type": "date"}), None),
    (forms.HiddenInput(), "x"),
    (forms.PasswordInput(), "never shown again"),
    (forms.CheckboxInput(), True),
    (forms.CheckboxInput(), False),
]


@pytest.mark.parametrize(("widget", "value"), WIDGETS)
def test_an_input_says_the_same_as_its_template(widget: forms.Widget, value: Any) -> None:
    drawn = [
        Attributes(widget.render("name", value, {"id": "id_name"}, renderer)).tags
        for renderer in (ConsoleRenderer(), TemplatesSetting())
    ]
    assert drawn[0] == drawn[1]
    assert widget.template_name in INPUTS
