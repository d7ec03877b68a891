"""The trail as a file: the same sentences as on the screen, with the ids that machines need."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from audits.models import Event
from audits.trail.changes import Change
from audits.trail.stories import Story, describe

CHUNK = 500
HEAD = (
    _("Number"),
    _("Time (UTC)"),
    _("Kind"),
    _("What happened"),
    _("Reason"),
    _("Changes"),
    _("Actor id"),
    _("About id"),
    _("Address"),
    _("Correlation id"),
)


def rows(events: QuerySet[Event]) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each event; names are looked up chunk by chunk, so memory stays small."""
    last: int | None = None
    while chunk := list((events if last is None else events.filter(pk__lt=last))[:CHUNK]):
        for story in describe(chunk):
            yield _row(story)
        last = chunk[-1].pk


def _row(story: Story) -> tuple[Any, ...]:
    event = story.event
    return (
        event.pk,
        event.timestamp,
        event.tag,
        story.sentence,
        story.reason or story.why_not,
        "; ".join(_change(change) for change in story.changes),
        event.actor_id if event.actor_id is not None else event.system,
        event.about_person_id,
        event.remote_addr,
        event.cid,
    )


def _change(change: Change) -> str:
    old, new = (", ".join(str(value) for value in side) for side in (change.old, change.new))
    return f"{change.label}: {old} → {new}"
