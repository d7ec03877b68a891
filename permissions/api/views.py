"""The endpoints of the decision API (section 10.1, table 1)."""

from django.http import HttpRequest

from accounts.integrations.callers import Caller
from permissions.api import answers, deciding, services
from permissions.api.door import REQUEST_ID, Json, endpoint
from permissions.api.errors import Forbidden
from permissions.authzen import questions

# mypy: disable-error-code="attr-defined"
# request.at is a moment; Django's stubs do not know it.


@endpoint
def evaluation(request: HttpRequest, caller: Caller, body: Json) -> Json:
    """Answer one question (section 6)."""
    return _single(request, caller, body)


@endpoint
def evaluations(request: HttpRequest, caller: Caller, body: Json) -> Json:
    """Answer several questions (section 7); one, where there is no array of them."""
    batch = questions.batch(body)
    if batch is None:
        return _single(request, caller, body)
    _require_asking(caller)
    found = deciding.decide(caller, batch, at=request.at)
    services.record_answers(caller, found, request_id=_request_id(request), at=request.at)
    return {"evaluations": answers.evaluations(found)}


def _single(request: HttpRequest, caller: Caller, body: Json) -> Json:
    ask = questions.ask(body)
    _require_asking(caller)
    (answer,) = deciding.decide(caller, questions.Batch((ask,)), at=request.at)
    services.record_answers(caller, [answer], request_id=_request_id(request), at=request.at)
    if answer.reason == deciding.MAY_NOT_ASK:
        raise Forbidden(f"This system may not ask about {ask.permission}.")
    return answers.evaluations([answer])[0]


def _require_asking(caller: Caller) -> None:
    if not caller.may_ask:
        raise Forbidden("This system may not ask about anything.")


def _request_id(request: HttpRequest) -> str:
    return request.headers.get(REQUEST_ID, "")
