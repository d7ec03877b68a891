"""Use cases on people. Authority: person.create, person.edit and person.suspend, before the change and after it."""

import copy
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts import gains
from accounts.groups import doors
from accounts.history import note_attribute
from accounts.integrations import makers
from accounts.models import Node, Person, PersonState, Principal
from accounts.people.rules import PLACES, require_sound
from accounts.reach import require_reach
from accounts.signin.sessions.services import end_all
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.reasons import stated
from permissions import places
from permissions.attributes import values as attributes
from permissions.giving import lock_administration, require_administrator
from permissions.guards import locked, require, use_case

EDITABLE = (
    "name",
    "email",
    "title",
    "department",
    "region",
    "manager",
    "employed_from",
    "employed_until",
    "time_zone",
    "language",
    "clearance",
)  # fmt: skip
# Decisions read these, so nobody changes their own.
NOT_ONES_OWN = ("department", "region", "manager", "clearance", "custom")
# What past decisions may ask about, beside the places.
KEPT = ("title", "clearance", "manager", "employed_from", "employed_until")


@use_case
def create_person(
    actor: Person,
    *,
    name: str,
    email: str = "",
    title: str = "",
    department: Node | None = None,
    region: Node | None = None,
    manager: Person | None = None,
    state: str = PersonState.ACTIVE,
    employed_from: date | None = None,
    employed_until: date | None = None,
    time_zone: str = "UTC",
    language: str = "en",
    at: datetime,
) -> Person:
    """Add somebody, unclaimed, who holds nothing yet. `state` is active or prehire."""
    watch = doors.watch(actor, None, at=at, people=Person.objects.none())
    there = places.prospect("person", department=_id(department), region=_id(region))
    require(actor, "person.create", there, at=at)
    if state not in (PersonState.ACTIVE, PersonState.PREHIRE):
        raise Refused(_("Somebody new is either active or has not started yet."), field="state")
    person = Person(
        name=name.strip(),
        email=email.strip().lower(),
        title=title.strip(),
        department=department,
        region=region,
        manager=manager,
        state=state,
        employed_from=employed_from,
        employed_until=employed_until,
        time_zone=time_zone,
        language=language,
        created_at=at,
    )
    require_sound(actor, person, EDITABLE, at=at)
    insert(person)
    record(Tag.PERSON_CREATED, actor=actor, at=at, obj=person, about=person)
    watch.settle(_just(person))
    return person


def insert(person: Person) -> None:
    """Write a new person with their principal. Authority and the event are the caller's. Raises Refused."""
    person.principal = Principal.objects.create(kind="person", label=person.name)
    person.set_unusable_password()
    _save_unless_mail_taken(person)


@use_case
def edit_person(
    actor: Person, *, person: Person, row_version: int, changes: Mapping[str, Any], at: datetime
) -> Person:  # fmt: skip
    """Change what `changes` names, of EDITABLE; "custom" maps names to values. Raises Stale where one was quicker."""
    watch = doors.watch(actor, _keys(changes), at=at, people=_just(person))
    _queue_up(person, changes, at)
    before = locked(Person, person.pk)
    require(actor, "person.edit", before, at=at)
    after = copy.copy(before)
    _require_version(before, row_version)
    changed = _apply(after, {name: value for name, value in changes.items() if name != "custom"})
    custom = _apply_custom(after, changes.get("custom") or {})
    changed += ["custom"] if custom else []
    if not changed:
        return before
    if actor.pk == before.pk:
        watch.require_not_ones_own([*changed, *(f"custom.{name}" for name in custom)])
    _require_not_ones_own(actor, before, changed)
    require_sound(actor, after, changed, at=at)
    if "email" in changed and actor.pk != before.pk:
        # Whoever has the mail can take over the account, and with it all it holds.
        gains.require_gains(actor, gains.of_person(before, at=at), at=at)
    after.row_version += 1
    _save_unless_mail_taken(after)
    if "email" in changed and actor.pk != before.pk:
        _close_account(actor, after, at)
    if "email" in changed and not after.email:
        require_administrator(at=at)
    if "name" in changed:
        Principal.objects.filter(pk=after.principal_id).update(label=after.name)
    for name in (*PLACES, *KEPT):
        _note(before, after, name, at)
    _note_custom(before, after, custom, at)
    require_reach(actor, "person.edit", after, at=at)
    stamps.bump(after.principal_id)
    told = attributes.told(attributes.of_people(), before.custom, after.custom) if custom else None
    record(Tag.PERSON_EDITED, actor=actor, at=at, obj=after, before=before, about=after, changes=told)
    watch.settle(_just(after))
    return after


def _queue_up(person: Person, changes: Mapping[str, Any], at: datetime) -> None:
    """Wait for whoever changes what this change is decided on."""
    if {"manager", "email"} & changes.keys():
        lock_administration()  # two at once could close a circle, or take the last administrator's way in, unseen
    if "email" in changes:
        gains.hold_person(person, at=at)


def _keys(changes: Mapping[str, Any]) -> set[str]:
    """Return the attributes that `changes` may change."""
    own = {f"subject.custom.{name}" for name in changes.get("custom") or {}}
    return {f"subject.{name}" for name in changes} | own


def _apply_custom(person: Person, wanted: Mapping[str, Any]) -> list[str]:
    """Set custom attributes and return the names of those that really changed. Raises Refused."""
    if not wanted:
        return []
    before = person.custom
    person.custom = attributes.cleaned(attributes.of_people(), before, wanted)
    return [name for name in wanted if before.get(name) != person.custom.get(name)]


