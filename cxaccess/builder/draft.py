"""A condition while it is written: rows and groups with what was typed, right or wrong."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from cxaccess.lib.conditions import Any as Either
from cxaccess.lib.conditions import Condition, Leaf, Not, Ref
from cxaccess.lib.conditions.reading import DEEPEST, MOST_LEAVES
from cxaccess.lib.conditions.tree import Days, Hours, Relative

KINDS = ("all", "any", "none")
NOT = "not:"
PARTS = ("attribute", "operator", "other", "value", "add", "low", "high", "days", "from", "until", "zone", "weekday")
MOST_NODES = 2 * MOST_LEAVES


@dataclass
class Row:
    """One comparison as typed: `typed` maps each part's name to what was posted under it."""

    typed: dict[str, list[str]] = field(default_factory=dict)

    def one(self, part: str) -> str:
        """Return what was typed into a part with one control."""
        values = self.typed.get(part) or [""]
        return values[0].strip()

    def many(self, part: str) -> list[str]:
        """Return what a part holds, without blanks and doubles."""
        return list(dict.fromkeys(value.strip() for value in self.typed.get(part, ()) if value.strip()))

    @property
    def operator(self) -> str:
        """Return the operator without its "not"."""
        return self.one("operator").removeprefix(NOT)

    @property
    def negated(self) -> bool:
        """Return whether the comparison is turned round."""
        return self.one("operator").startswith(NOT)


@dataclass
class Group:
    """Rows and groups of which all, any or none hold."""

    kind: str = "all"
    parts: "list[Row | Group]" = field(default_factory=list)


Draft = Row | Group
Path = tuple[int, ...]


def empty() -> Group:
    """Return a draft with one row that nothing is chosen in."""
    return Group("all", [Row()])


def posted(data: QueryDict, prefix: str) -> Group:
    """Return the draft that a form posted; what is no part of one is passed over."""
    root = Group(_kind(data.get(f"{prefix}-kind", "")))
    groups: dict[Path, Group] = {(): root}
    for path, is_group in sorted(_nodes(data, prefix)):
        parent = groups.get(path[:-1])
        if parent is None:
            continue
        name = name_of(prefix, path)
        part: Draft
        if is_group:
            part = groups[path] = Group(_kind(data.get(f"{name}-kind", "")))
        else:
            part = Row({each: data.getlist(f"{name}-{each}") for each in PARTS if f"{name}-{each}" in data})
            _take_added(part)
        parent.parts.append(part)
    return root


def _nodes(data: QueryDict, prefix: str) -> Iterator[tuple[Path, bool]]:
    for text in data.getlist(prefix)[:MOST_NODES]:
        kind, _colon, numbers = text.partition(":")
        parts = numbers.split(".")
        if (
            kind in ("row", "group")
            and len(parts) <= DEEPEST
            and all(p.isascii() and p.isdigit() and len(p) < 4 for p in parts)
        ):
            yield tuple(int(part) for part in parts), kind == "group"


def _kind(text: str) -> str:
    return text if text in KINDS else "all"


def _take_added(row: Row) -> None:
    """Let what was chosen in "add a value" be one of the values."""
    added = row.typed.pop("add", [])
    row.typed["value"] = [*row.typed.get("value", ()), *added]


def name_of(prefix: str, path: Path) -> str:
    """Return under which name the parts of a row or group are posted."""
    return "-".join([prefix, *(str(number) for number in path)])


def at(root: Group, path: Path) -> Draft | None:
    """Return what stands at `path`."""
    here: Draft = root
    for number in path:
        if not isinstance(here, Group) or number >= len(here.parts):
            return None
        here = here.parts[number]
    return here


def changed(root: Group, deed: str) -> None:
    """Do what a button of the builder says: ``add:path``, ``group:path``, ``remove:path``, ``drop:path=value``.

    Anything else changes nothing: the form is only drawn anew.
    """
    verb, _colon, rest = deed.partition(":")
    where, _equals, value = rest.partition("=")
    path = tuple(int(each) for each in where.split(".") if each.isascii() and each.isdigit() and len(each) < 4)
    found = at(root, path)
    if isinstance(found, Group) and verb == "add":
        found.parts.append(Row())
    elif isinstance(found, Group) and verb == "group" and len(path) < DEEPEST - 1:
        found.parts.append(Group("any" if found.kind == "all" else "all", [Row()]))
    elif verb == "remove" and path:
        _remove(root, path)
    elif isinstance(found, Row) and verb == "drop":
        found.typed["value"] = [each for each in found.typed.get("value", ()) if each != value]


def _remove(root: Group, path: Path) -> None:
    parent = at(root, path[:-1])
    if isinstance(parent, Group) and path[-1] < len(parent.parts):
        parent.parts.pop(path[-1])
    if not root.parts:
        root.parts.append(Row())


def of_condition(condition: Condition) -> Group:
    """Return the draft of a saved condition."""
    found = _part(condition, negated=False)
    return found if isinstance(found, Group) else Group("all", [found])


def _part(condition: Condition, *, negated: bool) -> Draft:
    if isinstance(condition, Not):
        return _part(condition.part, negated=not negated)
    if isinstance(condition, Leaf):
        return _row(condition, negated=negated)
    if isinstance(condition, Either):
        return Group("none" if negated else "any", [_part(part, negated=False) for part in condition.parts])
    if negated:  # not all of them: one of them does not hold
        return Group("any", [_part(part, negated=True) for part in condition.parts])
    return Group("all", [_part(part, negated=False) for part in condition.parts])


def _row(leaf: Leaf, *, negated: bool) -> Row:
    typed = {"attribute": [leaf.attribute], "operator": [f"{NOT if negated else ''}{leaf.operator}"]}
    right = leaf.right
    if isinstance(right, Ref):
        return Row(typed | {"other": [right.key]})
    if isinstance(right, Hours):
        typed |= {"from": [f"{right.opens:%H:%M}"], "until": [f"{right.closes:%H:%M}"], "zone": [right.zone]}
        return Row(typed)
    if isinstance(right, Days):
        return Row(typed | {"weekday": [str(day) for day in sorted(right.days)], "zone": [right.zone]})
    if isinstance(right, tuple) and leaf.operator == "between":
        return Row(typed | _ends(right))
    if isinstance(right, Relative):
        return Row(typed | {"days": [str(right.days)]})
    values = right if isinstance(right, tuple) else () if right is None else (right,)
    return Row(typed | {"value": [text_of(value) for value in values]})


def _ends(ends: tuple[Any, ...]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, end in zip(("low", "high"), ends, strict=True):
        found[name] = [f"{end.days:+d}d" if isinstance(end, Relative) else text_of(end)]
    return found


def text_of(value: Any) -> str:
    """Return a value as a control holds it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def plain(draft: Draft, value_of: Any) -> dict[str, Any]:
    """Return the draft as JSON for `read`; ``value_of(row)`` gives the sides of a row. Groups without parts stay so."""
    if isinstance(draft, Row):
        leaf = {"attribute": draft.one("attribute"), "operator": draft.operator, **value_of(draft)}
        return {"not": leaf} if draft.negated else leaf
    parts = [plain(part, value_of) for part in draft.parts]
    return {"not": {"any": parts}} if draft.kind == "none" else {draft.kind: parts}
