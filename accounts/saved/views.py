"""Saving, renaming and deleting one's views of a list. Each leads back to the list."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import SavedView
from accounts.saved import services
from accounts.saved.selectors import kept
from cxaccess.lib.errors import Refused
from cxaccess.toasts import tell, warn

# mypy: disable-error-code="arg-type, attr-defined"


@require_POST
@login_required
def save(request: HttpRequest) -> HttpResponse:
    """Keep the list as it is shown under a name."""
    page, query = request.POST.get("page", ""), request.POST.get("query", "")
    address = _address(page)
    try:
        view = services.save_view(
            request.user, page=page, name=request.POST.get("name", ""), query=query, at=request.at
        )  # fmt: skip
    except Refused as refused:
        warn(request, refused.message)
        return redirect(_with(address, kept(query)))
    tell(request, _("“%(name)s” is saved among your views.") % {"name": view.name})
    return redirect(_with(address, view.query))


@require_POST
@login_required
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a view another name."""
    view = get_object_or_404(SavedView, pk=pk, person=request.user)
    try:
        services.rename_view(request.user, view=view, name=request.POST.get("name", ""))
    except Refused as refused:
        warn(request, refused.message)
    return redirect(_with(_address(view.page), view.query))


@require_POST
@login_required
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a view."""
    view = get_object_or_404(SavedView, pk=pk, person=request.user)
    services.delete_view(request.user, view=view)
    tell(request, _("“%(name)s” is no longer among your views.") % {"name": view.name})
    return redirect(_address(view.page))


def _address(page: str) -> str:
    """Return the address of a list by the name of its route; any other route is none that has views."""
    if not page.endswith(":list"):
        raise Http404
    try:
        return reverse(page)
    except NoReverseMatch as error:
        raise Http404 from error


def _with(address: str, query: str) -> str:
    return f"{address}?{query}" if query else address
