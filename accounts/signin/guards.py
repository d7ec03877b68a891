"""Step-up: what is dangerous asks again who is there.

    @fresh_factor()                    # within the last 15 minutes
    @require_http_methods(["GET", "POST"])
    def revoke_all(request: HttpRequest, pk: int) -> HttpResponse: ...

Decorate the page with the form and the address it posts to (or the one view that is both). Whoever has not proved
themselves lately is sent to /confirm/ and from there back to the page, which is then fresh. A POST is never replayed:
it gets a few minutes' grace beyond the page it came from, and past that the person returns to that page. With htmx the
browser is told to go, not the fragment. Proved means: a code of the authenticator or a recovery code; for somebody
without a second factor, the password; for somebody with neither (SSO alone), enrolling a factor first.
"""

import functools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from accounts.signin.selectors import authenticator

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

PROVED = "proved_at"  # in the session: when, in ISO form, who is there was last proved
FACTOR = "factor_at"  # in the session: when, in ISO form, a second factor was last checked, here or by the provider
MINUTES = 15
GRACE = timedelta(minutes=5)
HOME = "/"


def fresh_factor(minutes: int = MINUTES) -> Callable[[View[P]], View[P]]:
    """Let a view run only if who is there was proved at most `minutes` ago."""

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            within = timedelta(minutes=minutes) + (timedelta() if request.method in ("GET", "HEAD") else GRACE)
            if is_fresh(request, within):
                return view(request, *args, **kwargs)
            return go(request, f"{reverse('signin:confirm')}?{urlencode({'next': page_of(request)})}")

        return guarded

    return decorate


def is_fresh(request: HttpRequest, within: timedelta = timedelta(minutes=MINUTES)) -> bool:
    """Return whether who is there was proved within that time, as strongly as they can."""
    proved = request.session.get(PROVED)
    if not proved or request.at - datetime.fromisoformat(proved) > within:  # type: ignore[attr-defined]
        return False
    return request.user.is_verified() or authenticator(request.user) is None  # type: ignore[union-attr, arg-type]


def minutes_since(request: HttpRequest) -> float | None:
    """Return how many minutes ago a second factor was checked; None: not in this session. A password is none."""
    checked = request.session.get(FACTOR)
    if not checked:
        return None
    passed = request.at - datetime.fromisoformat(checked)  # type: ignore[attr-defined]
    return max(passed.total_seconds(), 0) / 60


def mark_proved(request: HttpRequest, *, factor_at: datetime | None = None) -> None:
    """Note that who is there has just been proved, and when a second factor was checked, if one was."""
    request.session[PROVED] = request.at.isoformat()  # type: ignore[attr-defined]
    if factor_at is not None:
        request.session[FACTOR] = factor_at.isoformat()


def page_of(request: HttpRequest) -> str:
    """Return the page somebody is on: of a GET this one; of anything else, or of a fragment, the one that sent it."""
    if request.htmx:  # type: ignore[attr-defined]
        return safe_next(request.htmx.current_url_abs_path or HOME)  # type: ignore[attr-defined]
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    sent_from = urlsplit(request.headers.get("Referer", ""))
    if sent_from.netloc != request.get_host():
        return HOME
    return safe_next(sent_from._replace(scheme="", netloc="", fragment="").geturl())


def safe_next(target: str) -> str:
    """Return `target` if it is a page of this console, else the start page."""
    path = urlsplit(target).path
    if not target.startswith("/") or not url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return HOME
    try:
        resolve(path)
    except Resolver404:
        return HOME
    return target


def go(request: HttpRequest, target: str) -> HttpResponse:
    """Send the whole browser to `target`, also when only a fragment was asked for."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(target)
    return redirect(target)
