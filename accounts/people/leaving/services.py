"""Use cases of leaving and coming back. Authority: person.offboard, and person.create for who comes back.

Whoever leaves at a moment ahead has no access from that moment on, whether or not a job has run: decisions and sign-in
read `leaves_at`. The job ends and passes on what stands, and tells.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, timedelta

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from accounts import gains
from accounts.groups import doors
from accounts.history import note_attribute
from accounts.integrations import makers
from accounts.models import Leaving, Node, Person, PersonState
from accounts.people.leaving import telling
from accounts.people.rules import require_sound
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess import lifecycle
from cxaccess.jobs import stamps
from cxaccess.jobs.models import Job
from cxaccess.jobs.services import enqueue
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.reasons import stated
from cxaccess.lifecycle import Ended
from permissions import gate, places
from permissions.giving import hold, lock_administration, require_administrator
from permissions.guards import locked, require, use_case

OFFBOARD = "person.offboard"
AHEAD = timedelta(days=731)  # further ahead than that a date is a slip


@use_case
def leave_now(
    actor: Person, *, person: Person, reason: str, time_zone: str, heir: Person | None = None, at: datetime
) -> Leaving:
    """Let somebody leave at this moment: everything they have ends, what they own goes to `heir` or their manager.

    Raises NotAllowed, NotVisible, Refused.
    """
    row = _opened(actor, person, at)
    _require_heir(actor, row, heir, at)
    _call_off(actor, row, at)
    leaving = _asked(actor, row, at, reason=reason, time_zone=time_zone, heir=heir, at=at)
    _carry_out(actor, leaving, row, at)
    return leaving


@use_case
def schedule(
    actor: Person,
    *,
    person: Person,
    leaves_at: datetime,
    time_zone: str,
    reason: str,
    heir: Person | None = None,
    at: datetime,
) -> Leaving:
    """Let somebody leave at a moment ahead. Raises NotAllowed, NotVisible, Refused."""
    row = _opened(actor, person, at)
    if not at < leaves_at <= at + AHEAD:
        raise Refused(_("Choose a moment ahead, within two years. To end access now, leave at once."), field="day")
    if _open_of(row) is not None:
        raise Refused(_("%(name)s leaves already. Call that off first.") % {"name": row.name})
    _require_heir(actor, row, heir, at)
    leaving = _asked(actor, row, leaves_at, reason=reason, time_zone=time_zone, heir=heir, at=at)
    _clock(row, leaves_at)
    require_administrator(at=at)
    enqueue("leaver.leave", slot=str(leaving.pk), at=leaves_at, payload={"leaving": leaving.pk})
    details = {"leaving": leaving.pk, "leaves_at": leaves_at.isoformat(), "reason": leaving.reason}
    record(Tag.LEAVING_SCHEDULED, actor=actor, at=at, obj=row, about=row, details=details)
    telling.of_schedule(leaving, row, at)
    return leaving


@use_case
def call_off(actor: Person, *, leaving: Leaving, reason: str, at: datetime) -> Leaving:
    """Call a leaving off that lies ahead: they keep what they have.

    Whoever did not ask for it gives that access by this, and so must be able to. Raises NotAllowed, Refused, Stale.
    """
    lock_administration()
    gains.hold_person(leaving.person, at=at)
    person = locked(Person, leaving.person_id)
    require(actor, OFFBOARD, person, at=at)
    _require_other(actor, person)
    row = locked(Leaving, leaving.pk)
    if not row.is_open or row.leaves_at <= at:
        raise Stale(_("It is too late: this leaving is over, or was called off before."))
    if row.asked_by_id != actor.pk:
        gains.require_gains(actor, gains.of_person(person, at=at), at=at)
    row.cancelled_at, row.cancelled_by = at, actor
    row.save(update_fields=["cancelled_at", "cancelled_by"])
    _clock(person, None)
    details = {"leaving": row.pk, "leaves_at": row.leaves_at.isoformat(), "reason": stated(reason)}
    record(Tag.LEAVING_CANCELLED, actor=actor, at=at, obj=person, about=person, details=details)
    return row


def leave_as_scheduled(job: Job, at: datetime) -> None:
    """Carry out a leaving whose moment has come. A job: run again, it finds that done."""
    leaving = Leaving.objects.select_related("asked_by").filter(pk=job.payload["leaving"]).first()
    if leaving is not None:
        _due(leaving.asked_by, leaving=leaving, at=at)


@use_case
def _due(actor: Person, *, leaving: Leaving, at: datetime) -> None:
    """Carry out what `actor` asked for and was allowed then; what they could not give now, nobody gets."""
    lock_administration()
    hold({leaving.person.principal_id}, at=at)
    import_string(lifecycle.HOLD)(leaving.person)
    person, row = locked(Person, leaving.person_id), locked(Leaving, leaving.pk)
    if row.is_open and row.leaves_at <= at:
        _carry_out(actor, row, person, at)


@use_case
def return_to_work(
    actor: Person,
    *,
    person: Person,
    reason: str,
    state: str = PersonState.ACTIVE,
    department: Node | None = None,
    region: Node | None = None,
    manager: Person | None = None,
    title: str = "",
    employed_from: date | None = None,
    at: datetime,
) -> Person:
    """Let somebody who has left come back as a new start: with nothing of what they had, unclaimed.

    What they held stays ended and on record. It takes what adding somebody there takes; what rules and policies then
    bring them is the actor's to give. Raises NotAllowed, NotVisible, Refused.
    """
    lock_administration()
    hold({person.principal_id}, at=at)
    import_string(lifecycle.HOLD)(person)
    watch = doors.watch(actor, None, at=at, people=Person.objects.filter(pk=person.pk))
    row = locked(Person, person.pk)
    require(actor, "person.view", row, at=at)
    require(actor, "person.create", places.prospect("person", department=_id(department), region=_id(region)), at=at)
    _require_other(actor, row)
    if not row.has_left(at):
        raise Refused(_("%(name)s has not left.") % {"name": row.name})
    if state not in (PersonState.ACTIVE, PersonState.PREHIRE):
        raise Refused(_("Whoever comes back is either active or has not started yet."), field="state")
    _finish(actor, row, at)
    before = _begin_anew(row, state, department, region, manager, title.strip(), employed_from)
    require_sound(actor, row, ("department", "region", "manager", "email"), at=at)
    row.save()
    for name, old in before.items():
        column = getattr(row, name, None)
        new = column.isoformat() if isinstance(column, date) else column
        note_attribute("person", row.pk, name.removesuffix("_id"), old, new, since=at, began=row.created_at)
    stamps.bump(row.principal_id)
    record(Tag.PERSON_RETURNED, actor=actor, at=at, obj=row, about=row, details={"reason": stated(reason)})
    watch.settle(Person.objects.filter(pk=row.pk))
    return row


@use_case
def export_report(actor: Person, *, leaving: Leaving, at: datetime) -> None:
    """Record that `actor` takes the report of a leaving out. Raises NotAllowed, NotVisible."""
    require(actor, OFFBOARD, leaving.person, at=at)
    details = {"list": "leaving", "leaving": leaving.pk, "rows": len(leaving.report)}
    record(Tag.ACCESS_EXPORTED, actor=actor, at=at, about=leaving.person, details=details)


def _finish(actor: Person, person: Person, at: datetime) -> None:
    """End whatever stands yet: of a leaving that no job carried out, and of what came to somebody who had left."""
    leaving = _open_of(person)
    if leaving is not None:
        _carry_out(leaving.asked_by, leaving, person, at)
    list(lifecycle.run(lifecycle.LEAVER, person, at, actor))


def _begin_anew(
    person: Person,
    state: str,
    department: Node | None,
    region: Node | None,
    manager: Person | None,
    title: str,
    employed_from: date | None,
) -> dict[str, object]:
    """Put what decisions may read as for a new start; return what it was, by column, as history keeps it."""
    kept = ("state", "title", "clearance", "manager_id", "department_id", "region_id", "employed_from")
    before: dict[str, object] = {}
    for name in (*kept, "employed_until"):
        column = getattr(person, name)
        before[name] = column.isoformat() if isinstance(column, date) else column
    before |= {f"custom.{name}": value for name, value in person.custom.items()}
    person.state, person.title, person.clearance, person.custom = state, title, None, {}
    person.manager, person.department, person.region = manager, department, region
    person.employed_from, person.employed_until = employed_from, None
    person.leaves_at = person.claimed_at = None
    person.row_version += 1
    return before


def _opened(actor: Person, person: Person, at: datetime) -> Person:
    """Return who is to leave, locked, once the actor may let them. Raises NotAllowed, NotVisible, Refused."""
    lock_administration()
    hold({person.principal_id}, at=at)
    import_string(lifecycle.HOLD)(person)
    row = locked(Person, person.pk)
    require(actor, OFFBOARD, row, at=at)
    _require_other(actor, row)
    if row.has_left(at):
        raise Stale(_("%(name)s has left already.") % {"name": row.name})
    return row


def _asked(
    actor: Person,
    person: Person,
    leaves_at: datetime,
    *,
    reason: str,
    time_zone: str,
    heir: Person | None,
    at: datetime,
) -> Leaving:
    return Leaving.objects.create(
        person=person, leaves_at=leaves_at, time_zone=time_zone, heir=heir, reason=stated(reason),
        asked_by=actor, asked_at=at,
    )  # fmt: skip


def _clock(person: Person, leaves_at: datetime | None) -> None:
    """Write when they leave where decisions read it."""
    person.leaves_at = leaves_at
    person.row_version += 1
    person.save(update_fields=["leaves_at", "row_version"])
    stamps.bump(person.principal_id)
    makers.follow(person)


def _carry_out(actor: Person, leaving: Leaving, person: Person, at: datetime) -> None:
    """End and pass on everything, in the open transaction, and keep what that was."""
    ended = list(lifecycle.run(lifecycle.LEAVER, person, at, actor))
    leaving.done_at, leaving.report = at, [asdict(one) for one in ended]
    leaving.save(update_fields=["done_at", "report"])
    details = {"leaving": leaving.pk, "reason": leaving.reason, "ended": _sums(ended)}
    record(Tag.PERSON_LEFT, actor=actor, at=at, obj=person, about=person, details=details)
    require_administrator(at=at)
    telling.of_leaving(leaving, person, ended, at)


def _sums(ended: Iterable[Ended]) -> dict[str, int]:
    """Return how many of each kind, as the trail keeps it."""
    found: dict[str, int] = {}
    for one in ended:
        found[one.kind] = found.get(one.kind, 0) + 1
    return found


def _call_off(actor: Person, person: Person, at: datetime) -> None:
    """Put an open leaving aside, because they leave at once."""
    leaving = _open_of(person)
    if leaving is not None:
        leaving.cancelled_at, leaving.cancelled_by = at, actor
        leaving.save(update_fields=["cancelled_at", "cancelled_by"])


def _open_of(person: Person) -> Leaving | None:
    rows = Leaving.objects.select_related("asked_by").filter(person=person, done_at=None, cancelled_at=None)
    return rows.first()


def _require_heir(actor: Person, person: Person, heir: Person | None, at: datetime) -> None:
    """Refuse somebody to take over who is not here, or whom the actor does not see."""
    if heir is None:
        return
    if heir.pk == person.pk or not heir.is_here(at):
        raise Refused(_("%(name)s cannot take over: they are not here.") % {"name": heir.name}, field="heir")
    if not gate.may(actor, "person.view", heir, at=at):
        raise Refused(_("Choose somebody you can see."), field="heir")


def _require_other(actor: Person, person: Person) -> None:
    if actor.pk == person.pk:
        raise Refused(_("Nobody lets themselves leave, or comes back by themselves. Ask another administrator."))


def _id(node: Node | None) -> int | None:
    return node.pk if node else None
