"""Deciding what a request asks: the gate's own answer to each question, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.integrations.callers import Caller
from accounts.models import Person
from permissions import gate, recorded
from permissions.api.described import sensitivity
from permissions.api.entities import Known, Thing, known
from permissions.authzen import moments
from permissions.authzen.answering import as_met
from permissions.authzen.naming import PEOPLE, UNKNOWN_RESOURCE, UNKNOWN_SUBJECT
from permissions.authzen.questions import Ask, Batch, Semantic
from permissions.engine import Decision
from permissions.resources.opening import GUARDED, is_guarded

UNKNOWN_TYPE = "unknown_type"
MAY_NOT_ASK = "may_not_ask"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question. `reason` is one of the engine's, or says why the gate was not even asked."""

    ask: Ask
    allowed: bool
    reason: str
    person: Person | None = None
    thing: Thing | None = None
    decision: Decision | None = None

    @property
    def obligations(self) -> tuple[object, ...]:
        """Return what is owed: what a yes comes with, or what would make a no one."""
        return self.decision.obligations if self.decision is not None else ()

    def is_sensitive(self, at: datetime) -> bool:
        """Return whether it lets somebody at something confidential or restricted."""
        if not self.allowed or self.thing is None:
            return False
        if self.thing.row is not None:
            return is_guarded(self.thing.row, at)
        return (sensitivity(self.ask.resource.properties) or 0) in GUARDED


def decide(caller: Caller, batch: Batch, *, at: datetime) -> list[Answer]:
    """Return the answers to a batch in its order, as far as its semantic goes (section 7.1.2.1)."""
    found = []
    for answer in _each(caller, batch.asks, known(caller, batch.asks, at=at), at):
        found.append(answer)
        if batch.semantic is (Semantic.PERMIT if answer.allowed else Semantic.DENY):
            break
    return found


def _each(caller: Caller, asks: Sequence[Ask], about: Known, at: datetime) -> Iterator[Answer]:
    for ask in asks:
        yield answer(caller, ask, about, at)


def answer(caller: Caller, ask: Ask, about: Known, at: datetime) -> Answer:
    """Return the answer to one question. What is not known is a no that says what (section 7.2.1)."""
    person, thing = about.person(ask.subject), about.thing(ask.resource)
    if ask.resource.type not in about.types:
        return Answer(ask, False, UNKNOWN_TYPE, person)
    if not caller.may_ask_about(ask.permission):
        return Answer(ask, False, MAY_NOT_ASK, person, thing)
    if person is None:
        return Answer(ask, False, UNKNOWN_SUBJECT, None, thing)
    if thing is None:
        return Answer(ask, False, UNKNOWN_RESOURCE, person)
    decision = gate.decide(person, ask.permission, thing.target, at=at, context=moments.context(ask.context))
    recorded.note(person, decision, ask.resource.type, ask.resource.id)
    allowed, reason = said(decision)
    return Answer(ask, allowed, reason, person, thing, decision)


def said(decision: Decision) -> tuple[bool, str]:
    """Return what a decision is to a system that can meet nothing on its own: a demand that is open is a no.

    As `guards.require` and Django's `has_perm` have it. Masks are met where content is shown, so they leave a yes.
    """
    met = as_met(decision)
    return met.allowed, met.reason.value


def is_person(type_: str) -> bool:
    """Return whether a type of subject is one that can be asked about."""
    return type_ in PEOPLE
