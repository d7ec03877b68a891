"""Rows that are alike, drawn once and filled for each: Django takes longer to walk a template than to find its rows."""

import re
from collections.abc import Callable
from html import escape
from typing import Any

from django import template
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.template.base import FilterExpression, Node, NodeList, Parser, Token, Variable, token_kwargs
from django.template.context import Context
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()
FIRST_MARK = 10**17  # no id is as long, and an address takes it
MARK = re.compile(r"\ue000(\d+)\ue001|1000000000000000(\d\d)(?!\d)")
KEPT = 500
NAMED = re.compile(r"\w+=")


class StencilNode(Node):
    """What stands between the tags, drawn once for each kind of row."""

    def __init__(self, nodelist: NodeList, kinds: list[FilterExpression], values: dict[str, FilterExpression]) -> None:
        self.nodelist = nodelist
        self.kinds = [_finder(kind) for kind in kinds]
        self.values = {name: _finder(value) for name, value in values.items()}
        self.patterns: dict[tuple[Any, ...], str] = {}

    def render(self, context: Context) -> str:
        """Fill the row's values into what was drawn for its kind."""
        given = {name: find(context) for name, find in self.values.items()}
        kinds = [find(context) for find in self.kinds]
        kind = (get_language(), *kinds, *[type(value) is int for value in given.values()])
        if kind not in self.patterns:
            self._keep(kind, self._drawn(context, given))
        filled = self.patterns[kind].format(*map(_text, given.values()))
        if settings.STENCILS_CHECKED:
            self._check(context, given, filled)
        return filled

    def _keep(self, kind: tuple[Any, ...], pattern: str) -> None:
        """Keep a pattern as long as the template; there are few kinds of row, or somebody took a value for a kind."""
        if len(self.patterns) >= KEPT:
            self.patterns.clear()
        self.patterns[kind] = pattern

    def _drawn(self, context: Context, given: dict[str, Any]) -> str:
        """Return the block as a pattern: what it holds for this kind, with a place for each value."""
        marks = {
            name: FIRST_MARK + number if type(value) is int else f"\ue000{number}\ue001"
            for number, (name, value) in enumerate(given.items())
        }
        with context.push(**marks):
            drawn = self.nodelist.render(context)
        braced = drawn.replace("{", "{{").replace("}", "}}")
        return MARK.sub(lambda found: f"{{{int(found[1] or found[2])}}}", braced)

    def _check(self, context: Context, given: dict[str, Any], filled: str) -> None:
        """Raise TemplateSyntaxError where the kind does not say everything that the block depends on."""
        with context.push(**given):
            drawn = self.nodelist.render(context)
        if drawn != filled:
            raise template.TemplateSyntaxError(f"Not of one kind: {drawn} is drawn as {filled}")


def _finder(expression: FilterExpression) -> Callable[[Context], Any]:
    """Return what resolves `expression`: a name and its attributes at once, whatever is more by Django's own way."""
    var = expression.var
    if expression.filters or not isinstance(var, Variable) or var.translate or not var.lookups:
        return expression.resolve
    first, *names = var.lookups

    def find(context: Context) -> Any:
        value = next((part[first] for part in reversed(context.dicts) if first in part), context)
        for name in names:
            if hasattr(type(value), "__getitem__") or callable(value):  # Django looks there first, or calls it
                return expression.resolve(context)
            try:
                value = getattr(value, name, context)
            except ObjectDoesNotExist:
                return expression.resolve(context)
        return expression.resolve(context) if value is context or callable(value) else value

    return find


def _text(value: Any) -> Any:
    """Return a value as it stands in HTML; most are text or markup, which Django finds out less directly."""
    if type(value) is str:
        return escape(value)
    return value if type(value) in (SafeString, int) else conditional_escape(value)


@register.tag
def stencil(parser: Parser, token: Token) -> StencilNode:
    """Draw a row: ``{% stencil row.kind id=person.pk name=person.name %} ... {{ name }} ... {% endstencil %}``.

    What comes first, one thing or several, is the kind: equal for rows whose block comes out the same but for the
    values, on whatever page and for whoever reads it. All that the block depends on must follow from the kind or be a
    value, what the whole page shares included. A value may stand anywhere as it is, an id in an address, too; no filter
    and no condition sees it. Tests draw every row both ways (`STENCILS_CHECKED`).
    """
    kinds, rest = [], token.split_contents()[1:]
    while rest and not NAMED.match(rest[0]):
        kinds.append(parser.compile_filter(rest.pop(0)))
    values = token_kwargs(rest, parser)
    if rest or not kinds:
        raise template.TemplateSyntaxError("stencil takes the kind of row first, then name=value.")
    nodelist = parser.parse(("endstencil",))
    parser.delete_first_token()
    return StencilNode(nodelist, kinds, values)
