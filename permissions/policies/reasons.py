"""Reasons that policies ask for: said once on the page of a refusal, good for a while for what was refused there.

A reason counts only for the addresses that it was said for: of the page and of what that page was about to do. It is
kept in the session; that and why it was said stands in the trail.
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
        "refused": gate.explainable(refusal.decision),
    }
    return signing.dumps(said, salt=SALT)


def opened(text: str, person: Person) -> dict[str, Any] | None:
    """Return what a token says; None where it is none, is old, or is somebody else's."""
    try:
        found: dict[str, Any] = signing.loads(text, salt=SALT, max_age=READABLE)
    except signing.BadSignature:
        return None
    return found | {"next": safe_next(found["next"])} if found["person"] == person.pk else None


def keep(request: HttpRequest, said: str, paths: list[str]) -> None:
    """Let `said` count for these addresses from now on; what has been said long ago is dropped."""
    kept = {path: row for path, row in request.session.get(SESSION, {}).items() if _counts(row, request.at)}
    request.session[SESSION] = kept | {path: [said, request.at.isoformat()] for path in paths}


def said_for(request: HttpRequest) -> str | None:
    """Return the reason that was said for this address, while it counts."""
    row = request.session.get(SESSION, {}).get(request.path)
    return row[0] if row and _counts(row, request.at) else None


def _counts(row: list[str], at: datetime) -> bool:
    return at - datetime.fromisoformat(row[1]) <= KEPT
