"""Answers as they are sent (sections 5.5 and 7.2): the decision, why, and what it comes with."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from permissions.api import deciding
from permissions.api.deciding import Answer
from permissions.authzen.answering import obligation
from permissions.authzen.naming import UNKNOWN_RESOURCE, UNKNOWN_SUBJECT
from permissions.engine import Reason
from permissions.resources.fields import Mask

Json = dict[str, Any]
# Why, in words that the person may read; the code beside it is for the system.
WORDS = {
    Reason.GRANTED: _("Allowed."),
    Reason.BLOCKED: _("A policy blocks it."),
    Reason.NO_GRANT: _("No role or grant gives it."),
    Reason.OUT_OF_SCOPE: _("What they hold does not reach there."),
    Reason.NOT_YET: _("What they hold has not begun yet."),
    Reason.OVER: _("What they held is over."),
    Reason.NOT_ACTIVE: _("This person is not active."),
    Reason.NOT_THERE: _("This resource is out of use."),
    Reason.UNKNOWN_ACTION: _("The catalogue has no such permission."),
    Reason.WRONG_TYPE: _("The resource is of another type."),
    Reason.STEP_UP: _("The second factor must be confirmed anew first."),
    Reason.NO_REASON: _("A reason must be said first."),
    deciding.UNKNOWN_TYPE: _("The catalogue has no such type of resource."),
    UNKNOWN_SUBJECT: _("Nobody is known by this id."),
    UNKNOWN_RESOURCE: _("No resource is registered under this id."),
    deciding.MAY_NOT_ASK: _("This system may not ask about that."),
}


def evaluations(answers: Iterable[Answer]) -> list[Json]:
    """Return decisions with their contexts, in the language in force."""
    language = get_language() or "en"
    return [_evaluation(one, language) for one in answers]


def _evaluation(answer: Answer, language: str) -> Json:
    found = _why(answer.reason, language)
    if answer.reason == deciding.MAY_NOT_ASK:
        found["error"] = {"status": 403, "message": str(WORDS[answer.reason])}
    duties = obligations(answer)
    if duties:
        found["obligations"] = duties
    policies = list(_policies(answer))
    if policies:
        found["policies"] = policies
    return {"decision": answer.allowed, "context": found}


def why(reason: str) -> Json:
    """Return a reason as it is sent: its code, and words that the person may read, in the language in force."""
    return _why(reason, get_language() or "en")


def _why(reason: str, language: str) -> Json:
    return {"reason": reason, "reason_user": {language: _words(reason, language)}}


@cache
def _words(reason: str, _language: str) -> str:
    """Return a reason in words of the language in force: a batch tells the same few time after time."""
    return str(WORDS[reason])


def obligations(answer: Answer) -> list[Json]:
    """Return what the system that asked must see to, each by its `kind`: mask, step_up or reason."""
    return [_obligation(duty, answer) for duty in answer.obligations]


def _obligation(duty: object, answer: Answer) -> Json:
    said = obligation(duty)
    return said | {"fields": _masked(duty, answer)} if isinstance(duty, Mask) else said


def _masked(duty: Mask, answer: Answer) -> list[str]:
    """Return the fields of the resource's type that a mask hides, and those that it names."""
    declared = answer.thing.type.fields if answer.thing is not None else ()
    return sorted(duty.names | {field["name"] for field in declared if duty.hides(field["name"], field["data_class"])})


def _policies(answer: Answer) -> Iterable[Json]:
    """Yield the policies that had a say: which version, and what it did."""
    for verdict in answer.decision.verdicts if answer.decision is not None else ():
        yield {"id": verdict.policy, "version": verdict.version, "effect": str(verdict.effect)}  # type: ignore[attr-defined]
