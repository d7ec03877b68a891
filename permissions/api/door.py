"""The door of the API: whose token it is, how often it asks, what it sends; and every answer in the API's own form.

No cookie and no session has any part in it, so there is nothing for a forged form to use.
"""

import functools
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

import structlog
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.integrations.callers import Caller, caller
from accounts.integrations.services import note_use
from accounts.signin import failures, limits
from accounts.signin.failures import Failure
from cxaccess.lib.context import origin
from permissions.api.bodies import body
from permissions.api.errors import (
    ApiError,
    BadRequest,
    NoSuchEndpoint,
    TooManyRequests,
    Unauthorized,
    WrongMethod,
)
from permissions.authzen.reading import Json, Malformed

log = structlog.get_logger(__name__)
REQUEST_ID = "X-Request-ID"
SLICE = 100  # requests that a process takes from the limit at once: one write for so many
OF_SYSTEM = limits.Limit("api.integration", 600, timedelta(minutes=1))  # in slices: 60,000 requests a minute
OF_ADDRESS = limits.Limit("api.address", 100, timedelta(minutes=1))  # tokens that open nothing
View = Callable[[HttpRequest, Caller, Json], Json]


class Slices:
    """What is left of the slices that this process took, by integration."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._left: dict[int, int] = {}

    def take(self, integration: int, at: datetime) -> None:
        """Use one request of the integration's limit. Raises limits.TooMany."""
        with self._lock:
            left = self._left.get(integration, 0)
            if left:
                self._left[integration] = left - 1
                return
        limits.consume([(OF_SYSTEM, str(integration))], at=at)
        with self._lock:
            self._left[integration] = SLICE - 1


slices = Slices()


def endpoint(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """Make an endpoint of `view(request, caller, body)`, which returns the object to send or raises ApiError.

    A request's identifier comes back with whatever is answered (section 10.1.3).
    """

    @functools.wraps(view)
    def run(request: HttpRequest) -> HttpResponse:
        return _identified(_answer(view, request), request)

    run.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie is looked at
    run.login_required = False  # type: ignore[attr-defined]  # a token is asked for here
    return run


@login_not_required
@csrf_exempt
def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer whoever asks at no endpoint, to which a path with a slash too many belongs, in the API's own form."""
    return _identified(_told(NoSuchEndpoint()), request)


def _identified(response: HttpResponse, request: HttpRequest) -> HttpResponse:
    sent = request.headers.get(REQUEST_ID)
    if sent is not None:
        response.headers[REQUEST_ID] = sent
    return response


def _told(problem: ApiError) -> HttpResponse:
    return JsonResponse(problem.message, safe=False, status=problem.status, headers=problem.headers)


def _answer(view: View, request: HttpRequest) -> HttpResponse:
    try:
        return JsonResponse(view(request, _caller(request), body(request)))
    except ApiError as problem:
        return _told(problem)
    except Malformed as problem:
        return JsonResponse(str(problem), safe=False, status=BadRequest.status)
    except limits.TooMany as problem:
        return JsonResponse(problem.message, safe=False, status=TooManyRequests.status, headers={"Retry-After": "60"})
    except Exception:
        log.exception("api_failed")
        return JsonResponse("Something broke here. Nothing was decided.", safe=False, status=ApiError.status)


def _caller(request: HttpRequest) -> Caller:
    """Return whose token the request carries (RFC 6750, section 2.1). Raises ApiError, limits.TooMany."""
    if request.method != "POST":
        raise WrongMethod
    scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
    at: datetime = request.at  # type: ignore[attr-defined]
    found = caller(text.strip(), at=at) if scheme.lower() == "bearer" else None
    if found is None:
        address = origin.get().address
        limits.consume([(OF_ADDRESS, limits.network(address))], at=at)
        failures.count(Failure.API_TOKEN, address=address, at=at)
        raise Unauthorized("Send a valid token: Authorization: Bearer cxa_...", given=bool(text))
    slices.take(found.integration.pk, at)
    note_use(found.token, at=at)
    return found
