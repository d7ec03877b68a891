"""Whom the rows of a permission matrix matched: who gets the rights of that system, and since when it is so.

Somebody who may link ids to people could link one to an accomplice and wait for the matrix. So whoever applies it sees
who was linked, or given another mail, of late, and can sign in or be invited.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform

from accounts.models import Identity, Person
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.jobs.models import ImportBatch, ImportRow, Verdict
from cxaccess.lib.listing import CAP, Count, Listing, Page, search_text
from permissions import gate

LATELY = timedelta(days=30)
CHUNK = 500  # ids in one statement
MATCHES = Listing({"id": ["external_id"], "linked": ["linked_at"]}, default="id")


def of_batch(batch: ImportBatch) -> QuerySet[Identity]:
    """Return the ids of the file's system that its rows matched, without those that the file itself brought."""
    rows = ImportRow.objects.filter(batch=batch, verdict__in=[Verdict.CREATE, Verdict.SKIP])
    named = rows.annotate(who=KeyTextTransform("user", "payload")).values("who")
    before = Q(linked_at=None) | Q(linked_at__lte=batch.checked_at)
    return Identity.objects.filter(before, system=batch.system, external_id__in=named)


def lately(rows: QuerySet[Identity], *, at: datetime) -> QuerySet[Identity]:
    """Return those that were linked less than LATELY ago, or whose people got another mail since, and have a way in."""
    since = at - LATELY
    way_in = Q(person__email__gt="") | Q(person__claimed_at__isnull=False)
    return rows.filter(way_in, Q(linked_at__gt=since) | Exists(_mails(since)))


def _mails(since: datetime) -> QuerySet[Event]:
    """Return, for a linked person, the events since by which their mail became another."""
    people = ContentType.objects.get_for_model(Person)
    edits = Event.objects.filter(content_type=people, object_id=OuterRef("person_id"), tag=Tag.PERSON_EDITED)
    return edits.filter(timestamp__gt=since, changes__has_key="email")


def page_of(batch: ImportBatch, params: Mapping[str, str], *, only: bool, at: datetime) -> Page:
    """Return the page of matches that the address asks for; `only` those that are `lately`.

    Finding them reads every row of the file. So how many there are is what the check counted.
    """
    found, q = of_batch(batch), search_text(params)
    rows = (lately(found, at=at) if only else found).select_related("linked_by")
    if q:
        return MATCHES.page(rows.filter(external_id__icontains=q), params)
    counted = batch.counts.get("lately" if only else "matched", 0)
    return MATCHES.page(rows, params, Count(min(counted, CAP), capped=counted > CAP))


def count_lately(ids: Collection[int], *, at: datetime) -> int:
    """Return how many of these identities are `lately`."""
    ordered = sorted(ids)
    parts = (ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK))
    return sum(lately(Identity.objects.filter(pk__in=part), at=at).count() for part in parts)


@dataclass(frozen=True, slots=True)
class Shown:
    """One match as its page shows it. `person` is None for somebody the reader may not see."""

    external_id: str
    person: Person | None
    linked_at: datetime | None
    linked_by: str
    new_link: bool
    new_mail: bool


def shown(reader: Person, rows: Sequence[Identity], *, at: datetime) -> list[Shown]:
    """Return the matches of a page, in a fixed number of queries."""
    ids = [row.person_id for row in rows]
    people = gate.visible(reader, "person.view", Person.objects.filter(pk__in=ids), at=at).in_bulk()
    fresh = lately(Identity.objects.filter(pk__in=[row.pk for row in rows]), at=at)
    new = dict(fresh.annotate(mailed=Exists(_mails(at - LATELY))).values_list("pk", "mailed"))
    return [_shown(row, people.get(row.person_id), new, at) for row in rows]


def _shown(row: Identity, person: Person | None, new: dict[int, Any], at: datetime) -> Shown:
    linked = row.pk in new and row.linked_at is not None and row.linked_at > at - LATELY
    by = row.linked_by.name if row.linked_by else ""
    return Shown(row.external_id, person, row.linked_at, by, linked, bool(new.get(row.pk)))
