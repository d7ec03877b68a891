"""What an event changed, before and after, in the words of the screens: labels for columns, names for ids."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audits.trail.names import KINDS, Names, Ref

NOTHING = frozenset({None, "", "None"})
# What services state by themselves is no column; this is what it is called and what its ids are.
STATED = {
    "actions": (gettext_lazy("Permissions"), ""),
    "includes": (gettext_lazy("Included roles"), "role"),
    "parent": (gettext_lazy("Parent"), ""),
    "territories": (gettext_lazy("Territories"), "node"),
    "product_lines": (gettext_lazy("Product lines"), "node"),
    "segments": (gettext_lazy("Segments"), "node"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changed. `old` and `new` may hold several values; an empty one held nothing."""

    label: str
    old: tuple[Ref, ...]
    new: tuple[Ref, ...]


def collect(names: Names, model: type[models.Model] | None, changes: Any) -> None:
    """Ask `names` for every id that the changes hold."""
    for name, old, new in _pairs(changes):
        kind = _kind(model, name)
        if kind:
            for value in (*_values(old), *_values(new)):
                names.want(kind, _number(value))


def told(names: Names, model: type[models.Model] | None, changes: Any) -> tuple[Change, ...]:
    """Return the changes, readable, in the order they were written."""
    return tuple(
        Change(label(model, name), _shown(names, model, name, old), _shown(names, model, name, new))
        for name, old, new in _pairs(changes)
    )


def label(model: type[models.Model] | None, name: str) -> str:
    """Return what a column is called on screens."""
    if name in STATED:
        return str(STATED[name][0])
    field = _field(model, name)
    return capfirst(str(field.verbose_name if field is not None else name.replace("_", " ").replace(".", " ")))


def _pairs(changes: Any) -> Iterator[tuple[str, Any, Any]]:
    for name, pair in (changes or {}).items():
        if isinstance(pair, list) and len(pair) == 2:
            yield name, pair[0], pair[1]


def _field(model: type[models.Model] | None, name: str) -> Any:
    if model is None:
        return None
    try:
        return model._meta.get_field(name.removesuffix("_id"))
    except FieldDoesNotExist:
        return None


def _kind(model: type[models.Model] | None, name: str) -> str:
    """Return what kind of thing the ids of a column name, or nothing where it holds none."""
    field = _field(model, name)
    related = getattr(field, "related_model", None)
    if related is not None:
        return KINDS.get(related, "")
    return str(STATED.get(name, ("", ""))[1])


def _values(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value in NOTHING else [value]


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _shown(names: Names, model: type[models.Model] | None, name: str, value: Any) -> tuple[Ref, ...]:
    kind = _kind(model, name)
    if kind:
        return tuple(names.get(kind, _number(each)) for each in _values(value))
    return tuple(Ref(_plain(_field(model, name), each)) for each in _values(value))


def _plain(field: Any, value: Any) -> str:
    choices = dict(getattr(field, "flatchoices", None) or ())
    if choices:
        return str(choices.get(_number(value), choices.get(value, value)))
    if isinstance(field, models.BooleanField) or isinstance(value, bool):
        return _("Yes") if value in (True, "True") else _("No")
    if isinstance(field, models.DateTimeField):
        return moment(str(value))
    return str(value)


def moment(text: str) -> str:
    """Return a moment, as the trail holds it (UTC unless it says otherwise), in the reader's zone."""
    found = parse_datetime(text)
    if found is None:
        return text
    aware = found if timezone.is_aware(found) else found.replace(tzinfo=UTC)
    return date_format(timezone.localtime(aware), "D j M Y, H:i T")


def aware(text: object) -> datetime | None:
    """Return the moment that `text` is, or None where it is none."""
    found = parse_datetime(text) if isinstance(text, str) else None
    if found is None:
        return None
    return found if timezone.is_aware(found) else found.replace(tzinfo=UTC)
