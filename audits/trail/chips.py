"""The filters in force, each in words; taking one away is a link."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import Person
from audits.trail.forms import Filters
from audits.trail.names import KINDS, Names
from audits.trail.sentences import AREAS
from audits.trail.tags import Tag
from cxaccess.lib.listing import number_in
from permissions import gate
from permissions.places import PLACEMENTS


class Chip(NamedTuple):
    """One filter in force: its name, its value in words, the parameter that holds it."""

    name: str
    value: str
    parameter: str


def of(form: Filters, wanted: Mapping[str, Any], reader: Person, *, at: datetime) -> list[Chip]:
    """Return a chip for each filter but the search, which its own field shows. What the reader cannot see is a number.

    An address may hold any id, so it must not be a way to read all names.
    """
    names = Names()
    for value in wanted.values():
        kind, pk = _thing(value)
        if pk is not None and _is_seen(reader, kind, pk, at):
            names.want(kind, pk)
    names.load()
    return [
        Chip(_("On") if name == "on" else str(form.fields[name].label), _words(name, value, names), name)
        for name, value in wanted.items()
        if name != "q"
    ]


def _thing(value: object) -> tuple[str, int | None]:
    kind, _colon, pk = value.partition(":") if isinstance(value, str) else ("", "", "")
    if kind in KINDS.values() and number_in(pk) is not None:
        return kind, number_in(pk)
    return ("person", number_in(kind)) if number_in(kind) is not None else ("", None)


def _is_seen(reader: Person, kind: str, pk: int, at: datetime) -> bool:
    """Return whether the reader may see the thing; of kinds without a permission of their own, nobody may by number."""
    model = next(model for model, name in KINDS.items() if name == kind)
    placement = PLACEMENTS.get(model)
    if placement is None or placement.type is None:
        return False
    rows = model._default_manager.filter(pk=pk)
    return gate.visible(reader, f"{placement.type}.view", rows, at=at).exists()


def _words(name: str, value: Any, names: Names) -> str:
    if name == "kind":
        return str(AREAS.get(value) or Tag(value).label)
    if name in ("since", "upto"):
        return date_format(value, "j M Y")
    if name == "refused":
        return _("Yes")
    kind, pk = _thing(value) if name != "cid" else ("", None)
    return str(names.get(kind, pk)) if kind else str(value)
