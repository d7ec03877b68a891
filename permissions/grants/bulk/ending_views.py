"""Ending many grants: those ticked in the list, or all that its filters keep; a look at what it takes, then the end."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.signin.guards import fresh_factor
from cxaccess.formparts import add_refusal
from cxaccess.lib.errors import Refused
from cxaccess.lib.listing import number_in
from cxaccess.toasts import tell
from permissions.grants import scopes, selectors
from permissions.grants.bulk import services
from permissions.grants.bulk.ending import Ending, ending
from permissions.grants.bulk.forms import EndManyForm
from permissions.grants.views import kept
from permissions.guards import require_somewhere
from permissions.models import RoleGrant


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest) -> HttpResponse:
    """Show what ending the grants in the address takes; a POST ends those that were shown. Many take a fresh proof."""
    require_somewhere(request.user, "grant.end", at=request.at)
    found = ending(request.user, _rows(request), at=request.at)
    view = _end if request.method == "POST" else _page
    return (fresh_factor()(view) if found.number else view)(request, found)


def _rows(request: HttpRequest) -> QuerySet[RoleGrant]:
    """Return the grants that the address, or the form, names, as far as its reader sees them."""
    asked = request.POST if request.method == "POST" else request.GET
    if request.method != "POST" and "all" in asked:
        return kept(request)[0]
    ids = [pk for value in asked.getlist("grant")[: services.MOST] if (pk := number_in(value)) is not None]
    return selectors.visible(request.user, at=request.at).filter(pk__in=ids)


def _page(request: HttpRequest, found: Ending, form: EndManyForm | None = None, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "found": found,
        "scopes": scopes.labels({grant.scope_id for grant in found.grants}),
        "form": form or EndManyForm(number=found.number),
        "most": services.MOST,
    }
    return render(request, "permissions/grants/bulk/end.html", context, status=status)


def _end(request: HttpRequest, found: Ending) -> HttpResponse:
    form = EndManyForm(request.POST, number=found.number)
    if not form.is_valid():
        return _page(request, found, form, 422)
    try:
        ended = services.end_many(
            request.user, grants=found.ids, reason=form.cleaned_data["reason"], at=request.at
        )  # fmt: skip
    except Refused as refused:
        add_refusal(form, refused)
        return _page(request, found, form, 422)
    tell(request, ngettext("%(n)d grant has ended.", "%(n)d grants have ended.", ended) % {"n": ended})
    return redirect("grants:list")
