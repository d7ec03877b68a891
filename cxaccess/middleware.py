"""What every request gets before a view sees it."""

from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import get_resolver
from django.utils import timezone

from accounts.signin.guards import minutes_since
from cxaccess import errors
from cxaccess.lib import clock
from cxaccess.lib.context import origin
from cxaccess.lib.errors import Refused
from permissions import asking, facts
from permissions.engine.policies import REASON, SECOND_FACTOR
from permissions.guards import NotAllowed, record_refusal
from permissions.policies import reasons


class NoStore:
    """Keeps every page out of caches, shared or the browser's own, unless its view says otherwise.

    Static files are answered further out and stay cacheable.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class RequestMoment:
    """Sets `request.at`: the one moment that everything in this request is decided and recorded at."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.at = clock.now()  # type: ignore[attr-defined]
        return self.get_response(request)


class Refusals:
    """Turns what a use case refuses by its own rules into a page; forms have caught what belongs to a field."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page for a refusal; None for anything else."""
        return errors.refusal(request, exception) if isinstance(exception, Refused) else None


class ReaderZone:
    """Shows and reads every time in the zone of the person who is signed in; of anybody else, in the instance's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(zone_of(request)):
            return self.get_response(request)


def zone_of(request: HttpRequest) -> ZoneInfo:
    """Return the reader's zone; one that this system does not know is the instance's."""
    name = getattr(request.user, "time_zone", "") or settings.TIME_ZONE
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)


def moment_of(request: HttpRequest) -> tuple[int | None, dict[str, object]]:
    """Return who asks, and what policies may know of the moment: worked out once, and only where one wants to know."""
    found: tuple[int | None, dict[str, object]] | None = getattr(request, "moment", None)
    if found is None:
        here = origin.get()
        known: dict[str, object] = {"context.address": here.address}
        if here.managed_device is not None:
            known["context.managed_device"] = here.managed_device
        if here.country is not None:
            known["context.country"] = here.country
        if request.user.is_authenticated:
            known[SECOND_FACTOR] = minutes_since(request)
            known[REASON] = reasons.said_for(request)
        found = request.moment = (request.user.pk, known)  # type: ignore[attr-defined]
    return found


class PinnedFacts:
    """Lets a request see one state of the world, and turns a refusal into its page once it stands in the trail.

    Each person's stamps are read once. A refusal that no use case has recorded is recorded here; what it refused has
    been rolled back by then. The page is that of `handler403` or `handler404`, which get the refusal as `exception`.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with facts.pinned(), asking.by(partial(moment_of, request)):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a refusal; leave everything else to whoever comes next."""
        if not isinstance(exception, NotAllowed):
            return None
        record_refusal(exception)
        page: Callable[..., HttpResponse] = get_resolver().resolve_error_handler(exception.status)
        return page(request, exception=exception)
