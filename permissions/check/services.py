"""Asking about somebody's access is itself an event: who looked, at whom, about what, with which answer."""

from datetime import datetime

from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from permissions import gate
from permissions.check.questions import CHECK, TYPE, Question
from permissions.engine import Decision
from permissions.guards import require, use_case
from permissions.places import target


@use_case
def check_access(actor: Person, *, question: Question, at: datetime) -> Decision:
    """Return the decision with every path, and record that it was asked. Raises NotVisible or NotAllowed.

    One's own access is one's own to read and is not recorded.
    """
    if actor.pk != question.person.pk:
        require(actor, CHECK, target(question.person, at, as_type=TYPE), at=at)
        if question.thing is not None:
            require(actor, CHECK, target(question.thing, at, as_type=TYPE), at=at)
    decision = explain(question)
    if actor.pk != question.person.pk:
        details = {"as_of": question.when.isoformat()}
        said = gate.explainable(decision)
        record(Tag.ACCESS_CHECKED, actor=actor, at=at, about=question.person, decision=said, details=details)
    return decision


def explain(question: Question) -> Decision:
    """Return the decision on `question` with what is over and what would be; without a thing, on anywhere at all."""
    if question.asked is None:
        return gate.explain_somewhere(question.person, question.action.key, at=question.when)
    return gate.explain(question.person, question.action.key, question.asked, at=question.when)
