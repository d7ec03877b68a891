"""What every request gets before a view sees it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from cxaccess.lib import clock


class RequestMoment:
    """Sets `request.at`: the one moment that everything in this request is decided and recorded at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.at = clock.now()  # type: ignore[attr-defined]
        return self.get_response(request)
