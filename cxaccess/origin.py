"""Where a request comes from: its correlation id, its address, and its one line in the log."""

import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from cxaccess.lib import context
from cxaccess.proxies import origin_of

Next = Callable[[HttpRequest], HttpResponse]
log = structlog.get_logger("cxaccess.request")


class RequestOrigin:
    """Says in `context.origin` where the work comes from, and writes the one log line of the request.

    The correlation id is ours: one that a client sends could tie its requests to somebody else's in the trail. The line
    names the route, not the path, because some paths are secrets (the link that resets a password).
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        here = origin_of(request.META, uuid.uuid4().hex)
        token = context.origin.set(here)
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            response.headers["X-Correlation-ID"] = here.correlation_id
            match = request.resolver_match
            log.info(
                "request",
                method=request.method,
                route=match.route if match else "",
                status=response.status_code,
                milliseconds=round((time.perf_counter() - began) * 1000, 1),
                address=here.address,
            )
            return response
        finally:
            context.origin.reset(token)
