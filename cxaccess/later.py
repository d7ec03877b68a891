"""Parts of pages that come later: the page stands first and fetches them (docs/decisions/0012)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def render_part(request: HttpRequest, template: str, part: str, context: dict[str, Any]) -> HttpResponse:
    """Answer with the `part` of a template alone where a page fetches it, else with the page that it is by itself."""
    fetched = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]  # put there by a middleware
    return render(request, f"{template}#{part}" if fetched else template, context)
