"""Reading what was given together."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from accounts.models import Person
from permissions import gate
from permissions.grants.bulk.services import of_batch
from permissions.models import GrantBatch, RoleGrant


@dataclass(frozen=True)
class Result:
    """The grants of a batch as one reader sees them: `given` in all, `standing` still, and whether they may undo it."""

    rows: QuerySet[RoleGrant]
    given: int
    standing: int
    may_undo: bool


def result_of(batch: GrantBatch, reader: Person, *, at: datetime) -> Result | None:
    """Return what was given, or None to whom none of it is visible. Undoing takes the right to end all that stands."""
    rows = of_batch(batch)
    seen = gate.visible(reader, "grant.view", rows, at=at).select_related("principal__person", "ended_by")
    if not seen.exists():
        return None
    over = Q(until__lte=at) | Q(until=F("starts_at")) | Q(ended_by__isnull=False)
    open_rows = rows.exclude(pk__in=rows.filter(over).values("pk"))
    standing = open_rows.count()
    endable = gate.visible(reader, "grant.end", open_rows, at=at).count() if standing else 0
    may_undo = batch.undone_at is None and standing > 0 and endable == standing
    return Result(seen, rows.count(), standing, may_undo)
