"""Writes the history that past decisions read: only on change, and the first change also writes the old value."""

from datetime import UTC, datetime
from typing import Literal

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
