"""What policies that are only recorded would make of real decisions: compared here, counted in this process.

Whoever acts on a decision notes it: the guards, Django's `has_perm`, the decision API, the lists and files that show
rows. What only draws a page (menus, tabs, buttons), and what only asks what would be, does not. Nothing here asks the
database or changes an answer; `permissions.policies.traffic` writes what came together a little later.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from math import inf
from typing import NamedTuple

from django.db import models

from accounts.models import Person
from cxaccess.lib.tally import Tally
from permissions import gate, places
from permissions.engine import Decision
from permissions.engine.combine import Context
from permissions.engine.policies import StateReason, StepUp
from permissions.engine.types import Trial
from permissions.models import Difference
from permissions.resources.fields import Mask
from permissions.ruling import Door

log = logging.getLogger(__name__)


class Noted(NamedTuple):
    """One question that somebody put, and what `version` would change of the answer: nothing where `kinds` is empty.

    `thing` tells questions apart that were put at the same moment; `resource` is the id of what was asked about.
    """

    version: int
    action: str
    person: int
    resource: int | None
    thing: tuple[object, ...]
    kinds: tuple[str, ...]


counted: Tally[Noted] = Tally(most=50_000)
_told: set[int] = set()  # versions whose fault this process has logged


def note(person: Person, decision: Decision, *about: object) -> None:
    """Count what recorded policies would change of `decision`. `about` names a thing that is registered nowhere."""
    if decision.would is None:
        return
    thing, resource = (decision.target.id, hash(about)), decision.target.resource  # a caller's names may be long
    for trial in decision.would.trials:
        kinds = _changes(decision.allowed, decision.obligations, trial)
        counted.add(Noted(trial.version, decision.action, person.pk, resource, thing, kinds), decision.at)


def note_door(person: Person, action: str, door: Door, *, at: datetime) -> None:
    """Count the same of the door of a list or a file: whether it opens, and what is asked for first."""
    for trial in door.trials:
        kinds = _changes(door.allowed, door.demands, trial)
        counted.add(Noted(trial.version, action, person.pk, None, (), kinds), at)


def note_shown(
    person: Person,
    action: str,
    rows: Sequence[models.Model],
    *,
    at: datetime,
    as_type: str | None = None,
    context: Context | None = None,
) -> None:
    """Count which of `rows`, all of one model, that a list or a file shows by `action` would not be there."""
    for version, gone in gate.hidden(person, action, rows, at=at, as_type=as_type, context=context):
        if isinstance(gone, Exception):
            _tell(version, gone)
            counted.add(Noted(version, action, person.pk, None, (), (Difference.FAULT.value,)), at)
            continue
        for row in rows:
            if row.pk in gone:
                resource = places.resource_of(row)
                counted.add(Noted(version, action, person.pk, resource, (row.pk,), (Difference.HIDE.value,)), at)


def note_all(
    person: Person, action: str, rows: Sequence[models.Model], *, at: datetime, as_type: str | None = None
) -> None:
    """Count, for each of `rows` by itself, what was decided about many at once."""
    for decision in gate.watched(person, action, rows, at=at, as_type=as_type):
        note(person, decision)


def _changes(allowed: bool, obligations: tuple[object, ...], trial: Trial) -> tuple[str, ...]:
    if trial.fault is not None:
        _tell(trial.version, trial.fault)
        return (Difference.FAULT.value,)
    if allowed != trial.allowed:
        return ((Difference.BLOCK if allowed else Difference.ALLOW).value,)
    if not allowed or trial.obligations == obligations:
        return ()
    before, after = _Owed.of(obligations), _Owed.of(trial.obligations)
    more = {
        Difference.STEP_UP: after.minutes < before.minutes,
        Difference.REASON: after.reason and not before.reason,
        Difference.MASK: bool(after.hidden - before.hidden),
        Difference.LESS: before.minutes < after.minutes
        or (before.reason and not after.reason)
        or bool(before.hidden - after.hidden),
    }
    return tuple(kind.value for kind, is_so in more.items() if is_so)


class _Owed(NamedTuple):
    """What is asked for: within how many minutes the second factor, whether a reason, and what masks hide."""

    minutes: float
    reason: bool
    hidden: set[object]

    @classmethod
    def of(cls, obligations: Iterable[object]) -> "_Owed":
        owed = list(obligations)
        hidden: set[object] = set()
        for duty in owed:
            if isinstance(duty, Mask):
                hidden |= {("class", one) for one in duty.data_classes} | {("field", one) for one in duty.names}
        minutes = min((duty.minutes for duty in owed if isinstance(duty, StepUp)), default=inf)
        return cls(minutes, any(isinstance(duty, StateReason) for duty in owed), hidden)


def _tell(version: int, fault: Exception) -> None:
    """Log what was wrong, once in this process for each version: a fault comes with every decision."""
    if version not in _told:
        _told.add(version)
        log.error("policies.recording_fault", extra={"version": version}, exc_info=fault)
