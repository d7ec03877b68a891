"""Loads the facts that decisions are made from, for now (cached, checked by stamps) or for a past moment.

A snapshot holds every window that was not over when it was loaded, future ones too; so it stays right as
time passes and only its stamps can make it old. A moment in the past is loaded from history, uncached.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from django.db import connection

from accounts.models import Membership as MembershipRow
from accounts.models import Person
from cxaccess.jobs import stamps
from cxaccess.lib import clock
from permissions import history
from permissions.engine.model import Model
from permissions.engine.types import Grant, Membership, Scope, Subject
from permissions.models import Mode, RoleGrant

KEPT_PEOPLE = 5_000
PAST = timedelta(minutes=1)  # a moment further back than this is answered from history


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One person's facts with the model they were read under, and the stamps of both."""

    subject: Subject
    model: Model
    stamps: dict[int, int]


class _Kept:
    """The snapshots and the model this process keeps."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.people: OrderedDict[int, Snapshot] = OrderedDict()
        self.model: tuple[int, Model] | None = None

    def clear(self) -> None:
        """Forget everything; tests that reset the database need it."""
        with self.lock:
            self.people.clear()
            self.model = None


kept = _Kept()
_pinned: ContextVar[dict[int, Snapshot] | None] = ContextVar("pinned", default=None)


@contextmanager
def pinned() -> Iterator[None]:
    """Within it each person's stamps are read once: one request, task or call sees one state of the world."""
    token = _pinned.set({})
    try:
        yield
    finally:
        _pinned.reset(token)


@contextmanager
def unpinned() -> Iterator[None]:
    """Within it stamps are read anew at each question: for authority re-checked inside a transaction."""
    token = _pinned.set(None)
    try:
        yield
    finally:
        _pinned.reset(token)


def is_past(at: datetime) -> bool:
    """Return whether `at` must be answered from history."""
    return at < clock.now() - PAST


def snapshot(person_id: int, at: datetime) -> Snapshot:
    """Return the facts about a person as of `at`. Raises Person.DoesNotExist."""
    if is_past(at):
        return _load_past(person_id, at)
    pins = _pinned.get()
    if pins is not None and person_id in pins:
        return pins[person_id]
    found = _current(person_id, at)
    if pins is not None:
        pins[person_id] = found
    return found


def model(at: datetime) -> Model:
    """Return the shared model as of `at`."""
    if is_past(at):
        return history.model(at)
    version = stamps.read([stamps.MODEL])[stamps.MODEL]
    return _model(version)


def _model(version: int) -> Model:
    held = kept.model
    if held is not None and held[0] == version:
        return held[1]
    fresh = history.model(None)
    if _may_keep():
        kept.model = (version, fresh)
    return fresh


def _may_keep() -> bool:
    """Return whether what was read is committed: a stamp that is rolled back later comes again with other facts."""
    return not connection.in_atomic_block


def _current(person_id: int, at: datetime) -> Snapshot:
    held = kept.people.get(person_id)
    if held is not None and stamps.read(held.stamps) == held.stamps:
        return held
    fresh = _load(person_id, at)
    if not _may_keep():
        return fresh
    with kept.lock:
        kept.people[person_id] = fresh
        kept.people.move_to_end(person_id)
        while len(kept.people) > KEPT_PEOPLE:
            kept.people.popitem(last=False)
    return fresh


def _load(person_id: int, at: datetime) -> Snapshot:
    """Read a person's facts. Stamps are read first: a change in between makes the snapshot old, never wrong."""
    principal_id = Person.objects.values_list("principal_id", flat=True).get(pk=person_id)
    read = stamps.read([stamps.MODEL, principal_id])
    shared = _model(read[stamps.MODEL])
    memberships = _memberships(person_id, at)
    principals = {principal_id, *(p for m in memberships for p in shared.chain(m.principal))}
    read |= stamps.read(principals - {principal_id})
    state = Person.objects.values_list("state", flat=True).get(pk=person_id)
    subject = Subject(person_id, principal_id, state, memberships, _grants(principals, at))
    return Snapshot(subject, shared, read)


def _load_past(person_id: int, at: datetime) -> Snapshot:
    person = Person.objects.only("principal_id", "state", "created_at").get(pk=person_id)
    shared = history.model(at)
    memberships = _memberships(person_id, at)
    principals = {person.principal_id, *(p for m in memberships for p in shared.chain(m.principal))}
    state = history.person_state(person, at)
    subject = Subject(person_id, person.principal_id, state, memberships, _grants(principals, at))
    return Snapshot(subject, shared, {})


def _memberships(person_id: int, at: datetime) -> tuple[Membership, ...]:
    rows = MembershipRow.objects.filter(person_id=person_id).not_over(at).order_by("id")
    return tuple(
        Membership(pk, principal, clock.Window(starts, until))
        for pk, principal, starts, until in rows.values_list("id", "principal_id", "starts_at", "until")
    )


def _grants(principals: set[int], at: datetime) -> tuple[Grant, ...]:
    rows = RoleGrant.objects.filter(principal_id__in=principals, mode=Mode.ACTIVE).not_over(at).order_by("id")
    read = list(rows.values_list("id", "principal_id", "role_id", "scope_id", "starts_at", "until"))
    scopes = history.scopes({row[3] for row in read})
    return tuple(
        Grant(pk, principal, role, scopes[scope], clock.Window(starts, until))
        for pk, principal, role, scope, starts, until in read
    )


def scope(scope_id: int) -> Scope:
    """Return one scope with its terms."""
    return history.scopes({scope_id})[scope_id]
