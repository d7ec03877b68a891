"""Writes the history that past decisions read: only on change, and the first change also writes the old value."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from accounts.models import AttributeHistory, ParentHistory

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)  # of what existed before anybody recorded since when


def note_attribute(
    of: Literal["person", "resource"],
    of_id: int,
    name: str,
    old: object,
    new: object,
    *,
    since: datetime,
    began: datetime,
) -> None:
    """Write that `name` is `new` since `since`; `began` is since when it was `old`. The row must be locked."""
    if old == new:
        return
    rows = AttributeHistory.objects.filter(of=of, of_id=of_id, name=name)
    if not rows.exists():
        AttributeHistory.objects.create(of=of, of_id=of_id, name=name, value=old, since=began)
    AttributeHistory.objects.create(of=of, of_id=of_id, name=name, value=new, since=since)


def note_attributes(
    of: Literal["person", "resource"], name: str, changed: Sequence[tuple[int, Any, Any, datetime]], *, since: datetime
) -> None:
    """Write what `note_attribute` does for many at once: (id, old, new, since when it was old). They must be locked."""
    moved = [one for one in changed if one[1] != one[2]]
    if not moved:
        return
    rows = AttributeHistory.objects.filter(of=of, name=name, of_id__in=[one[0] for one in moved])
    known = set(rows.values_list("of_id", flat=True))
    first = [
        AttributeHistory(of=of, of_id=pk, name=name, value=old, since=began)
        for pk, old, _new, began in moved
        if pk not in known
    ]
    then = [AttributeHistory(of=of, of_id=pk, name=name, value=new, since=since) for pk, _old, new, _began in moved]
    AttributeHistory.objects.bulk_create([*first, *then])


def note_custom(
    of: Literal["person", "resource"],
    planned: Sequence[tuple[int, Mapping[str, Any]]],
    born: Mapping[int, datetime],
    *,
    since: datetime,
) -> None:
    """Write what changed of the custom attributes: (id, {"was", "set"}), each with a dict under "custom" if it did."""
    moved: dict[str, list[tuple[int, Any, Any, datetime]]] = {}
    for pk, plan in planned:
        if "custom" in plan["set"]:
            was, now = plan["was"].get("custom") or {}, plan["set"]["custom"] or {}
            for name in {**was, **now}:
                moved.setdefault(name, []).append((pk, was.get(name), now.get(name), born[pk]))
    for name, changed in sorted(moved.items()):
        note_attributes(of, f"custom.{name}", changed, since=since)


def note_parent(
    kind: Literal["node", "team"], of_id: int, old: int | None, new: int | None, *, since: datetime
) -> None:
    """Write that the parent is `new` since `since`. The tree must be locked."""
    if old == new:
        return
    rows = ParentHistory.objects.filter(kind=kind, of_id=of_id)
    if not rows.exists():
        ParentHistory.objects.create(kind=kind, of_id=of_id, parent_id=old, since=BEGINNING)
    ParentHistory.objects.create(kind=kind, of_id=of_id, parent_id=new, since=since)
