"""Refusing: what a view or a use case calls before it shows or changes anything."""

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from django.db import models, transaction
from django.http import HttpRequest

from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.tally import Tally
from permissions import facts, gate, places, recorded
from permissions.engine import Decision, Reason
from permissions.engine.policies import StateReason, StepUp
from permissions.engine.types import Target
from permissions.ruling import Door

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M", bound=models.Model)


# What this process let people open or do, until it is written: (person, action, id of the thing). See usage.reads.
reads: Tally[tuple[int, str, int | None]] = Tally(most=50_000)


class NotAllowed(Exception):
    """403: they may see it, but not do this. `decision` says why."""

    status = 403

    def __init__(self, person: Person, decision: Decision) -> None:
        super().__init__(f"{decision.action} refused: {decision.reason}")
        self.person = person
        self.decision = decision
        self.recorded = False


class NotYet(NotAllowed):
    """403: a yes, once the second factor is confirmed (within `minutes`), or, without them, once they say why."""

    def __init__(self, person: Person, decision: Decision, minutes: int | None) -> None:
        super().__init__(person, decision)
        self.minutes = minutes


class NotVisible(NotAllowed):
    """404: they may not even see it; absent and hidden read the same."""

    status = 404


def require(person: Person, action: str, asked: gate.Asked = None, *, at: datetime) -> Decision:
    """Return the decision if it is a yes and nothing is to be met first. Raises NotVisible, NotAllowed or NotYet."""
    decision = decided(person, action, asked, at=at)
    if not decision.allowed:
        raise _refusal(person, decision, asked, at)
    _require_met(person, decision, decision.obligations)
    reads.add((person.pk, action, decision.target.id), at)
    return decision


def decided(person: Person, action: str, asked: gate.Asked = None, *, at: datetime) -> Decision:
    """Return the decision that somebody acts on, noted with what recorded policies would change of it."""
    decision = gate.decide(person, action, asked, at=at)
    recorded.note(person, decision)
    return decision


def passes(
    person: Person, action: str, asked: gate.Asked = None, *, at: datetime, acted_on: bool = True
) -> bool:  # fmt: skip
    """Return whether a write may rest on `action`, which is one way among several, or asked of many rows.

    Raises NotYet where it is a yes, once something is met first: a write never takes the gate's word alone. A preview
    of the write is not `acted_on`.
    """
    decision = (decided if acted_on else gate.decide)(person, action, asked, at=at)
    if decision.allowed:
        _require_met(person, decision, decision.obligations)
    return decision.allowed


def passing(
    person: Person, action: str, rows: models.QuerySet[M], *, at: datetime, as_type: str | None = None
) -> models.QuerySet[M]:  # fmt: skip
    """Return those of `rows` to which a write may do `action`. Raises NotYet as the door of their list does."""
    door = gate.door(person, action, at=at)
    _require_demanded(person, action, door, at)
    if door.trials:
        recorded.note_all(person, action, list(rows), at=at, as_type=as_type)
    return gate.visible(person, action, rows, at=at, as_type=as_type)


def require_somewhere(person: Person, action: str, *, at: datetime, counted: bool = True) -> None:
    """Pass whoever holds `action` in any scope: the door of a list, whose rows `visible` filters.

    `counted`: that it is a use of `action`; a part that a list fetches is none, for the list was counted. Raises
    NotVisible, or NotAllowed for somebody who may view such things somewhere; NotYet where a policy wants something
    first.
    """
    door = gate.door(person, action, at=at)
    if counted:
        recorded.note_door(person, action, door, at=at)
    if door.allowed:
        _require_demanded(person, action, door, at)
        if counted:
            reads.add((person.pk, action, None), at)
        return
    decision = gate.decide(person, action, at=at)
    seen = gate.may_somewhere(person, _view_of(action), at=at)
    raise (NotAllowed if seen else NotVisible)(person, decision)


