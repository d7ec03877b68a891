"""Writing what was answered, before it is: every no, and every yes about something guarded. One write for a batch."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from accounts.integrations.callers import Caller
from audits.trail.record import Entry, record_many
from audits.trail.tags import Tag
from permissions import gate
from permissions.api.deciding import Answer
from permissions.api.searching import Found
from permissions.authzen.questions import Ask
from permissions.guards import use_case
from permissions.resources.opening import is_guarded

LONGEST = 120  # characters of an id or a name that the trail keeps


def record_answers(caller: Caller, answers: Iterable[Answer], *, request_id: str, at: datetime) -> None:
    """Write what of `answers` must be on record. They are sent only after this returned."""
    told = [one for one in answers if not one.allowed or one.is_sensitive(at)]
    if told:
        _write(caller, told, request_id=request_id, at=at)


def record_search(
    caller: Caller, ask: Ask, found: Found, sought: str, *, request_id: str, at: datetime
) -> None:  # fmt: skip
    """Write that a search told of guarded resources. It is answered only after this returned."""
    guarded = sorted(row.pk for row in found.things if found.results and is_guarded(row, at))
    if guarded:
        details = {
            "search": sought,
            "resources": guarded,
            "action": ask.permission[:LONGEST],
            "found": len(found.results),
        }
        _write_search(caller, details | _kept(caller, request_id), at=at)


@use_case
def _write_search(caller: Caller, details: dict[str, Any], *, at: datetime) -> None:
    record_many([Entry(Tag.API_SEARCHED, caller.actor, at, details=details)])


@use_case
def _write(caller: Caller, answers: Iterable[Answer], *, request_id: str, at: datetime) -> None:
    record_many(_entry(caller, one, request_id, at) for one in answers)


def _entry(caller: Caller, answer: Answer, request_id: str, at: datetime) -> Entry:
    tag = Tag.API_ALLOWED if answer.allowed else Tag.API_REFUSED
    details = _kept(caller, request_id)
    if answer.thing is None or answer.thing.row is None:
        details["resource"] = [answer.ask.resource.type[:LONGEST], answer.ask.resource.id[:LONGEST]]
    return Entry(tag, caller.actor, at, about=answer.person, decision=_decision(answer), details=details)


def _kept(caller: Caller, request_id: str) -> dict[str, Any]:
    kept: dict[str, Any] = {"integration": caller.integration.pk, "token": caller.token.prefix}
    return kept | ({"request": request_id[:LONGEST]} if request_id else {})


def _decision(answer: Answer) -> dict[str, Any]:
    """Return the decision as the trail keeps it. What the gate was not asked is told in the same form."""
    if answer.decision is not None:
        return gate.explainable(answer.decision) | {"allowed": answer.allowed, "reason": answer.reason}
    target = answer.thing.target if answer.thing is not None else None
    about = [target.type, target.id] if target is not None else [answer.ask.resource.type[:LONGEST], None]
    asked = answer.ask.permission[:LONGEST]
    return {"allowed": False, "reason": answer.reason, "action": asked, "target": about}
