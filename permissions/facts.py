"""Loads the facts that decisions are made from, for now (cached, checked by stamps) or for a past moment.

A snapshot holds every window that was not over when it was loaded, future ones too; so it stays right as
time passes and only its stamps can make it old. A moment in the past is loaded from history, uncached.

Facts are read in several statements, each with the stamps of what it reads: if one moved in between, a membership of
before could meet a grant of after, an access that never was; so everything is read again.
"""

from bisect import bisect_right
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock, get_ident
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections

from accounts.models import Person
from cxaccess.jobs import stamps
from cxaccess.lib import clock
from permissions import fact_rows, history
from permissions.engine import Decision, Standing, Target, decide, stands
from permissions.engine.combine import Context
from permissions.engine.model import Model
from permissions.engine.types import Grant, Known, Membership, ObjectGrant, Scope, Subject
from permissions.history import PAST, is_past
from permissions.policies import people

__all__ = [
    "FactsUnsteady", "Snapshot", "is_past", "kept", "model", "pinned", "prepare", "scope", "snapshot", "unpinned",
    "whole",
]  # fmt: skip

G = TypeVar("G", Grant, ObjectGrant)
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
    known: dict[str, tuple[datetime, datetime, Standing]] = field(default_factory=dict, compare=False)
    times: list[datetime] = field(default_factory=list, compare=False)

    def standing(self, action: str, at: datetime) -> Standing:
        """Return what the person may do by `action` at `at`, worked out once until something of theirs changes."""
        held = self.known.get(action)
        if held is None or not held[0] <= at < held[1]:
            if len(self.known) >= KNOWN:
                self.known.clear()
            held = self.known[action] = (*self._around(at), stands(self.model, self.subject, action, at))
        return held[2]

    def decide(self, action: str, target: Target, at: datetime, moment: Context) -> Decision:
        """Return the decision with its reasons."""
        return decide(self.model, self.subject, action, target, at, moment, self.standing(action, at))

    def _around(self, at: datetime) -> tuple[datetime, datetime]:
        """Return between which moments around `at` nothing begins or ends, nor a day: conditions may go by those."""
        if not self.times:
            self.times.extend(self.subject.turns())
        after = bisect_right(self.times, at)
        begins, ends = self.model.day(at)
        since = self.times[after - 1] if after else begins
        until = self.times[after] if after < len(self.times) else ends
        return max(since, begins), min(until, ends)

    def scopes(self, action: str, at: datetime) -> frozenset[Scope]:
        """Return the scopes within which the person holds `action` at `at`."""
        return self.standing(action, at).scopes

    def objects(self, action: str, at: datetime) -> frozenset[int]:
        """Return the resources on which the person holds `action` at `at` by object grants."""
        return self.standing(action, at).objects


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
        self.connection, self.thread = connections[DEFAULT_DB_ALIAS], get_ident()
        self.atomic, self.savepoints = _block()
        self.people: dict[int, Snapshot] = {}
        self.model: Model | None = None
        self.present: datetime | None = None

    def holds(self) -> bool:
        """Return whether this is still the block of transactions it began in; another thread has one of its own."""
        if self.thread != get_ident():
            return (self.atomic, self.savepoints) == _block()
        return self.connection.in_atomic_block is self.atomic and self.connection.savepoint_ids == self.savepoints

    def is_past(self, at: datetime) -> bool:
        """Return whether `at` is past; of the moment that the request asks about, told once."""
        if at is self.present:
            return False
        past = is_past(at)
        if not past:
            self.present = at
        return past

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


def _block() -> tuple[bool, list[str | None]]:
    """Return whether a transaction is open, and which savepoints, outermost first."""
    here = connections[connection.alias]
    return here.in_atomic_block, list(here.savepoint_ids)


def snapshot(person_id: int, at: datetime) -> Snapshot:
    """Return the facts about a person as of `at`. Raises Person.DoesNotExist."""
    pins = _pins()
    if is_past(at) if pins is None else pins.is_past(at):
        return _steady(person_id, at, at)
    if pins is None:
        return _current(person_id, at)
    found = pins.people.get(person_id)
    if found is None:
        found = pins.people[person_id] = _current(person_id, at)
    return found


def _pins() -> _Pins | None:
    """Return what is pinned here. What is read in a transaction that may yet be rolled back must not outlive it."""
    pins = _pinned.get()
    return pins if pins is not None and pins.holds() else None


def prepare(people: Iterable[int], at: datetime) -> None:
    """Have the facts of `people` at hand for this request, in a number of queries that does not grow with them.

    Where nothing is pinned, or for a past moment, each is read by itself once it is asked for.
    """
    pins = _pins()
    if pins is not None and not is_past(at):
        pins.people |= _current_all(set(people) - pins.people.keys(), at)


