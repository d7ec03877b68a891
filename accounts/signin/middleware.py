"""What stands before every view: is the session open, is somebody there, have they used their second factor.

Deny by default: a view that says nothing is for people who are signed in, with their second factor where they need one.
`@login_not_required` opens one to everybody, `@factor_not_required` to those who still have to enrol.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.signin import guards
from accounts.signin.selectors import authenticator, needs_factor
from accounts.signin.sessions.selectors import current
from accounts.signin.sessions.services import seen
from cxaccess.lib import context

Next = Callable[[HttpRequest], HttpResponse]
View = TypeVar("View", bound=Callable[..., HttpResponse])


def factor_not_required(view: View) -> View:
    """Open a view to people who need a second factor and have not used one yet."""
    view.factor_required = False  # type: ignore[attr-defined]
    return view


class OpenSession:
    """Signs out whoever has no open session of ours, or may not be here any more, before anything sees the request.

    `request.signed_in` is the session, or None. Suspended and gone people are not found by the backend: their session
    is emptied here, so that it does not come back to life with them.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.signed_in = None  # type: ignore[attr-defined]
        if SESSION_KEY in request.session:
            self._check(request)
        return self.get_response(request)

    def _check(self, request: HttpRequest) -> None:
        at = request.at  # type: ignore[attr-defined]
        person = request.user
        session = current(person, request.session.session_key, at) if person.is_authenticated else None
        if session is None:
            request.session.flush()
            request.user = AnonymousUser()
            return
        seen(session, address=context.origin.get().address, at=at)
        request.signed_in = session  # type: ignore[attr-defined]


class SignedIn(LoginRequiredMiddleware):
    """Django's own deny-by-default, that also takes whole browsers along from a fragment."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:
        """Send them to sign in, and from there back to the page they are on."""
        if not request.htmx:  # type: ignore[attr-defined]
            return super().handle_no_permission(request, view_func)
        return guards.go(request, f"{reverse('account_login')}?next={guards.page_of(request)}")


class SecondFactor:
    """Sends people who need a second factor, and have not used it, to where they enrol it or use it."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Pass, or answer with the way to the factor."""
        person = request.user
        if not person.is_authenticated or person.is_verified():  # type: ignore[union-attr]
            return None
        exempt = not getattr(view_func, "factor_required", True) or not getattr(view_func, "login_required", True)
        if exempt or not needs_factor(person, request.at):  # type: ignore[arg-type, attr-defined]
            return None
        missing = "signin:confirm" if authenticator(person) else "me:enrol"  # type: ignore[arg-type]
        return guards.go(request, reverse(missing))
