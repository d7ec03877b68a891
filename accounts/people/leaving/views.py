"""Pages of leaving: what it takes, the report, calling it off, absence, coming back, and the list of leavers."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Leaving, Person
from accounts.people import pages
from accounts.people import services as people
from accounts.people.forms import ReasonForm
from accounts.people.leaving import listing, reading, services
from accounts.people.leaving.forms import NOW, LeaveForm, ReturnForm
from accounts.people.leaving.why import manager_above
from accounts.signin.guards import fresh_factor
from cxaccess.attempts import attempt, posted
from cxaccess.lib import csv_out
from cxaccess.lib.clock import end_of_day
from cxaccess.toasts import tell
from permissions.guards import require_somewhere

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
FORM = ("GET", "HEAD", "POST")
OFFBOARD = services.OFFBOARD


@require_safe
@login_required
def leavers(request: HttpRequest) -> HttpResponse:
    """List who leaves soon, who has left, and whose last day is over."""
    require_somewhere(request.user, OFFBOARD, at=request.at)
    context = listing.page_of(request.user, request.GET, at=request.at)
    return render(request, "accounts/people/leaving/list.html", context)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what ends and who gets what, ask when and why, and let somebody leave."""
    context = pages.person_page(request, pk, "detail", OFFBOARD)
    person = context["person"]
    form = LeaveForm(
        posted(request), initial=_initial(person, request), person=person, reader=request.user, at=request.at
    )
    tried = attempt(form, lambda given: _leave(request, person, given))
    if tried.done:
        return redirect("people:leaving", tried.done.pk)
    ending, passing = reading.ahead(person, request.at)
    context |= {"form": tried.form, "ending": ending, "passing": passing}
    context["heir"] = manager_above(person, request.at)
    return render(request, "accounts/people/leaving/leave.html", context, status=tried.status)


def _initial(person: Person, request: HttpRequest) -> dict[str, Any]:
    """Return the last day that is known of them, where it lies ahead."""
    known = person.employed_until
    moment = end_of_day(known, person.time_zone) if known is not None else None
    ahead = moment if moment is not None and moment > request.at else None
    return {"time_zone": person.time_zone, "leaves_at": ahead}


def _leave(request: HttpRequest, person: Person, given: dict[str, Any]) -> Leaving:
    asked = {name: given[name] for name in ("reason", "time_zone", "heir")}
    if given["when"] == NOW:
        done = services.leave_now(request.user, person=person, at=request.at, **asked)
        tell(request, _("%(name)s has left. All their access has ended.") % {"name": person.name})
        return done
    done = services.schedule(request.user, person=person, leaves_at=given["leaves_at"], at=request.at, **asked)
    tell(request, _("%(name)s leaves at that moment. It ends by itself.") % {"name": person.name})
    return done


@require_safe
@login_required
def leaving(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one leaving: when and why, and what it ended and passed on."""
    row, context = _opened(request, pk)
    context["sections"] = reading.report(request.user, row, at=request.at)
    context["vacant"] = sum(line.vacant for section in context["sections"] for line in section.lines)
    return render(request, "accounts/people/leaving/report.html", context)


@require_POST
@login_required
def leaving_file(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Send the report as a file."""
    row, _context = _opened(request, pk)
    services.export_report(request.user, leaving=row, at=request.at)
    lines = csv_out.lines(reading.HEAD, reading.file_rows(reading.report(request.user, row, at=request.at)))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="leaving-{row.pk}.csv"'
    return answer


@require_http_methods(FORM)
@login_required
@fresh_factor()
def call_off(request: HttpRequest, pk: int) -> HttpResponse:
    """Call off a leaving that lies ahead."""
    row, context = _opened(request, pk)
    tried = attempt(ReasonForm(posted(request)), lambda given: services.call_off(
        request.user, leaving=row, reason=given["reason"], at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s stays, with all they have.") % {"name": row.person.name})
        return redirect("people:detail", row.person_id)
    context["form"] = tried.form
    return render(request, "accounts/people/leaving/call_off.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def absence(request: HttpRequest, pk: int) -> HttpResponse:
    """Put somebody on leave: what stops, and that it waits for them."""
    context = pages.person_page(request, pk, "detail", OFFBOARD)
    person = context["person"]
    tried = attempt(ReasonForm(posted(request)), lambda given: people.put_on_leave(
        request.user, person=person, reason=given["reason"], at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is on leave. Their access has stopped, and waits for them.") % {"name": person.name})
        return redirect("people:detail", pk)
    context["form"] = tried.form
    return render(request, "accounts/people/leaving/absence.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def come_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody who has left begin anew."""
    require_somewhere(request.user, "person.create", at=request.at)
    context = pages.person_page(request, pk, "detail")
    person = context["person"]
    form = ReturnForm(posted(request), initial={"title": person.title}, reader=request.user, at=request.at)
    tried = attempt(
        form, lambda given: services.return_to_work(request.user, person=person, at=request.at, **given)
    )  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s begins anew, with nothing of what they had.") % {"name": person.name})
        return redirect("people:detail", pk)
    context["form"] = tried.form
    return render(request, "accounts/people/leaving/come_back.html", context, status=tried.status)


def _opened(request: HttpRequest, pk: int) -> tuple[Leaving, dict[str, Any]]:
    """Return a leaving and what its pages need, once the reader may let that person leave."""
    row = get_object_or_404(Leaving.objects.select_related("person", "heir", "asked_by", "cancelled_by"), pk=pk)
    context = pages.person_page(request, row.person_id, "detail", OFFBOARD)
    local = row.leaves_at.astimezone(ZoneInfo(row.time_zone))
    return row, context | {"leaving": row, "local": local, "over": row.leaves_at <= request.at}
