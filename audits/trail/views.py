"""The trail page, one event, and the file."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from audits.models import Event
from audits.trail import chips, selectors
from audits.trail import export as file
from audits.trail.filters import filtered
from audits.trail.forms import Filters
from audits.trail.services import export_trail
from cxaccess.later import render_part
from cxaccess.lib import csv_out
from cxaccess.lib.listing import Count
from permissions import gate
from permissions.guards import fetch, require_somewhere

SIZE = 25


@require_safe
@login_required
def trail(request: HttpRequest) -> HttpResponse:
    """Show what happened, newest first, narrowed by the filters in the address."""
    require_somewhere(request.user, "trail.view", at=request.at)  # type: ignore[arg-type, attr-defined]
    form = Filters(request.GET)
    wanted = form.wanted()
    seen = _seen(request)
    rows = filtered(seen, wanted)
    page = selectors.stretch(rows, before=request.GET.get("before"), after=request.GET.get("after"), size=SIZE)
    context = {
        "form": form,
        "page": page,
        "count": Count.of(rows),
        "chips": chips.of(form, wanted, request.user, at=request.at),  # type: ignore[arg-type, attr-defined]
        "chosen": selectors.one(seen, request.GET.get("event")),
        "may_export": gate.may_somewhere(request.user, "trail.export", at=request.at),  # type: ignore[arg-type, attr-defined]
    }
    return render(request, "audits/trail/list.html", context)


@require_safe
@login_required
def days(request: HttpRequest) -> HttpResponse:
    """Show how much happened on each day: the part that the trail fetches, or a page where there are no scripts."""
    require_somewhere(request.user, "trail.view", at=request.at, counted=False)  # type: ignore[arg-type, attr-defined]
    rows = filtered(_seen(request), Filters(request.GET).wanted())
    counted = selectors.per_day(rows, request.at)  # type: ignore[attr-defined]
    return render_part(request, "audits/trail/days.html", "days", {"days": counted})


@require_safe
@login_required
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one event with everything it holds, and what the same piece of work wrote."""
    row = fetch(request, "trail.view", Event, pk)
    story = selectors.described(row)
    context: dict[str, Any] = {"story": story, "related": selectors.related(row, _seen(request))}
    return render(request, "audits/trail/detail.html", context)


@require_POST
@login_required
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Send what the filters in the address keep, as a file."""
    rows = export_trail(request.user, wanted=Filters(request.GET).wanted(), at=request.at)  # type: ignore[arg-type, attr-defined]
    answer = StreamingHttpResponse(csv_out.lines(file.HEAD, file.rows(rows)), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="trail-{request.at:%Y-%m-%d}.csv"'  # type: ignore[attr-defined]
    return answer


def _seen(request: HttpRequest) -> QuerySet[Event]:
    return gate.visible(request.user, "trail.view", Event.objects.all(), at=request.at)  # type: ignore[arg-type, attr-defined]
