"""Tables whose rows run out, and the one way their ends are written: each once, whatever is killed or doubled."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from audits.models import Event
from audits.trail.record import Entry, System, record_many
from audits.trail.tags import Tag
from cxaccess.jobs.watermarks import Place, Taken


@dataclass(frozen=True, slots=True)
class Ends:
    """One table whose rows run out: how its events are called and what they say.

    `letter` stands before the ids in the `once` keys where two tables share a tag.
    """

    tag: Tag
    actor: System
    rows: Callable[[], QuerySet[Any]]
    told: Callable[[Any], Entry]
    letter: str = ""
    ended: Tag | None = None  # what a set of rows that a rule took back was told as, each by a key of its own
    then: Callable[[list[Any], datetime], None] = lambda _rows, _at: None

    @property
    def name(self) -> str:
        """Return the name of its watermark."""
        return f"{self.tag}{self.letter and '.'}{self.letter}"

    def take(self, since: datetime, upto: datetime, limit: int, after: Place | None) -> Taken:
        """Write the next ends in ``(since, upto]``, after a place, that no event tells of yet, in the open transaction.

        The rows are locked: whoever moves an end at this very moment is waited for, and what they moved is left out.
        """
        key = Concat(Value(f"{self.tag}:{self.letter}"), Cast("pk", CharField()), output_field=CharField())
        over = self.rows().filter(until__gt=since, until__lte=upto, ended_by=None).exclude(until=F("starts_at"))
        if after is not None:
            beyond = Q(until__gt=after.moment) | Q(until=after.moment, pk__gt=after.key)
            over = over.filter(beyond, until__gte=after.moment)  # which says nothing more, but goes by the index
        fresh = over.annotate(key=key).filter(~Exists(Event.objects.filter(once=OuterRef("key"))))
        if self.ended is not None:
            told = Concat(Value(f"{self.ended}:"), Cast("pk", CharField()), output_field=CharField())
            fresh = fresh.annotate(told=told).filter(~Exists(Event.objects.filter(once=OuterRef("told"))))
        found = list(fresh.order_by("until", "pk").select_for_update(of=("self",))[:limit])
        record_many(self.told(row) for row in found)
        self.then(found, upto)
        return Taken(len(found), Place(found[-1].until, found[-1].pk) if found else after)
