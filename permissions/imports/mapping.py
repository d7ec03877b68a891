"""Which column of a file is which column of the console: by name, and by what was chosen last time."""

import re
from collections.abc import Mapping, Sequence

from permissions.imports.kinds.base import Column, Kind


def plain(name: str) -> str:
    """Return a name as it is compared.

    >>> plain(" E-Mail_Address ")
    'e mail address'
    """
    return " ".join(re.split(r"[\s_\-./:]+", name.strip().casefold())).strip()


def matched(kind: Kind, header: Sequence[str], remembered: Mapping[str, str]) -> dict[str, int]:
    """Return {column: its place in the header}: what was chosen before, then names, then other names for it."""
    columns = kind.columns()
    keys = {column.key for column in columns}
    places = {plain(name): place for place, name in enumerate(header)}
    chosen = [(remembered.get(name.casefold(), ""), name) for name in header]
    exact = [(column.key, name) for column in columns for name in (column.key, str(column.label))]
    other = [(column.key, name) for column in columns for name in column.also]
    found: dict[str, int] = {}
    for key, name in (*chosen, *exact, *other):
        place = places.get(plain(name))
        if key in keys and key not in found and place is not None and place not in found.values():
            found[key] = place
    return found


def missing(kind: Kind, mapping: Mapping[str, int]) -> Column | None:
    """Return a column that the kind cannot do without and that is not mapped."""
    return next((column for column in kind.columns() if column.required and column.key not in mapping), None)
