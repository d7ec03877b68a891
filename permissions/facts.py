"""Loads the facts that decisions are made from, for now (cached, checked by stamps) or for a past moment.

A snapshot holds every window that was not over when it was loaded, future ones too; so it stays right as
time passes and only its stamps can make it old. A moment in the past is loaded from history, uncached.

Facts are read in several statements. Their stamps are read before and after: if one moved in between, a membership of
before could meet a grant of after, an access that never was; so everything is read again.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from django.db import connection
from django.db.models import Q

from accounts.models import Membership as MembershipRow
from accounts.models import Person
from cxaccess.jobs import stamps
from cxaccess.lib import clock
from permissions import history
from permissions.engine import objects_for, scopes_for
from permissions.engine.model import Model
from permissions.engine.types import Grant, Known, Membership, ObjectGrant, Scope, Subject
from permissions.history import COLLECTIVE, PAST, is_past
from permissions.models import GroupObjectGrant, Mode, PersonObjectGrant, RoleGrant
from permissions.policies import people

__all__ = ["FactsUnsteady", "Snapshot", "is_past", "kept", "model", "pinned", "scope", "snapshot", "unpinned", "whole"]

KEPT_PEOPLE = 5_000
KNOWN = 200  # answers a snapshot keeps; a page asks some dozens
TRIES = 20  # times that facts are read again because they changed while they were read


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One person's facts with the model they were read under, and the stamps of both.

    `known` keeps what was worked out from them: within a request the same permission is asked of every row of a list.
    """

    subject: Subject
    model: Model
    stamps: dict[int, int]
    known: dict[tuple[str, datetime], frozenset[Scope]] = field(default_factory=dict, compare=False)
    known_objects: dict[tuple[str, datetime], frozenset[int]] = field(default_factory=dict, compare=False)

    def scopes(self, action: str, at: datetime) -> frozenset[Scope]:
        """Return the scopes within which the person holds `action` at `at`."""
        found = self.known.get((action, at))
        if found is None:
            if len(self.known) >= KNOWN:
                self.known.clear()
            found = self.known[action, at] = scopes_for(self.model, self.subject, action, at)
        return found

    def objects(self, action: str, at: datetime) -> frozenset[int]:
        """Return the resources on which the person holds `action` at `at` by object grants."""
        if not self.subject.objects:
            return frozenset()
        found = self.known_objects.get((action, at))
        if found is None:
            if len(self.known_objects) >= KNOWN:
                self.known_objects.clear()
            found = self.known_objects[action, at] = objects_for(self.model, self.subject, action, at)
        return found


