"""What every part of a document is applied with: who does it, why, which names stand for what, and what was done."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Person
from cxaccess.lib.errors import Refused
from permissions.document.names import Names
from permissions.document.shape import ROWS
from permissions.guards import NotAllowed

Row = Mapping[str, Any]


class Misfit(Refused):
    """A part of a document that cannot be made so: `place` says which, the message why."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place, self.text = place, message


@dataclass
class Desk:
    """One application of a document.

    In words, in their order: `said` are the differences that were made, `passed_over` is what was not taken in.
    """

    actor: Person
    at: datetime
    reason: str
    names: Names = field(default_factory=Names)
    said: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)

    def say(self, what: str, details: list[str] | None = None) -> None:
        """Note one difference."""
        self.said.append(f"{what}: {'; '.join(details)}" if details else what)

    def pass_over(self, what: str) -> None:
        """Note what of the document this instance does not take in."""
        self.passed_over.append(what)


@contextmanager
def at_place(place: str) -> Iterator[None]:
    """Within it whatever is refused carries the place. Raises Misfit, or NotAllowed with the place as a note."""
    try:
        yield
    except Misfit as inner:
        raise Misfit(f"{place}.{inner.place}", inner.text) from inner
    except Refused as refused:
        where = f"{place}.{refused.field}" if refused.field else place
        raise Misfit(where, refused.message) from refused
    except NotAllowed as refused:
        refused.add_note(place)
        raise


def filled(section: str, row: Row, base: Row | None = None) -> dict[str, Any]:
    """Return a row with what it leaves out: as it is in `base`, or, where that lacks it or is new, by its default."""
    shape = ROWS[section]["properties"]
    defaults = {name: each["default"] for name, each in shape.items() if "default" in each}
    return {**defaults, **(base or {}), **row}


def different(before: Row, after: Row, *, but: tuple[str, ...] = ()) -> dict[str, tuple[Any, Any]]:
    """Return {name: (before, after)} of what differs; of lists of names or of named things the order says nothing."""
    found = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if name not in but and _plain(old) != _plain(new):
            found[name] = (old, new)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return sorted(value)
    if isinstance(value, list) and all(isinstance(each, Mapping) and "name" in each for each in value):
        return sorted(value, key=lambda each: str(each["name"]))
    return value


def words(changes: Mapping[str, tuple[Any, Any]]) -> list[str]:
    """Return what changed, each in words: “purpose “a” → “b””, “permissions + x, - y”."""
    return [f"{name} {_change(old, new)}" for name, (old, new) in changes.items()]


def _change(old: Any, new: Any) -> str:
    if (
        isinstance(old, list | None)
        and isinstance(new, list)
        and all(isinstance(one, str) for one in [*(old or ()), *new])
    ):
        gone, come = sorted(set(old or ()) - set(new)), sorted(set(new) - set(old or ()))
        return ", ".join([*(f"+ {each}" for each in come), *(f"- {each}" for each in gone)])
    return f"{_shown(old)} → {_shown(new)}"


def _shown(value: Any) -> str:
    if value is None or value == "":
        return str(_("nothing"))
    text = value if isinstance(value, str) else str(value)
    return f"“{text if len(text) <= 60 else f'{text[:60]}…'}”"


def moment(text: str | None) -> datetime | None:
    """Return a moment of a document. Raises Refused."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not 1900 <= found.year <= 9000:
        raise Refused(_("“%(text)s” is no moment. Write it as 2026-11-30T18:00:00+01:00.") % {"text": text})
    return found


def day(text: str | None) -> date | None:
    """Return a day of a document. Raises Refused."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(_("“%(text)s” is no day. Write it as 2026-11-30.") % {"text": text}) from error


def one_of(row: Row, *kinds: str) -> str:
    """Return which one of `kinds` a row names. Raises Refused for none and for several."""
    named = [kind for kind in kinds if row.get(kind) is not None]
    if len(named) != 1:
        raise Refused(_("Name one of: %(kinds)s.") % {"kinds": ", ".join(kinds)})
    return named[0]
