"""The overview page."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audits.overview import selectors
from cxaccess.later import render_part
from permissions import gate, giving


@require_safe
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Show what concerns the reader and, as far as they administer anything, where to look."""
    reader, at = request.user, request.at
    context = {
        "greeting": selectors.greeting(reader, at=at),
        "page": selectors.page(reader, at=at),
        "may_give": gate.may_somewhere(reader, giving.GIVE, at=at),
        "may_check": gate.may_somewhere(reader, "access.check", at=at),
    }
    return render(request, "audits/overview/page.html", context)


@require_safe
@login_required
def overview_desk(request: HttpRequest) -> HttpResponse:
    """Show the figures of who administers: the part that the overview fetches, or a page where there are no scripts."""
    reader, at = request.user, request.at
    if not selectors.administers(reader, at=at):
        raise Http404
    desk, steps = selectors.desk_of(reader, at=at)
    return render_part(request, "audits/overview/desk_page.html", "desk", {"desk": desk, "steps": steps})
