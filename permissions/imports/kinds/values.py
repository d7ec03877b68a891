"""Cells as values: dates, moments, places, choices, custom attributes. What is none raises Fault with what to do."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.translation import gettext as _

from accounts.models import Node
from cxaccess.lib.clock import end_of_day, start_of_day
from cxaccess.lib.csv_in import shown
from cxaccess.lib.models import longest
from permissions.imports.kinds.base import CLEAR, Desk, Fault
from permissions.models import AttributeDefinition, AttributeType

ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
CLOCK = re.compile(r"[ T](\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$")
YES = frozenset({"yes", "true", "1", "y", "ja", "oui", "si", "wahr"})
NO = frozenset({"no", "false", "0", "n", "nein", "non", "falsch"})
LISTED = re.compile(r"\s*[;|]\s*")


def text(cell: str, column: str, model: type[models.Model], name: str) -> str:
    """Return a text that fits the column `name` of `model`; the dash that empties is empty."""
    if cell == CLEAR:
        return ""
    most = longest(model, name)
    if most and len(cell) > most:
        raise Fault(
            _("%(value)s is longer than %(n)d characters. Shorten it.") % {"value": shown(cell), "n": most}, column
        )
    return cell


def mail(cell: str, column: str) -> str:
    """Return a mail address in the one spelling that is kept; the dash is none."""
    if cell == CLEAR:
        return ""
    found = cell.lower()
    try:
        validate_email(found)
    except ValidationError:
        raise Fault(_("%(value)s is no mail address.") % {"value": shown(cell)}, column) from None
    if len(found) > 254:
        raise Fault(_("This mail address is longer than 254 characters."), column)
    return found


def day(cell: str, column: str) -> date | None:
    """Return a date written as 2026-11-30 or 30.11.2026; the dash is none. Others are refused: 3/4 is two days."""
    if cell == CLEAR:
        return None
    iso, dotted = ISO.fullmatch(cell), DOTTED.fullmatch(cell)
    try:
        if iso:
            return _near(date(*(int(part) for part in iso.groups())))
        if dotted:
            return _near(date(*(int(part) for part in reversed(dotted.groups()))))
    except ValueError:
        pass
    raise Fault(_("%(value)s is no date. Write it as 2026-11-30.") % {"value": shown(cell)}, column)


def _near(found: date) -> date:
    if not 1900 <= found.year <= 9998:
        raise ValueError
    return found


def moment(cell: str, column: str, zone: str, *, opens: bool) -> datetime | None:
    """Return a moment. A date alone is its start in `zone` with `opens`, else its end; the dash is none."""
    if cell == CLEAR:
        return None
    clock = CLOCK.search(cell)
    if clock is None:
        found = day(cell, column)
        assert found is not None
        return start_of_day(found, zone) if opens else end_of_day(found, zone)
    try:
        exact = datetime.fromisoformat(cell)
    except ValueError:
        exact = None
    if exact is None or exact.tzinfo is None or not 1900 <= exact.year <= 9998:
        raise Fault(
            _("%(value)s is no moment. Write 2026-11-30, or 2026-11-30T18:00+01:00 with its zone.")
            % {"value": shown(cell)},
            column,
        )
    return exact


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """Return every time zone there is."""
    return frozenset(available_timezones())


def zone(cell: str, column: str) -> str:
    """Return an IANA time zone."""
    if cell not in zones():
        raise Fault(
            _("%(value)s is no time zone. Write it as Europe/Berlin.") % {"value": shown(cell)}, column
        )  # fmt: skip
    return cell


def choice(cell: str, column: str, choices: Iterable[tuple[Any, Any]]) -> Any:
    """Return the one of `choices` that is meant, by its value or its label, whatever the case."""
    pairs = [(value, str(label)) for value, label in choices]
    wanted = cell.casefold()
    for value, label in pairs:
        if wanted in (str(value).casefold(), label.casefold()):
            return value
    listed = ", ".join(str(value) for value, _label in pairs[:12])
    raise Fault(
        _("%(value)s is not one of: %(choices)s.") % {"value": shown(cell), "choices": listed}, column
    )  # fmt: skip


class Places:
    """All standing places of one kind, found by their code or, where it is the only one, by their name."""

    def __init__(self, kind: str) -> None:
        self.names: dict[int, str] = {}
        self.codes: dict[str, int] = {}
        self.by_name: dict[str, list[int]] = defaultdict(list)
        for pk, code, name in Node.objects.filter(kind=kind, archived_at=None).values_list("pk", "code", "name"):
            self.names[pk] = name
            self.codes[code.casefold()] = pk
            self.by_name[name.casefold()].append(pk)

    def find(self, cell: str, column: str) -> int | None:
        """Return the place that is meant; the dash is none."""
        if cell == CLEAR:
            return None
        wanted = cell.casefold()
        if wanted in self.codes:
            return self.codes[wanted]
        named = self.by_name.get(wanted, [])
        if len(named) == 1:
            return named[0]
        if named:
            raise Fault(
                _("Several places are called %(value)s. Write the code instead.") % {"value": shown(cell)}, column
            )
        raise Fault(
            _("There is no place %(value)s. Add it under Structure first, or correct it.") % {"value": shown(cell)},
            column,
        )


def places(desk: Desk, kind: str) -> Places:
    """Return the places of `kind`, read once for the file."""
    found: Places = desk.once(f"places {kind}", lambda: Places(kind))
    return found


def listed(cell: str) -> list[str]:
    """Return the parts of a cell that lists several: “DE; AT; CH”."""
    return [part for part in LISTED.split(cell.strip()) if part]


def attribute(definition: AttributeDefinition, cell: str, column: str) -> Any:
    """Return the value of a custom attribute as its type has it."""
    if definition.type == AttributeType.NUMBER:
        return _number(cell, column)
    if definition.type == AttributeType.BOOLEAN:
        if cell.casefold() in YES | NO:
            return cell.casefold() in YES
        raise Fault(_("%(value)s is neither yes nor no.") % {"value": shown(cell)}, column)
    if definition.type == AttributeType.DATE:
        found = day(cell, column)
        return found.isoformat() if found else None
    pairs = [(one["value"], one.get("label", one["value"])) for one in definition.choices]
    if definition.type == AttributeType.CHOICE:
        return choice(cell, column, pairs)
    if definition.type == AttributeType.SET:
        return sorted({choice(part, column, pairs) for part in listed(cell)})
    if len(cell) > 500:
        raise Fault(_("%(value)s is longer than 500 characters. Shorten it.") % {"value": shown(cell)}, column)
    return cell


def _number(cell: str, column: str) -> int | float:
    try:
        found = float(cell)
    except ValueError:
        found = float("nan")
    if not abs(found) < 1e15:  # also what is no number at all
        raise Fault(_("%(value)s is no number. Write it as 1234.5.") % {"value": shown(cell)}, column)
    return int(found) if found.is_integer() and "." not in cell else found


def custom(
    definitions: Mapping[str, AttributeDefinition], cells: Mapping[str, str], old: Mapping[str, Any]
) -> dict[str, Any]:  # fmt: skip
    """Return the custom values after the row: what its filled cells say, and the rest as it was."""
    found = dict(old)
    for column, definition in definitions.items():
        cell = cells.get(column, "")
        if cell == CLEAR:
            found.pop(definition.name, None)
        elif cell:
            found[definition.name] = attribute(definition, cell, column)
    return found
