"""The filters in force, each in words; taking one away is a link."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audits.trail.forms import Filters
from audits.trail.names import KINDS, Names
from audits.trail.sentences import AREAS
from audits.trail.tags import Tag


class Chip(NamedTuple):
    """One filter in force: its name, its value in words, the parameter that holds it."""

    name: str
    value: str
    parameter: str


def of(form: Filters, wanted: Mapping[str, Any]) -> list[Chip]:
    """Return a chip for each filter but the search, which its own field shows."""
    names = Names()
    for value in wanted.values():
        names.want(*_thing(value))
    names.load()
    return [
        Chip(_("On") if name == "on" else str(form.fields[name].label), _words(name, value, names), name)
        for name, value in wanted.items()
        if name != "q"
    ]


def _thing(value: object) -> tuple[str, int | None]:
    kind, _colon, pk = value.partition(":") if isinstance(value, str) else ("", "", "")
    if kind in KINDS.values() and pk.isdigit():
        return kind, int(pk)
    return ("person", int(kind)) if kind.isascii() and kind.isdigit() and len(kind) < 19 else ("", None)


def _words(name: str, value: Any, names: Names) -> str:
    if name == "kind":
        return str(AREAS.get(value) or Tag(value).label)
    if name in ("since", "upto"):
        return date_format(value, "j M Y")
    if name == "refused":
        return _("Yes")
    kind, pk = _thing(value) if name != "cid" else ("", None)
    return str(names.get(kind, pk)) if kind else str(value)
