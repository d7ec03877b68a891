"""Steps of leaving that are about people: their state, how they come in, where they belong, who reports to them."""

import copy
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.attributes.schema import DIMENSIONS
from accounts.groups import doors
from accounts.history import note_attribute
from accounts.models import Membership, Person, PersonDimension, PersonState
from accounts.people.leaving.why import heir_of, last_day_of, manager_above, why
from accounts.signin.factors.services import clear_factors
from accounts.signin.sessions.services import end_all
from audits.trail.record import Changes, Entry, record, record_many
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib import windows
from cxaccess.lifecycle import Ended
from permissions.guards import NotAllowed, use_case

ENDED = ["until", "ended_by", "end_reason"]
BATCH = 200


@use_case
def state(person: Person, at: datetime, actor: Person) -> list[Ended]:
    """Write that they have left, since the moment from which the clock alone said so, and their last day."""
    if person.state == PersonState.LEFT:
        return []
    was, last = person.state, person.employed_until
    person.state = PersonState.LEFT
    person.leaves_at = since = min(person.leaves_at or at, at)
    day = last_day_of(person, since)
    person.employed_until = day if last is None or last > day else last
    person.row_version += 1
    person.save(update_fields=["state", "leaves_at", "employed_until", "row_version"])
    note_attribute("person", person.pk, "state", was, person.state, since=since, began=person.created_at)
    old, new = [one.isoformat() if one is not None else None for one in (last, person.employed_until)]
    note_attribute("person", person.pk, "employed_until", old, new, since=at, began=person.created_at)
    stamps.bump(person.principal_id)
    return []


@use_case
def sign_in(person: Person, at: datetime, actor: Person) -> list[Ended]:
    """End their sessions, and take away the password, the second factor and the recovery codes.

    Without the password no link in a mail works any more. What single sign-on knows them by stays: so they are refused
    there as themselves, and never let in as a stranger.
    """
    sessions = end_all(actor, person=person, at=at, reason="left")
    had_password = person.has_usable_password()
    person.set_unusable_password()
    person.save(update_fields=["password"])
    had_factor = clear_factors(actor, person=person, at=at, reason=why(person))
    found = [Ended("sessions", person.pk, str(sessions))] if sessions else []
    found += [Ended("password", person.pk, "")] if had_password else []
    return found + ([Ended("factor", person.pk, "")] if had_factor else [])


@use_case
def memberships(person: Person, at: datetime, actor: Person) -> list[Ended]:
    """End every place in a team or group, by hand and by rule, also those that would begin later."""
    standing = Membership.objects.filter(person=person).not_over(at).exclude(until=F("starts_at")).order_by("pk")
    named = standing.select_related("principal__team", "principal__group")
    found = list(named.select_for_update(of=("self",), no_key=True))
    said = why(person)
    for row in found:
        row.until, row.ended_by, row.end_reason = windows.ended(row.starts_at, at=at), actor, said
    Membership.objects.bulk_update(found, ENDED, batch_size=BATCH)
    record_many(Entry(Tag.MEMBERSHIP_ENDED, actor, at, row, person, None, _told(row)) for row in found)
    stamps.bump(person.principal_id)
    return [Ended("membership", row.pk, row.principal.label, str(row.get_part_display())) for row in found]


def _told(row: Membership) -> dict[str, object]:
    of = getattr(row.principal, row.principal.kind)
    told: dict[str, object] = {str(row.principal.kind): of.pk, "part": row.part, "reason": row.end_reason}
    return told | ({"until": row.until.isoformat()} if row.until is not None else {})


@use_case
def places(person: Person, at: datetime, actor: Person) -> list[Ended]:
    """End what they answer for: territories, product lines, segments."""
    standing = PersonDimension.objects.filter(person=person).not_over(at).exclude(until=F("starts_at")).order_by("pk")
    found = list(standing.select_related("node").select_for_update(of=("self",), no_key=True))
    said = why(person)
    for row in found:
        row.until, row.ended_by, row.end_reason = windows.ended(row.starts_at, at=at), actor, said
    PersonDimension.objects.bulk_update(found, ENDED, batch_size=BATCH)
    if found:
        kinds: dict[str, list[int]] = {}
        for row in found:
            kinds.setdefault(DIMENSIONS[row.node.kind][0].removeprefix("subject."), []).append(row.node_id)
        changes: Changes = {name: (ids, []) for name, ids in kinds.items()}
        record(
            Tag.PERSON_RANGED, actor=actor, at=at, obj=person, about=person, changes=changes, details={"reason": said}
        )  # fmt: skip
    stamps.bump(person.principal_id)
    return [Ended("place", row.pk, row.node.name, str(DIMENSIONS[row.node.kind][1])) for row in found]


@use_case
def reports(person: Person, at: datetime, actor: Person) -> list[Ended]:
    """Let those who report to them report to the nearest manager above, else to who takes over.

    Policies and rules may read who somebody's manager is. Where it would bring somebody more than the actor could give,
    the manager stays as it is: somebody who has left, and so decides nothing.
    """
    rows = Person.objects.filter(manager=person).exclude(state=PersonState.LEFT).order_by("pk")
    people = list(rows.select_for_update(of=("self",), no_key=True))
    to = manager_above(person, at) or heir_of(person, at)
    over = _above(to)
    return [_reports_to(one, None if one.pk in over else to, person, at, actor) for one in people]


def _above(to: Person | None) -> set[int]:
    """Return `to` and everybody above: whom they cannot manage."""
    found: set[int] = set()
    while to is not None and to.pk not in found:
        found.add(to.pk)
        to = to.manager
    return found


def _reports_to(one: Person, to: Person | None, was: Person, at: datetime, actor: Person) -> Ended:
    if to is None:
        return Ended("report", one.pk, _("Reports to nobody who is here"), vacant=True)
    try:
        with transaction.atomic():
            watch = doors.watch(actor, {"subject.manager"}, at=at, people=Person.objects.filter(pk=one.pk))
            before, one.manager = copy.copy(one), to
            one.row_version += 1
            one.save(update_fields=["manager", "row_version"])
            note_attribute("person", one.pk, "manager", was.pk, to.pk, since=at, began=one.created_at)
            stamps.bump(one.principal_id)
            record(Tag.PERSON_EDITED, actor=actor, at=at, obj=one, before=before, about=one)
            watch.settle(Person.objects.filter(pk=one.pk))
    except NotAllowed:
        return Ended("report", one.pk, _("Reports to nobody who is here"), vacant=True)
    return Ended("report", one.pk, "", to=to.pk)
