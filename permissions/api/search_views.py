"""The searches of the decision API (section 8)."""

from collections.abc import Callable

from django.http import HttpRequest

from accounts.integrations.callers import Caller
from permissions.api import answers, searching, services
from permissions.api.door import REQUEST_ID, Json, endpoint
from permissions.api.errors import Forbidden
from permissions.api.paging import Page, page
from permissions.api.searching import Found
from permissions.authzen import questions
from permissions.authzen.questions import Sought

# mypy: disable-error-code="attr-defined"
# request.at is a moment; Django's stubs do not know it.


@endpoint
def subject(request: HttpRequest, caller: Caller, body: Json) -> Json:
    """Say who may do something to a resource (section 8.4)."""
    return _search(request, caller, body, Sought.SUBJECT, searching.subjects)


@endpoint
def resource(request: HttpRequest, caller: Caller, body: Json) -> Json:
    """Say to which resources somebody may do something (section 8.5)."""
    return _search(request, caller, body, Sought.RESOURCE, searching.resources)


@endpoint
def action(request: HttpRequest, caller: Caller, body: Json) -> Json:
    """Say what somebody may do to a resource (section 8.6)."""
    return _search(request, caller, body, Sought.ACTION, searching.actions)


def _search(
    request: HttpRequest, caller: Caller, body: Json, sought: Sought, find: Callable[..., Found]
) -> Json:  # fmt: skip
    ask, at = questions.search(body, sought), request.at
    wanted = page(body, caller.integration.pk, sought)
    if not caller.may_ask:
        raise Forbidden("This system may not ask about anything.")
    found = find(caller, ask, wanted, at=at)
    services.record_search(caller, ask, found, sought, request_id=request.headers.get(REQUEST_ID, ""), at=at)
    return _sent(found, wanted)


def _sent(found: Found, wanted: Page) -> Json:
    onward = "" if found.after is None else wanted.token(found.after)
    sent: Json = {"page": {"next_token": onward, "count": len(found.results)}}
    if found.why:
        sent["context"] = answers.why(found.why)
    return sent | {"results": list(found.results)}
