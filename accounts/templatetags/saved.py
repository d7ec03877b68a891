"""Template tags for saved views: their tabs above a list, and the menu that saves, renames and deletes them."""

from typing import Any

from django import template
from django.template.context import RequestContext
from django.urls import reverse

from accounts.models import SavedView
from accounts.saved.selectors import kept, views_of

register = template.Library()


def _found(context: RequestContext) -> tuple[str, str, list[SavedView], SavedView | None]:
    """Return (route, query, the reader's views of this list, the one shown now), read once for a page."""
    request = context["request"]
    if not hasattr(request, "saved_views"):
        page, query = request.resolver_match.view_name, kept(request.GET.urlencode())
        views = list(views_of(request.user, page))
        request.saved_views = (page, query, views, next((view for view in views if view.query == query), None))
    return request.saved_views  # type: ignore[no-any-return]  # set above


@register.inclusion_tag("accounts/saved/tabs.html", takes_context=True)
def saved_tabs(context: RequestContext) -> dict[str, Any]:
    """Draw the reader's own views as further tabs; within a nav.tabs."""
    page, _query, views, current = _found(context)
    return {"address": reverse(page), "views": views, "current": current}


@register.simple_tag(takes_context=True)
def shows_saved_view(context: RequestContext) -> bool:
    """Return whether the list shows a view of the reader's own: then none of the built-in tabs is current."""
    return _found(context)[3] is not None


@register.inclusion_tag("accounts/saved/menu.html", takes_context=True)
def saved_menu(context: RequestContext) -> dict[str, Any]:
    """Draw the button that keeps this view, or renames and deletes it where it is kept."""
    page, query, _views, current = _found(context)
    return {"page": page, "query": query, "current": current, "csrf_token": context.get("csrf_token")}
