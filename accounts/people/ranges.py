"""Use cases on what people answer for: territories, product lines, segments, each for a window.

Rules and policies read them, so nobody changes their own, and whoever changes somebody's must be able to give what the
rules give by it.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.attributes.schema import DIMENSIONS
from accounts.groups import doors
from accounts.models import Node, Person, PersonDimension, PersonState
from audits.trail.record import Changes, record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.windows import Settled, ended, settle
from permissions.guards import locked, require, use_case


@use_case
def add_places(
    actor: Person,
    *,
    person: Person,
    places: Collection[Node],
    starts_at: datetime | None = None,
    until: datetime | None = None,
    reason: str = "",
    at: datetime,
) -> list[PersonDimension]:
    """Let somebody answer for `places`, now or later. Raises Refused for what they answer for already."""
    watch = doors.watch(actor, {key for key, _label, _domain in DIMENSIONS.values()}, at=at, people=_just(person))
    row = _opened(actor, person, at)
    if not places:
        raise Refused(_("Choose at least one place."), field="places")
    window = settle(starts_at, until, at=at)
    for node in places:
        _require_free(row, node, window)
    made = [
        PersonDimension(
            person=row, node=node, starts_at=window.starts_at, until=window.until, stated_from=window.stated_from,
            reason=reason.strip(), given_by=actor,
        )
        for node in places
    ]  # fmt: skip
    PersonDimension.objects.bulk_create(made)
    stamps.bump(row.principal_id)
    changes: Changes = {name: ([], ids) for name, ids in _by_name(places).items()}
    details = {"reason": reason.strip()} if reason.strip() else None
    record(Tag.PERSON_RANGED, actor=actor, at=at, obj=row, about=row, changes=changes, details=details)
    watch.settle(_just(row))
    return made


@use_case
def end_place(actor: Person, *, row: PersonDimension, reason: str = "", at: datetime) -> PersonDimension:
    """Let somebody no longer answer for a place. Raises Stale when that is over already."""
    watch = doors.watch(actor, {DIMENSIONS[row.node.kind][0]}, at=at, people=_just(row.person))
    person = _opened(actor, row.person, at)
    found = locked(PersonDimension.objects.select_related("node"), row.pk)
    if found.until is not None and found.until <= max(at, found.starts_at):
        raise Stale(_("%(name)s answers for %(place)s no more.") % {"name": person.name, "place": found.node.name})
    found.until, found.ended_by, found.end_reason = ended(found.starts_at, at=at), actor, reason.strip()
    found.save(update_fields=["until", "ended_by", "end_reason"])
    stamps.bump(person.principal_id)
    changes: Changes = {name: (ids, []) for name, ids in _by_name([found.node]).items()}
    details = {"reason": reason.strip()} if reason.strip() else None
    record(Tag.PERSON_RANGED, actor=actor, at=at, obj=person, about=person, changes=changes, details=details)
    watch.settle(_just(person))
    return found


def _just(person: Person) -> QuerySet[Person]:
    return Person.objects.filter(pk=person.pk)


def _opened(actor: Person, person: Person, at: datetime) -> Person:
    row = locked(Person, person.pk)
    require(actor, "person.edit", row, at=at)
    if actor.pk == row.pk:
        raise Refused(_("Nobody changes what they answer for themselves, because access depends on it."))
    if row.state == PersonState.LEFT:
        raise Refused(_("%(name)s has left.") % {"name": row.name})
    return row


def _require_free(person: Person, node: Node, window: Settled) -> None:
    if node.kind not in DIMENSIONS or node.archived_at is not None:
        raise Refused(_("%(place)s can no longer be chosen.") % {"place": node.name}, field="places")
    rows = PersonDimension.objects.not_over(window.starts_at).filter(person=person, node=node)
    rows = rows.filter(Q(until__isnull=True) | Q(until__gt=F("starts_at")))
    rows = rows.filter(starts_at__lt=window.until) if window.until else rows
    if rows.exists():
        words = {"name": person.name, "place": node.name}
        raise Refused(_("%(name)s answers for %(place)s already at that time.") % words, field="places")


def _by_name(places: Collection[Node]) -> dict[str, list[int]]:
    """Return {the attribute's name: ids}, as the trail keeps it."""
    found: dict[str, list[int]] = {}
    for node in places:
        found.setdefault(DIMENSIONS[node.kind][0].removeprefix("subject."), []).append(node.pk)
    return found