def _require_demanded(person: Person, action: str, door: Door, at: datetime) -> None:
    if door.demands:
        _require_met(person, gate.decide(person, action, at=at), door.demands)


def _require_met(person: Person, decision: Decision, obligations: Iterable[object]) -> None:
    """Pass who owes neither a second factor nor a reason. Masks are met where the content is shown."""
    demands = [duty for duty in obligations if isinstance(duty, StepUp | StateReason)]
    if not demands:
        return
    confirm = [duty for duty in demands if isinstance(duty, StepUp)]
    reason = Reason.STEP_UP if confirm else Reason.NO_REASON
    minutes = min((duty.minutes for duty in confirm), default=None)
    raise NotYet(person, replace(decision, allowed=False, reason=reason), minutes)


def _view_of(action: str) -> str:
    return f"{action.partition('.')[0]}.view"


def _refusal(person: Person, decision: Decision, asked: gate.Asked, at: datetime) -> NotAllowed:
    view = _view_of(decision.action)
    if decision.action == view:
        return NotVisible(person, decision)
    seen = gate.may_somewhere(person, view, at=at) if asked is None else gate.may(person, view, asked, at=at)
    return (NotAllowed if seen else NotVisible)(person, decision)


def fetch(
    request: HttpRequest,
    action: str,
    rows: type[M] | models.QuerySet[M],
    pk: int,
    *,
    as_type: str | None = None,
) -> M:
    """Fetch a row and authorise `action` on it in one call. Raises Http404, NotVisible or NotAllowed."""
    return fetch_placed(request, action, rows, pk, as_type=as_type)[0]


def fetch_placed(
    request: HttpRequest,
    action: str,
    rows: type[M] | models.QuerySet[M],
    pk: int,
    *,
    as_type: str | None = None,
) -> tuple[M, Target]:
    """Fetch and authorise as `fetch` does; return the row and the target it was asked about as, for more questions."""
    from django.shortcuts import get_object_or_404

    row = get_object_or_404(rows, pk=pk)
    asked = places.target(row, request.at, as_type=as_type)  # type: ignore[attr-defined]
    require(request.user, action, asked, at=request.at)  # type: ignore[arg-type, attr-defined]
    return row, asked


_depth: ContextVar[int] = ContextVar("use_case_depth", default=0)


def use_case(function: Callable[P, R]) -> Callable[P, R]:
    """Run a use case in one transaction with authority read afresh; a refusal is recorded after the rollback.

    It happens now. A request may take minutes to arrive and a job to get so far; an `at` that would be answered from
    history becomes this moment. So nobody does what they might have done then, and nothing begins or ends in the past.
    """

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        at = kwargs.get("at")
        if isinstance(at, datetime) and facts.is_past(at):
            kwargs["at"] = clock.now()
        try:
            with _deeper(), transaction.atomic(), facts.unpinned():
                return function(*args, **kwargs)
        except NotAllowed as refusal:
            if _depth.get() == 0:
                record_refusal(refusal)
            raise

    return run


@contextmanager
def _deeper() -> Iterator[None]:
    token = _depth.set(_depth.get() + 1)
    try:
        yield
    finally:
        _depth.reset(token)


def record_refusal(refusal: NotAllowed) -> None:
    """Write the refusal into the trail, once, in a transaction of its own."""
    if refusal.recorded:
        return
    with transaction.atomic():
        decision = refusal.decision
        record(
            Tag.ACCESS_REFUSED,
            actor=refusal.person,
            at=decision.at,
            about=refusal.person,
            decision=gate.explainable(decision),
        )
    refusal.recorded = True


def locked(rows: type[M] | models.QuerySet[M], pk: Any) -> M:
    """Return the row, locked until the transaction ends. Raises its DoesNotExist.

    Rows that point at it can be written meanwhile: an event or a grant by somebody does not wait for who edits them.
    """
    found = rows if isinstance(rows, models.QuerySet) else rows._default_manager.all()
    return found.select_for_update(of=("self",), no_key=True).get(pk=pk)