def _note_custom(before: Person, after: Person, names: list[str], at: datetime) -> None:
    for name in names:
        old, new = before.custom.get(name), after.custom.get(name)
        note_attribute("person", after.pk, f"custom.{name}", old, new, since=at, began=after.created_at)


def _close_account(actor: Person, person: Person, at: datetime) -> None:
    """Let nobody in by what the old address knew: whoever reads the new one asks for a password there.

    Otherwise somebody could lend a person their own address, set a password, give the address back and wait.
    """
    person.set_unusable_password()
    person.save(update_fields=["password"])
    end_all(actor, person=person, at=at, reason="mail")


@use_case
def suspend(actor: Person, *, person: Person, reason: str, at: datetime) -> Person:
    """Stop all of somebody's access at once; what they hold stays on record for a return. Raises Stale, Refused."""
    return _stop(actor, person, "person.suspend", PersonState.SUSPENDED, Tag.PERSON_SUSPENDED, reason, at)


@use_case
def put_on_leave(actor: Person, *, person: Person, reason: str, at: datetime) -> Person:
    """Stop somebody's access while they are away; what they hold waits for them. Raises Stale, Refused."""
    return _stop(actor, person, "person.offboard", PersonState.LEAVE, Tag.PERSON_ON_LEAVE, reason, at)


def _stop(
    actor: Person, person: Person, action: str, state: PersonState, tag: Tag, reason: str, at: datetime
) -> Person:
    lock_administration()
    watch = doors.watch(actor, {"subject.state"}, at=at, people=_just(person))
    before = locked(Person, person.pk)
    require(actor, action, before, at=at)
    _require_other(actor, before)
    if before.has_left(at):
        raise Refused(_("%(name)s has left and has no access to stop.") % {"name": before.name})
    if state == PersonState.LEAVE and before.state == PersonState.SUSPENDED:
        raise Refused(_("%(name)s is suspended. That stays until somebody makes them active.") % {"name": before.name})
    after = _restate(before, state, at)
    require_administrator(at=at)
    end_all(actor, person=after, at=at, reason=state)
    details = {"reason": stated(reason)}
    record(tag, actor=actor, at=at, obj=after, before=before, about=after, details=details)
    watch.settle(_just(after))
    return after


@use_case
def reactivate(actor: Person, *, person: Person, reason: str, at: datetime) -> Person:
    """Make somebody active again. It gives back all they hold, so the actor must be able to give it."""
    lock_administration()
    watch = doors.watch(actor, {"subject.state"}, at=at, people=_just(person))
    gains.hold_person(person, at=at)
    before = locked(Person, person.pk)
    require(actor, "person.suspend", before, at=at)
    _require_other(actor, before)
    if before.has_left(at):
        raise Refused(_("%(name)s has left. Let them come back as a new start.") % {"name": before.name})
    gains.require_gains(actor, gains.of_person(before, at=at), at=at)
    after = _restate(before, PersonState.ACTIVE, at)
    record(
        Tag.PERSON_REACTIVATED,
        actor=actor,
        at=at,
        obj=after,
        before=before,
        about=after,
        details={"reason": stated(reason)},
    )
    watch.settle(_just(after))
    return after


def _just(person: Person) -> QuerySet[Person]:
    return Person.objects.filter(pk=person.pk)


def _restate(before: Person, state: str, at: datetime) -> Person:
    """Write the new state. Raises Stale where somebody else has set it already."""
    if before.state == state:
        now = PersonState(state).label.lower()
        raise Stale(_("%(name)s is %(state)s already.") % {"name": before.name, "state": now})
    after = copy.copy(before)
    after.state = state
    after.row_version += 1
    after.save(update_fields=["state", "row_version"])
    _note(before, after, "state", at)
    stamps.bump(after.principal_id)
    makers.follow(after)
    return after


def _apply(person: Person, changes: Mapping[str, Any]) -> list[str]:
    """Set `changes` on `person` and return the names that really changed. Raises KeyError for a foreign name."""
    changed = []
    for name, value in changes.items():
        if name not in EDITABLE:
            raise KeyError(f"{name} of a person is not edited here.")
        wanted = value.strip() if isinstance(value, str) else value
        wanted = wanted.lower() if name == "email" else wanted
        if getattr(person, name) != wanted:
            setattr(person, name, wanted)
            changed.append(name)
    return changed


def _require_version(person: Person, row_version: int) -> None:
    if person.row_version != row_version:
        now = {name: getattr(person, name) for name in EDITABLE}
        raise Stale(
            _("Somebody else changed %(name)s while you were editing.") % {"name": person.name},
            facts={"now": now, "row_version": person.row_version},
        )


def _require_not_ones_own(actor: Person, person: Person, changed: list[str]) -> None:
    own = [name for name in changed if name in NOT_ONES_OWN]
    if actor.pk == person.pk and own:
        raise Refused(
            _("Nobody changes their own department, region or manager, because access depends on them."), field=own[0]
        )


def _require_other(actor: Person, person: Person) -> None:
    if actor.pk == person.pk:
        raise Refused(_("Nobody changes their own state. Ask another administrator."))


def _save_unless_mail_taken(person: Person) -> None:
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        if "person_email_unique" not in str(error):
            raise
        raise Refused(_("This mail belongs to somebody already."), field="email") from error


def _note(before: Person, after: Person, name: str, at: datetime) -> None:
    column = f"{name}_id" if name in (*PLACES, "manager") else name
    old, new = (_as_json(getattr(row, column)) for row in (before, after))
    note_attribute("person", after.pk, name, old, new, since=at, began=after.created_at)


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _id(node: Node | None) -> int | None:
    return node.pk if node else None
