"""An empty instance has one page."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from permissions.setup.selectors import is_open

# What answers as usual, set up or not: monitors ask it, and connected systems, which a page would not help.
ALWAYS = ("/-/", "/access/", "/.well-known/")


class SetUpFirst:
    """Sends everybody to the set-up page while nobody is there. Who is signed in proves that somebody is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Pass, or answer with the way to the set-up page."""
        page = reverse("set_up")
        if request.user.is_authenticated or request.path.startswith((page, *ALWAYS)) or not is_open():
            return None
        return redirect(page)