class _Kept:
    """The snapshots and the model this process keeps. Only what is committed gets in."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.people: OrderedDict[int, Snapshot] = OrderedDict()
        self.model: tuple[int, Model] | None = None
        self.scopes: dict[int, Scope] = {}

    def clear(self) -> None:
        """Forget everything; tests that reset the database need it."""
        with self.lock:
            self.people.clear()
            self.scopes.clear()
            self.model = None

    def keep_model(self, version: int, model: Model) -> None:
        """Keep the model; every snapshot of another one is old and would only hold memory."""
        with self.lock:
            if self.model is None or self.model[0] != version:
                self.people.clear()
            self.model = (version, model)

    def keep(self, person_id: int, found: Snapshot) -> None:
        """Keep a snapshot, and no more than KEPT_PEOPLE."""
        with self.lock:
            self.people[person_id] = found
            self.people.move_to_end(person_id)
            while len(self.people) > KEPT_PEOPLE:
                self.people.popitem(last=False)


kept = _Kept()


class _Pins:
    """What one request has seen so far, valid in the block of transactions it began in."""

    def __init__(self) -> None:
        self.block = _block()
        self.people: dict[int, Snapshot] = {}
        self.model: Model | None = None

    def clear(self) -> None:
        """Forget what was seen."""
        self.people.clear()
        self.model = None


_pinned: ContextVar[_Pins | None] = ContextVar("pinned", default=None)


@contextmanager
def pinned() -> Iterator[None]:
    """Within it the stamps of people and of the model are read once: one request, task or call sees one state."""
    token = _pinned.set(_Pins())
    try:
        yield
    finally:
        _pinned.reset(token)


@contextmanager
def unpinned() -> Iterator[None]:
    """Within it stamps are read anew at each question: for authority re-checked inside a transaction.

    Afterwards nothing is pinned: what comes next in the request sees what was changed.
    """
    token = _pinned.set(None)
    try:
        yield
    finally:
        _pinned.reset(token)
        pins = _pinned.get()
        if pins is not None:
            pins.clear()


def _block() -> tuple[object, ...]:
    """Return which transaction and savepoints are open, outermost first."""
    return (connection.in_atomic_block, *connection.savepoint_ids)


def snapshot(person_id: int, at: datetime) -> Snapshot:
    """Return the facts about a person as of `at`. Raises Person.DoesNotExist."""
    if is_past(at):
        return _steady(person_id, at, _not_over(at))
    pins = _pins()
    if pins is None:
        return _current(person_id, at)
    if person_id not in pins.people:
        pins.people[person_id] = _current(person_id, at)
    return pins.people[person_id]


def _pins() -> _Pins | None:
    """Return what is pinned here. What is read in a transaction that may yet be rolled back must not outlive it."""
    pins = _pinned.get()
    return None if pins is None or pins.block != _block() else pins


def whole(person_id: int, at: datetime) -> Snapshot:
    """Return the facts about a person with what is over, too: to say what was once, or will be. Uncached."""
    return _steady(person_id, at, Q())


def model(at: datetime) -> Model:
    """Return the shared model as of `at`."""
    if is_past(at):
        return history.model(at)
    pins = _pins()
    if pins is None:
        return _model(_version())
    if pins.model is None:
        pins.model = next((one.model for one in pins.people.values()), None) or _model(_version())
    return pins.model


def _model(version: int) -> Model:
    """Return the model of now: the one kept, if it is of `version`, which was read just before."""
    held = kept.model
    if held is not None and held[0] == version:
        return held[1]
    for _ in range(TRIES):
        fresh = history.model(None)
        before, version = version, _version()
        if before == version:
            if _may_keep():
                kept.keep_model(version, fresh)
            return fresh
    raise FactsUnsteady


def _version() -> int:
    return stamps.read([stamps.MODEL])[stamps.MODEL]


class FactsUnsteady(RuntimeError):
    """The facts changed each time they were read. Nothing can be decided, so nothing is allowed."""


def _may_keep() -> bool:
    """Return whether what was read is committed: a stamp that is rolled back later comes again with other facts."""
    return not connection.in_atomic_block


def _current(person_id: int, at: datetime) -> Snapshot:
    held = kept.people.get(person_id)
    if held is not None and stamps.read(held.stamps) == held.stamps:
        return held
    # Whatever question comes later, now or as of PAST ago, must find its windows here; `at` may lie in the future.
    fresh = _steady(person_id, at, _not_over(min(at, clock.now()) - PAST))
    if _may_keep():
        kept.keep(person_id, fresh)
    return fresh


def _steady(person_id: int, at: datetime, windows: Q) -> Snapshot:
    for _ in range(TRIES):
        found = _load(person_id, at, windows)
        if stamps.read(found.stamps) == found.stamps:
            return found
    raise FactsUnsteady


def _not_over(at: datetime) -> Q:
    return Q(until__isnull=True) | Q(until__gt=at)


def _load(person_id: int, at: datetime, windows: Q) -> Snapshot:
    """Read a person's facts. Stamps are read before what they stand for."""
    person = Person.objects.only("principal_id").get(pk=person_id)
    read = stamps.read([stamps.MODEL, person.principal_id])
    shared = history.model(at) if is_past(at) else _model(read[stamps.MODEL])
    memberships = _memberships(person_id, windows)
    principals = {person.principal_id, *(p for m in memberships for p in shared.chain(m.principal))}
    read |= stamps.read(principals - {person.principal_id})
    whole = bool(shared.policies or shared.recording)
    row = Person.objects.get(pk=person_id) if whole else Person.objects.only("state", "created_at").get(pk=person_id)
    state = history.person_state(row, at)
    own, objects = person.principal_id, _objects(person, principals, windows)
    known = people.known(row, windows, state, at) if whole else Known()
    subject = Subject(person_id, own, state, memberships, _grants(principals, windows), objects, known)
    return Snapshot(subject, shared, read)


def _memberships(person_id: int, windows: Q) -> tuple[Membership, ...]:
    # Only of teams and groups: a row that put somebody "into" another person would hand over all that person holds.
    rows = MembershipRow.objects.filter(windows, person_id=person_id, principal__kind__in=COLLECTIVE).order_by("id")
    return tuple(
        Membership(pk, principal, clock.Window(starts, until))
        for pk, principal, starts, until in rows.values_list("id", "principal_id", "starts_at", "until")
    )


def _grants(principals: set[int], windows: Q) -> tuple[Grant, ...]:
    rows = RoleGrant.objects.filter(windows, principal_id__in=principals, mode=Mode.ACTIVE).order_by("id")
    read = list(rows.values_list("id", "principal_id", "role_id", "scope_id", "starts_at", "until"))
    scopes = _scopes({row[3] for row in read})
    return tuple(
        Grant(pk, principal, role, scopes[scope], clock.Window(starts, until))
        for pk, principal, role, scope, starts, until in read
    )


def _objects(person: Person, principals: set[int], windows: Q) -> dict[int, tuple[ObjectGrant, ...]]:
    """Return the object grants of a person and of the collectives they reach, by resource."""
    found: dict[int, list[ObjectGrant]] = defaultdict(list)
    mine = PersonObjectGrant.objects.filter(windows, user=person)
    shared = GroupObjectGrant.objects.filter(windows, group__principal__in=principals - {person.principal_id})
    for rows, holder in ((mine, "user__principal_id"), (shared, "group__principal")):
        read = rows.order_by("id").values_list(
            "id", holder, "permission__catalogue_action__key", "content_object_id", "starts_at", "until"
        )
        for pk, principal, action, resource, starts, until in read:
            window = clock.Window(starts, until)
            found[resource].append(ObjectGrant(pk, principal, action, resource, window, rows is shared))
    return {resource: tuple(grants) for resource, grants in found.items()}


def _scopes(ids: set[int]) -> dict[int, Scope]:
    """Return scopes by id. A scope never changes, so those that are committed are read once."""
    missing = ids - kept.scopes.keys()
    fresh = history.scopes(missing) if missing else {}
    known = {pk: kept.scopes[pk] for pk in ids - missing} | fresh
    if fresh and _may_keep():
        kept.scopes.update(fresh)
    return known


def scope(scope_id: int) -> Scope:
    """Return one scope with its terms. Raises KeyError."""
    return history.scopes({scope_id})[scope_id]
