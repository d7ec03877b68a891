"""Reasons that policies ask for: said once on the page of a refusal, good for a while for what was refused there.

A reason counts only for the action that it was said for, and only at the addresses of the page and of what that page
was about to do. It is kept in the session; that and why it was said stands in the trail.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.core import signing
from django.http import HttpRequest

from accounts.models import Person
from accounts.signin.guards import page_of, safe_next
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.lib.reasons import stated
from permissions import gate
from permissions.guards import NotYet, use_case

KEPT = timedelta(minutes=15)
READABLE = 3600  # seconds for which the page of a refusal can be answered
SALT, SESSION = "policies.reason", "reasons"
TOLD = ("allowed", "reason", "action", "target")  # what the page may carry: whoever reads it may know of no policy

# mypy: disable-error-code="arg-type, attr-defined"
# Behind a session request.user is a Person, and request.at is a moment; Django's stubs know neither.


@use_case
def state_reason(actor: Person, *, reason: str, refused: Mapping[str, Any], at: datetime) -> str:
    """Record why `actor` does what was refused until they said so; return the reason. Raises Refused."""
    why = stated(reason)
    record(Tag.REASON_STATED, actor=actor, at=at, about=actor, decision=refused, details={"reason": why})
    return why


def token(request: HttpRequest, refusal: NotYet) -> str:
    """Return what the page of the refusal carries: what was refused to whom, where, and where to go on."""
    there = page_of(request)
    said = {
        "person": refusal.person.pk,
        "next": there,
        "paths": sorted({request.path, urlsplit(there).path}),
        "refused": {name: what for name, what in gate.explainable(refusal.decision).items() if name in TOLD},
    }
    return signing.dumps(said, salt=SALT)


def opened(text: str, person: Person) -> dict[str, Any] | None:
    """Return what a token says; None where it is none, is old, or is somebody else's."""
    try:
        found: dict[str, Any] = signing.loads(text, salt=SALT, max_age=READABLE)
    except signing.BadSignature:
        return None
    return found | {"next": safe_next(found["next"])} if found["person"] == person.pk else None


def keep(request: HttpRequest, said: str, asked: Mapping[str, Any]) -> None:
    """Let `said` count from now on for what was `asked`; what has been said long ago is dropped."""
    kept = [row for row in request.session.get(SESSION, ()) if _counts(row, request.at)]
    action = asked["refused"]["action"]
    request.session[SESSION] = kept + [[path, action, said, request.at.isoformat()] for path in asked["paths"]]


def said_for(request: HttpRequest) -> dict[str, str]:
    """Return {action: the reason that was said for it at this address}, of those that count."""
    rows = request.session.get(SESSION, ())
    return {row[1]: row[2] for row in rows if row[0] == request.path and _counts(row, request.at)}


def _counts(row: list[str], at: datetime) -> bool:
    return len(row) == 4 and at - datetime.fromisoformat(row[3]) <= KEPT