def whole(person_id: int, at: datetime) -> Snapshot:
    """Return the facts about a person with what is over, too: to say what was once, or will be. Uncached."""
    return _steady(person_id, at, None)


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
    fresh = _steady_all(missing, at, min(at, clock.now()) - PAST)
    if _may_keep():
        for pk, found in fresh.items():
            kept.keep(pk, found)
    return good | fresh


def _steady(person_id: int, at: datetime, since: datetime | None) -> Snapshot:
    return _steady_all([person_id], at, since)[person_id]


def _steady_all(ids: Collection[int], at: datetime, since: datetime | None) -> dict[int, Snapshot]:
    """Return the facts about people, but for what was over at `since`. Raises Person.DoesNotExist, FactsUnsteady."""
    found: dict[int, Snapshot] = {}
    for _ in range(TRIES):
        found |= _load([pk for pk in ids if pk not in found], at, since)
        if len(found) == len(set(ids)):
            return found
    raise FactsUnsteady


def _load(ids: Collection[int], at: datetime, since: datetime | None) -> dict[int, Snapshot]:
    """Read the facts of some people together; leave out those whose stamps moved meanwhile."""
    rows = fact_rows.people(ids)
    if len(rows) < len(set(ids)):
        raise Person.DoesNotExist
    version = rows[0].model_version
    shared = history.model(at) if is_past(at) else _model(version)
    belonging = fact_rows.belonging(rows, since)
    memberships = _memberships(rows, belonging)
    reached = {
        row.pk: {row.principal_id, *(above for one in memberships[row.pk] for above in shared.chain(one.principal))}
        for row in rows
    }
    holding = fact_rows.holding(rows, frozenset[int]().union(*reached.values()), since)
    steady = [row for row in rows if _is_steady(row, version, belonging.stamps, holding.stamps)]
    states = history.people_states(steady, at)
    grants, on = _grants(holding), _objects(holding)
    known = people.known(steady, belonging.kinds, states, shared.schema, at) if shared.is_ruled else {}
    return {
        row.pk: Snapshot(
            Subject(
                row.pk, row.principal_id, states[row.pk], memberships[row.pk], _of(reached[row.pk], grants),
                _by_resource(_of(reached[row.pk], on)), known.get(row.pk, Known()), row.leaves_at,
            ),
            shared,
            {key: holding.stamps.get(key, 0) for key in (stamps.MODEL, *reached[row.pk])},
        )
        for row in steady
    }  # fmt: skip


def _is_steady(row: fact_rows.Row, version: int, *later: Mapping[int, int]) -> bool:
    """Return whether nothing moved while the facts were read: what each statement saw is what the last one saw.

    Grants come with their own stamps; what the person is in stands under the person's, teams under the model's.
    """
    return row.model_version == version and all(
        seen.get(stamps.MODEL, 0) == version and seen.get(row.principal_id, 0) == row.version for seen in later
    )


def _memberships(rows: Sequence[fact_rows.Row], read: fact_rows.Read) -> dict[int, tuple[Membership, ...]]:
    found: dict[int, list[Membership]] = {row.pk: [] for row in rows}
    for pk, person, principal, _team, _part, starts, until in sorted(read.kinds[1]):
        found[person].append(Membership(pk, principal, clock.Window(starts, until)))
    return {pk: tuple(held) for pk, held in found.items()}


def _grants(read: fact_rows.Read) -> dict[int, list[Grant]]:
    """Return {principal: its grants of roles}."""
    rows = read.kinds[1]
    known = scopes({row[3] for row in rows})
    found: dict[int, list[Grant]] = defaultdict(list)
    for pk, principal, role, scope, _word, starts, until in rows:
        found[principal].append(Grant(pk, principal, role, known[scope], clock.Window(starts, until)))
    return found


def _objects(read: fact_rows.Read) -> dict[int, list[ObjectGrant]]:
    """Return {principal: its object grants}, of people and of the collectives they reach."""
    found: dict[int, list[ObjectGrant]] = defaultdict(list)
    for kind in (2, 3):
        for pk, principal, resource, _none, action, starts, until in read.kinds[kind]:
            window = clock.Window(starts, until)
            found[principal].append(ObjectGrant(pk, principal, action, resource, window, kind == 3))
    return found


def _of(principals: Iterable[int], held: Mapping[int, Sequence[G]]) -> tuple[G, ...]:
    """Return what any of `principals` holds, in the order it was given."""
    return tuple(sorted((one for each in principals for one in held.get(each, ())), key=lambda one: one.id))


def _by_resource(grants: Iterable[ObjectGrant]) -> dict[int, tuple[ObjectGrant, ...]]:
    found: dict[int, list[ObjectGrant]] = defaultdict(list)
    for one in sorted(grants, key=lambda one: one.collective):
        found[one.resource].append(one)
    return {resource: tuple(held) for resource, held in found.items()}


def scopes(ids: set[int]) -> dict[int, Scope]:
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
