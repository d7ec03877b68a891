"""A condition in words, in the reader's language: one plain sentence, in pieces so that what matters can be marked."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from string import Formatter
from typing import Any as Value
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cxaccess.lib.conditions.normal import Every, Literal, Normal, normal
from cxaccess.lib.conditions.operators import Operator
from cxaccess.lib.conditions.schema import Attribute, Domain, Entity, Key, Schema, Type
from cxaccess.lib.conditions.tree import Condition, Days, Hours, Leaf, Ref, Relative, named_in
from cxaccess.lib.conditions.words import WORDS

SHOWN = 8  # so many values are named; the rest is a number
Names = Mapping[str, Mapping[Key, str]]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the sentence; `mark` for what the condition is about, `tone` for how that is coloured, if at all."""

    text: str
    mark: bool = False
    tone: str = ""


def sentence(condition: Condition, schema: Schema, zone: str = "UTC") -> str:
    """Return the condition as plain text."""
    return "".join(piece.text for piece in pieces(condition, schema, zone))


def pieces(condition: Condition, schema: Schema, zone: str = "UTC", names: Names | None = None) -> tuple[Piece, ...]:
    """Return the condition in words: one look for names in each domain. Moments are shown in `zone`.

    `names` are those of `names_of`, where several conditions were asked about together.
    """
    writer = _Writer(schema, names_of([condition], schema) if names is None else names, zone)
    return tuple(writer.normal(normal(condition), top=True))


def filled(text: str, **parts: Iterable[Piece]) -> Iterable[Piece]:
    """Yield a sentence with pieces where its ``{names}`` stand.

    >>> "".join(piece.text for piece in filled("{who} may.", who=[Piece("Ali", mark=True)]))
    'Ali may.'
    """
    for plain, name, _form, _conversion in Formatter().parse(text):
        if plain:
            yield Piece(plain)
        if name:
            yield from parts[name]


def names_of(conditions: Iterable[Condition], schema: Schema) -> dict[str, dict[Key, str]]:
    """Return {domain: {key: label}} of everything the conditions name."""
    domains: dict[str, Domain] = {each.domain.key: each.domain for each in schema if each.domain is not None}
    wanted: dict[str, set[Key]] = defaultdict(set)
    for condition in conditions:
        for domain, keys in named_in(condition, schema).items():
            wanted[domain] |= keys
    return {domain: domains[domain].named(keys) for domain, keys in wanted.items()}


@dataclass(frozen=True, slots=True)
class _Writer:
    schema: Schema
    names: Names
    zone: str

    def normal(self, part: Normal, *, top: bool = False) -> Iterable[Piece]:
        if isinstance(part, Literal):
            yield from self.leaf(part)
            return
        if len(part.parts) == 1:
            yield from self.normal(part.parts[0], top=top)
            return
        joiner = Piece(str(_(" and ")) if isinstance(part, Every) else str(_(" or ")))
        if not top:
            yield Piece("(")
        for number, each in enumerate(part.parts):
            if number:
                yield joiner
            yield from self.normal(each)
        if not top:
            yield Piece(")")

    def leaf(self, literal: Literal) -> Iterable[Piece]:
        leaf = literal.leaf
        attribute = self.schema.get(leaf.attribute)
        yield Piece(str(attribute.label) if attribute else leaf.attribute, mark=True)
        yield Piece(f" {WORDS[leaf.operator][literal.negated]}")
        said = self.right(leaf, attribute) if attribute else ""
        if said:
            yield Piece(" ")
            yield Piece(said, mark=True)

    def right(self, leaf: Leaf, attribute: Attribute) -> str:
        right = leaf.right
        if right is None:
            return ""
        if isinstance(right, Ref):
            return whose(self.schema.get(right.key), right.key)
        if isinstance(right, tuple):
            words = [self.value(attribute, each) for each in right]
            if leaf.operator is Operator.BETWEEN:
                return str(_("%(low)s and %(high)s")) % {"low": words[0], "high": words[1]}
            return listed(words, all_of=leaf.operator is Operator.CONTAINS_ALL)
        return self.value(attribute, right)

    def value(self, attribute: Attribute, value: Value) -> str:
        if isinstance(value, Hours):
            words = {"opens": f"{value.opens:%H:%M}", "closes": f"{value.closes:%H:%M}", "zone": value.zone}
            return str(_("%(opens)s to %(closes)s (%(zone)s)")) % words
        if isinstance(value, Days):
            return f"{listed([weekday(day) for day in sorted(value.days)])} ({value.zone})"
        if isinstance(value, Relative):
            return relative(value, attribute.type)
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        if attribute.domain is not None and isinstance(value, int | str):
            return self.names.get(attribute.domain.key, {}).get(value, str(_("something that is gone")))
        return self.plain(value)

    def plain(self, value: Value) -> str:
        if isinstance(value, datetime):
            return date_format(value.astimezone(ZoneInfo(self.zone)), "j M Y, H:i T")
        if isinstance(value, date):
            return date_format(value, "j M Y")
        return f"“{value}”" if isinstance(value, str) else f"{value:,}"


def whose(attribute: Attribute | None, key: str) -> str:
    """Return an attribute on the right side: "the person's territories"."""
    if attribute is not None and attribute.as_other:
        return str(attribute.as_other)
    label = str(attribute.label) if attribute else key
    label = label[:1].lower() + label[1:] if label[1:2].islower() else label
    entity = key.partition(".")[0]
    if entity == Entity.SUBJECT:
        return _("the person's %(attribute)s") % {"attribute": label}
    return _("the resource's %(attribute)s") % {"attribute": label} if entity == Entity.RESOURCE else label


def listed(words: list[str], *, all_of: bool = False) -> str:
    """Return words as a list that ends in "or" ("and" where all are meant), with a number for those past SHOWN."""
    shown = words[:SHOWN]
    more = len(words) - len(shown)
    if more:
        shown.append(ngettext("%(n)d more", "%(n)d more", more) % {"n": more})
    if len(shown) == 1:
        return shown[0]
    return (_("%(first)s and %(last)s") if all_of else _("%(first)s or %(last)s")) % {
        "first": ", ".join(shown[:-1]),
        "last": shown[-1],
    }


def relative(value: Relative, kind: Type) -> str:
    """Return a moment or day relative to now: "today", "30 days ago", "in 1 day"."""
    days = abs(value.days)
    if not days:
        return str(_("today") if kind is Type.DATE else _("now"))
    said = ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
    return (_("in %(days)s") if value.days > 0 else _("%(days)s ago")) % {"days": said}


def weekday(day: int) -> str:
    """Return the name of a day of the week, from 1 for Monday."""
    from django.utils.dates import WEEKDAYS

    return str(WEEKDAYS[day - 1])
