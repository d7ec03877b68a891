"""Where one is signed in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.signin.sessions import selectors, services
from cxaccess.toasts import tell


@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """List the browsers one is signed in with."""
    found = list(selectors.of(request.user, request.at))
    limits = {"hours": selectors.hours(), "idle": settings.SESSION_IDLE_MINUTES}
    shown = {"sessions": found, "current": request.signed_in, "limits": limits}
    return render(request, "accounts/signin/sessions.html", shown)


@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End one of one's own sessions; anybody else's is not found."""
    session = get_object_or_404(selectors.of(request.user, request.at), pk=pk)
    services.end(request.user, session=session, at=request.at)
    tell(request, _("%(browser)s is signed out.") % {"browser": session.browser or _("The browser")})
    return redirect("me:sessions")


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """End all of one's sessions but this one."""
    ended = services.end_others(request.user, keep=request.signed_in, at=request.at)
    said = ngettext("%(n)d other browser is signed out.", "%(n)d other browsers are signed out.", ended)
    tell(request, said % {"n": ended})
    return redirect("me:sessions")
