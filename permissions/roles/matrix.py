"""The matrix of one role: every permission of the catalogue in one of four states, as it is and as a draft has it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.translation import gettext as _

from cxaccess.lib.models import Risk
from permissions.engine import Model
from permissions.models import Action, ResourceType
from permissions.roles.rows import Contents

COLUMNS = ("view", "edit", "export", "delete")  # verbs that many types share; the others stand in the last column
GRANTED, INHERITED, IMPLIED, NONE = "granted", "inherited", "implied", "none"
SHOWS = ("all", "granted", "changes")
Types = Iterable[tuple[ResourceType, list[Action]]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One permission. `source` names what a locked one comes from; `change` is ``add``, ``del`` or nothing."""

    key: str
    label: str
    risk: int
    state: str
    source: str = ""
    source_role: int | None = None
    change: str = ""
    implies: str = ""
    was: str = NONE

    @property
    def locked(self) -> bool:
        """Return whether it can be changed only where it comes from."""
        return self.state in (INHERITED, IMPLIED)

    @property
    def ticked(self) -> bool:
        """Return whether the role grants it itself."""
        return self.state == GRANTED

    @property
    def risky(self) -> bool:
        """Return whether a wrong use does much harm."""
        return self.risk >= Risk.HIGH


@dataclass(frozen=True, slots=True)
class Line:
    """One type of resource: a cell (or None) for each of COLUMNS, then the rest."""

    type: ResourceType
    cells: tuple[Cell | None, ...]
    more: tuple[Cell, ...]

    @property
    def all(self) -> tuple[Cell, ...]:
        """Return every cell of the line."""
        return tuple(cell for cell in self.cells if cell) + self.more


@dataclass(frozen=True, slots=True)
class Area:
    """The lines of one area."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Matrix:
    """What is shown, and what is not shown but belongs to the draft all the same."""

    areas: tuple[Area, ...]
    hidden: tuple[str, ...]
    changed: int
    granted: int


@dataclass(frozen=True)
class Draft:
    """A role as it is and as somebody would have it, with what both give by inclusion and implication."""

    model: Model
    role: int
    before: Contents
    after: Contents
    names: Mapping[int, str]

    def held(self, contents: Contents) -> "Held":
        """Return everything `contents` gives, and where each permission comes from that it does not grant itself."""
        inherited: dict[str, int] = {}
        for role in sorted(contents.includes, key=lambda pk: self.names.get(pk, "")):
            for key in self.model.holding.get(role, ()):
                inherited.setdefault(key, role)
        sources = contents.actions | inherited.keys()
        implied = self._implied(sources)
        return Held(frozenset(sources | implied.keys()), inherited, implied)

    def _implied(self, sources: Iterable[str]) -> dict[str, str]:
        """Return {permission: the nearest one that implies it}; `matrix.js` walks in the same order."""
        held = set(sources)
        found: dict[str, str] = {}
        queue = sorted(held)
        for source in queue:
            for target in sorted(self.model.implies.get(source, ())):
                if target not in held and target not in found:
                    found[target] = source
                    queue.append(target)
        return found


class Held(NamedTuple):
    """What a version gives: everything; what it inherits, by role; what is implied, by permission."""

    everything: frozenset[str]
    inherited: Mapping[str, int]
    implied: Mapping[str, str]


def matrix(draft: Draft, types: Types, *, show: str = "all", q: str = "") -> Matrix:
    """Return the matrix of `draft`. `show` is one of SHOWS, `q` a part of a permission's name or key."""
    lines = _lines(draft, types)
    everything = [cell for line in lines for cell in line.all]
    shown = [line for line in lines if _wanted(line, show, q)]
    visible = {cell.key for line in shown for cell in line.all}
    by_area: dict[str, list[Line]] = {}
    for line in shown:
        by_area.setdefault(line.type.area, []).append(line)
    areas = tuple(Area(name, tuple(found)) for name, found in by_area.items())
    return Matrix(
        areas=areas,
        hidden=tuple(sorted(draft.after.actions - visible)),
        changed=sum(1 for cell in everything if cell.change),
        granted=sum(1 for cell in everything if cell.state != NONE),
    )


def _wanted(line: Line, show: str, q: str) -> bool:
    text = q.casefold()
    names = (line.type.label, line.type.plural, *(f"{cell.key} {cell.label}" for cell in line.all))
    if text and not any(text in name.casefold() for name in names):
        return False
    if show == "granted":
        return any(cell.ticked for cell in line.all)
    return show != "changes" or any(cell.change for cell in line.all)


def _lines(draft: Draft, types: Types) -> list[Line]:
    before, after = draft.held(draft.before), draft.held(draft.after)
    found = []
    for type_, actions in types:
        cells = {action.name: _cell(draft, action, before, after) for action in actions}
        shared = tuple(cells.get(name) for name in COLUMNS)
        rest = tuple(cell for name, cell in cells.items() if name not in COLUMNS)
        found.append(Line(type_, shared, rest))
    return found


def _cell(draft: Draft, action: Action, before: Held, after: Held) -> Cell:
    key = action.key
    state, source, role = state_of(draft, draft.after, key, after)
    was, _source, _role = state_of(draft, draft.before, key, before)
    new, gone = after.everything - before.everything, before.everything - after.everything
    change = "add" if key in new else "del" if key in gone else ""
    implies = " ".join(sorted(draft.model.implies.get(key, ())))
    return Cell(key, action.label, action.risk, state, source, role, change, implies, was)


def state_of(draft: Draft, contents: Contents, key: str, held: Held) -> tuple[str, str, int | None]:
    """Return the state, where it comes from in words, and the role it is inherited from."""
    if key in contents.actions:
        return GRANTED, "", None
    if key in held.inherited:
        role = held.inherited[key]
        return INHERITED, draft.names.get(role, "?"), role
    if key in held.implied:
        return IMPLIED, _("by %(action)s") % {"action": _name(held.implied[key])}, None
    return NONE, "", None


def _name(key: str) -> str:
    """Return the part of a key that names the permission, as people read it.

    >>> _name("team.manage_members")
    'Manage members'
    """
    return key.partition(".")[2].replace("_", " ").capitalize()
