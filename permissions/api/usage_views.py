"""Use that connected systems report: not part of the standard, in the same form as its questions."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.integrations.callers import Caller
from cxaccess.lib.errors import Refused
from permissions.api.door import Json, endpoint
from permissions.api.errors import BadRequest, Conflict, Forbidden
from permissions.authzen import questions
from permissions.usage.reading import Row
from permissions.usage.services import MOST, Taken, Unread, ingest

# mypy: disable-error-code="attr-defined"
# request.at is a moment; Django's stubs do not know it.
SHOWN = 5  # rows that a message names


@endpoint
def usage(request: HttpRequest, caller: Caller, body: Json) -> Json:
    """Take in one batch of use. The same batch again, by name or by content, adds nothing."""
    if not caller.integration.reports_use:
        raise Forbidden("This system may not report use.")
    key, rows = questions.text(body, "batch", ""), _rows(body.get("events"))
    try:
        taken: Taken = ingest(caller.actor, system=caller.system, batch_key=key, rows=rows, at=request.at)
    except Unread as unread:
        raise BadRequest(_told(unread)) from None
    except Refused as refused:
        raise (Conflict if _is_taken(refused) else BadRequest)(refused.message) from None
    return {"batch": taken.batch.key, "accepted": taken.batch.rows, "new": taken.new}


def _is_taken(refused: Refused) -> bool:
    return refused.field == "key" and "before" in refused.facts


def _told(unread: Unread) -> str:
    named = "; ".join(
        f"events[{fault.line - 1}].{fault.column}: {fault.message}" for fault in unread.faults[:SHOWN]
    )  # fmt: skip
    return f"{unread.message} {named}"


def _rows(events: Any) -> list[Row]:
    if not isinstance(events, list) or not events:
        raise BadRequest("events must be an array with at least one element.")
    if len(events) > MOST:
        raise BadRequest(_("A batch takes at most %(n)d rows. Split it.") % {"n": MOST})
    return [_row(number, event) for number, event in enumerate(events)]


def _row(number: int, event: Any) -> Row:
    """Return one event as the ingest service reads it; its line counts from 1."""
    place = f"events[{number}]"
    if not isinstance(event, dict):
        raise BadRequest(f"{place} must be an object.")
    ask = questions.ask(event, f"{place}.")
    return Row(number + 1, ask.subject.id, ask.permission, ask.resource.id, _time(event, place), _count(event, place))


def _time(event: Mapping[str, Any], place: str) -> str:
    return questions.text(event, "time", f"{place}.")


def _count(event: Mapping[str, Any], place: str) -> str:
    count = event.get("count", 1)
    if type(count) is not int:
        raise BadRequest(f"{place}.count must be a whole number.")
    return str(count)
