"""Rows drawn once and filled for each come out as if each had been drawn by itself."""

from types import SimpleNamespace

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.template import Context, TemplateSyntaxError, engines

from cxaccess.addresses import address

ROWS = [
    {"id": 7, "name": "Ana <b> {0} %s", "kind": True},
    {"id": 12, "name": "", "kind": False},
    {"id": 10**16, "name": "Zoë & co", "kind": True},
]


def drawn(source: str, rows: list) -> str:
    found = engines["django"].engine.from_string("{% for row in rows %}" + source + "{% endfor %}")
    return str(found.render(Context({"rows": rows, "yes": "yes"})))


def test_each_row_has_its_own_values_escaped_and_in_addresses() -> None:
    inner = (
        """<a href="{% url 'people:detail' id %}" title="{{ name }}">"""
        "{{ name }}{% if row.kind %} {{ yes }} 100 %{% endif %}</a>"
    )
    plain = inner.replace("id %}", "row.id %}").replace("{{ name }}", "{{ row.name }}")
    stencil = "{% stencil row.kind id=row.id name=row.name %}" + inner + "{% endstencil %}"
    assert drawn(stencil, ROWS) == drawn(plain, ROWS)


def test_a_value_that_is_markup_stays_markup() -> None:
    assert drawn("{% avatar row.name as face %}{% stencil 1 face=face %}{{ face }}{% endstencil %}", ROWS[:1]) == drawn(
        "{% avatar row.name %}", ROWS[:1]
    )


def test_an_id_that_is_missing_in_one_row_is_another_kind() -> None:
    rows = [{"id": 7}, {"id": None}, {"id": "a"}]
    assert drawn("{% stencil 1 id=row.id %}{{ id }};{% endstencil %}", rows) == "7;None;a;"


class Thing:
    """A row of attributes, of which some are worked out, called, missing or nothing."""

    name, nothing, inner, named = "A & b", None, SimpleNamespace(name="<i>"), {"name": "by key", "items": "an item"}

    def said(self) -> str:
        return "called"

    def made(self) -> SimpleNamespace:
        return SimpleNamespace(name="of what was called")

    @property
    def gone(self) -> str:
        raise ObjectDoesNotExist


@pytest.mark.parametrize(
    "path",
    ["name", "inner.name", "said", "made.name", "nothing", "nothing.name", "named.name", "named.items", "name.upper",
     "missing", "missing.name", "gone", "gone.name", "name.0"],
)  # fmt: skip
def test_a_value_is_what_django_finds(path: str) -> None:
    stencil = "{% stencil 1 found=row." + path + " %}[{{ found }}]{% endstencil %}"
    assert drawn(stencil, [Thing()]) == drawn("[{{ row." + path + " }}]", [Thing()])
    assert drawn("{% stencil row.nothing a=nowhere %}{{ a }}{% endstencil %}", [Thing()]) == ""


def test_a_condition_that_the_kind_does_not_tell_of_is_found_where_stencils_are_checked() -> None:
    with pytest.raises(TemplateSyntaxError, match="Not of one kind"):
        drawn("{% stencil 1 id=row.id %}{% if row.kind %}yes{% endif %}{{ id }}{% endstencil %}", ROWS)


@pytest.mark.parametrize("tag", ["{% stencil %}{% endstencil %}", "{% stencil 1 a=2 3 %}{% endstencil %}"])
def test_a_stencil_without_kind_or_with_a_value_that_has_no_name_is_refused(tag: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        drawn(tag, ROWS)


def test_addresses_are_those_of_reverse() -> None:
    from django.urls import NoReverseMatch, reverse

    for view, ids in (("people:detail", (7,)), ("people:list", ()), ("people:detail", (10**15,))):
        assert address(view, *ids) == reverse(view, args=ids)
    with pytest.raises(NoReverseMatch):
        address("people:nowhere", 7)


def test_text_is_not_taken_for_markup_that_reads_the_same() -> None:
    from django.utils.safestring import mark_safe

    from cxaccess.templatetags.ui import state

    markup = "<b>Away</b>"
    assert markup in state(mark_safe(markup))
    assert markup not in state(markup)
