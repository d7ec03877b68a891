"""Error pages: designed, right for people who are not signed in, and drawn even when the database is down."""

import sys
from dataclasses import replace

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template import loader

from cxaccess import problems, refusals
from cxaccess.appearance import Appearance
from cxaccess.back import came_from
from cxaccess.jobs.settings import INSTANCE_NAME
from cxaccess.lib import clock
from cxaccess.lib.context import origin
from cxaccess.lib.errors import InUse, Refused, Stale
from cxaccess.problems import Problem
from permissions.guards import NotAllowed
from permissions.models import Action

log = structlog.get_logger(__name__)
TEMPLATE = "errors/page.html"


def reference() -> str:
    """Return the correlation id of this request, which the logs and the trail carry too."""
    return origin.get().correlation_id


def page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Draw `problem`, in the frame for whoever is signed in; bare where nobody is or the database does not answer."""
    context = {"problem": problem, "reference": reference(), "at": getattr(request, "at", None) or clock.now()}
    body = _framed(request, context) if problem.status < problems.BROKEN.status else None
    return HttpResponse(body or _bare(request, context), status=problem.status)


def _framed(request: HttpRequest, context: dict[str, object]) -> str | None:
    try:
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated or not hasattr(request, "at"):
            return None
        return loader.render_to_string(TEMPLATE, {**context, "layout": "base.html"}, request)
    except (DatabaseError, InterfaceError):
        log.exception("error_page_without_frame")
        return None


def _bare(request: HttpRequest, context: dict[str, object]) -> str:
    own = {"layout": "base_gate.html", "appearance": Appearance.of(request), "instance_name": INSTANCE_NAME.default}
    return loader.render_to_string(TEMPLATE, {**context, **own})


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400, or 413 for a body that is too large."""
    return page(request, problems.TOO_LARGE if isinstance(exception, RequestDataTooBig) else problems.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: what was asked, which kind of no it is, the nearest yes."""
    if isinstance(exception, NotAllowed):
        try:
            problem = refusals.problem_of(request, exception, in_words(exception.decision.action))
        except (DatabaseError, InterfaceError):
            log.exception("refusal_without_words")
            problem = problems.of_decision(exception.decision, exception.decision.action)
        return page(request, problem)
    return page(request, problems.FORBIDDEN)


def in_words(action: str) -> str:
    """Return what the permission `action` does, as its why card says it; the key itself where there is none."""
    return Action.objects.filter(key=action).values_list("purpose", flat=True).first() or action


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, the same for what is absent and what is hidden."""
    return page(request, problems.NOT_FOUND)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form from elsewhere or from another session."""
    return page(request, replace(problems.CSRF, url=request.get_full_path()))


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """429; sign-in's rate limits end here."""
    return page(request, replace(problems.TOO_MANY, url=settings.LOGIN_REDIRECT_URL))


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 where the database did not answer."""
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    return page(request, replace(problems.AWAY if away else problems.BROKEN, url=request.get_full_path()))


def refusal(request: HttpRequest, refused: Refused) -> HttpResponse:
    """409 or 422: a use case said no, in its own words."""
    back = came_from(request, request.get_full_path())
    problem = replace(problems.REFUSED, text=refused.message, url=back)
    if isinstance(refused, Stale):
        problem = replace(problems.STALE, changes=refused.facts.get("theirs", {}), url=back)
    elif isinstance(refused, InUse):
        users = tuple(str(user) for user in refused.facts.get("users", ()))
        problem = replace(problems.IN_USE, text=refused.message, users=users, url=back)
    return page(request, problem)
