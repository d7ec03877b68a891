"""Loads the facts that decisions are made from, for now (cached, checked by stamps) or for a past moment.

A snapshot holds every window that was not over when it was loaded, future ones too; so it stays right as
time passes and only its stamps can make it old. A moment in the past is loaded from history, uncached.

Facts are read in several statements. Their stamps are read before and after: if one moved in between, a membership of
before could meet a grant of after, an access that never was; so everything is read again.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import TypeVar

from django.db import connection, connections
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

__all__ = [
    "FactsUnsteady",
    "Snapshot",
    "is_past",
    "kept",
    "model",
    "pinned",
    "prepare",
    "scope",
    "snapshot",
    "unpinned",
    "whole",
]

G = TypeVar("G", Grant, ObjectGrant)
KEPT_PEOPLE = 5_000
STATES = ("state", "created_at")  # the columns that a state is read from
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
    here = connections[connection.alias]  # the connection itself: asked with every decision
    return (here.in_atomic_block, *here.savepoint_ids)


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


def prepare(people: Iterable[int], at: datetime) -> None:
    """Have the facts of `people` at hand for this request, in a number of queries that does not grow with them.

    Where nothing is pinned, or for a past moment, each is read by itself once it is asked for.
    """
    pins = _pins()
    if pins is not None and not is_past(at):
        pins.people |= _current_all(set(people) - pins.people.keys(), at)


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
    return _current_all([person_id], at)[person_id]


def _current_all(ids: Collection[int], at: datetime) -> dict[int, Snapshot]:
    """Return {person id: snapshot}: those kept whose stamps stand still, and the others read together."""
    held = {pk: found for pk in ids if (found := kept.people.get(pk)) is not None}
    now = stamps.read({key for found in held.values() for key in found.stamps}) if held else {}
    good = {pk: one for pk, one in held.items() if all(now[key] == version for key, version in one.stamps.items())}
    missing = [pk for pk in ids if pk not in good]
    if not missing:
        return good
    # Whatever question comes later, now or as of PAST ago, must find its windows here; `at` may lie in the future.
    fresh = _steady_all(missing, at, _not_over(min(at, clock.now()) - PAST))
    if _may_keep():
        for pk, found in fresh.items():
            kept.keep(pk, found)
    return good | fresh


def _steady(person_id: int, at: datetime, windows: Q) -> Snapshot:
    return _steady_all([person_id], at, windows)[person_id]


def _steady_all(ids: Collection[int], at: datetime, windows: Q) -> dict[int, Snapshot]:
    found: dict[int, Snapshot] = {}
    for _ in range(TRIES):
        read = _load([pk for pk in ids if pk not in found], at, windows)
        now = stamps.read({key for one in read.values() for key in one.stamps})
        found |= {pk: one for pk, one in read.items() if all(now[key] == was for key, was in one.stamps.items())}
        if len(found) == len(set(ids)):
            return found
    raise FactsUnsteady


def _not_over(at: datetime) -> Q:
    return Q(until__isnull=True) | Q(until__gt=at)


def _load(ids: Collection[int], at: datetime, windows: Q) -> dict[int, Snapshot]:
    """Read the facts of some people together, stamps before what they stand for. Raises Person.DoesNotExist."""
    own = dict(Person.objects.filter(pk__in=ids).values_list("pk", "principal_id"))
    if len(own) < len(set(ids)):
        raise Person.DoesNotExist
    read = stamps.read([stamps.MODEL, *own.values()])
    shared = history.model(at) if is_past(at) else _model(read[stamps.MODEL])
    memberships = _memberships(own, windows)
    reached = {
        pk: {own[pk], *(principal for one in memberships[pk] for principal in shared.chain(one.principal))}
        for pk in own
    }  # fmt: skip
    every = frozenset[int]().union(*reached.values())
    read |= stamps.read(every - read.keys())
    ruled = bool(shared.policies or shared.recording)
    rows = list(Person.objects.filter(pk__in=ids) if ruled else Person.objects.only(*STATES).filter(pk__in=ids))
    states = history.people_states(rows, at)
    grants, on = _grants(every, windows), _objects(own, every, windows)
    known = people.known(rows, windows, states, at) if ruled else {}
    return {
        pk: Snapshot(
            Subject(
                pk, own[pk], states[pk], memberships[pk], _of(principals, grants),
                _by_resource(_of(principals, on)), known.get(pk, Known()),
            ),
            shared,
            {key: read[key] for key in (stamps.MODEL, *principals)},
        )
        for pk, principals in reached.items()
    }  # fmt: skip


def _memberships(own: Mapping[int, int], windows: Q) -> dict[int, tuple[Membership, ...]]:
    """Return the memberships of the people whose ids are the keys of `own`."""
    # Only of teams and groups: a row that put somebody "into" another person would hand over all that person holds.
    rows = MembershipRow.objects.filter(windows, person_id__in=own, principal__kind__in=COLLECTIVE).order_by("id")
    found: dict[int, list[Membership]] = {pk: [] for pk in own}
    for pk, person, principal, starts, until in rows.values_list(
        "id", "person_id", "principal_id", "starts_at", "until"
    ):
        found[person].append(Membership(pk, principal, clock.Window(starts, until)))
    return {pk: tuple(held) for pk, held in found.items()}


def _grants(principals: Collection[int], windows: Q) -> dict[int, list[Grant]]:
    """Return {principal: its grants of roles}."""
    rows = RoleGrant.objects.filter(windows, principal_id__in=principals, mode=Mode.ACTIVE).order_by("id")
    read = list(rows.values_list("id", "principal_id", "role_id", "scope_id", "starts_at", "until"))
    scopes = _scopes({row[3] for row in read})
    found: dict[int, list[Grant]] = defaultdict(list)
    for pk, principal, role, scope, starts, until in read:
        found[principal].append(Grant(pk, principal, role, scopes[scope], clock.Window(starts, until)))
    return found


def _objects(own: Mapping[int, int], principals: Collection[int], windows: Q) -> dict[int, list[ObjectGrant]]:
    """Return {principal: its object grants}, of people and of the collectives they reach."""
    found: dict[int, list[ObjectGrant]] = defaultdict(list)
    mine = PersonObjectGrant.objects.filter(windows, user__in=own)
    shared = GroupObjectGrant.objects.filter(windows, group__principal__in=set(principals) - set(own.values()))
    for rows, holder in ((mine, "user__principal_id"), (shared, "group__principal")):
        read = rows.order_by("id").values_list(
            "id", holder, "permission__catalogue_action__key", "content_object_id", "starts_at", "until"
        )
        for pk, principal, action, resource, starts, until in read:
            window = clock.Window(starts, until)
            found[principal].append(ObjectGrant(pk, principal, action, resource, window, rows is shared))
    return found


def _of(principals: Iterable[int], held: Mapping[int, Sequence[G]]) -> tuple[G, ...]:
    """Return what any of `principals` holds, in the order it was given."""
    return tuple(sorted((one for each in principals for one in held.get(each, ())), key=lambda one: one.id))


def _by_resource(grants: Iterable[ObjectGrant]) -> dict[int, tuple[ObjectGrant, ...]]:
    found: dict[int, list[ObjectGrant]] = defaultdict(list)
    for one in sorted(grants, key=lambda one: one.collective):
        found[one.resource].append(one)
    return {resource: tuple(held) for resource, held in found.items()}


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
