"""What somebody answers for: territories, product lines, segments; adding to it and taking away."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import PersonDimension
from accounts.people import pages, ranges
from accounts.people.forms import RangeForm
from accounts.signin.guards import fresh_factor
from accounts.teams.forms import WhyForm
from cxaccess.attempts import attempt, posted
from cxaccess.toasts import tell

# mypy: disable-error-code="arg-type, attr-defined"
FORM = ("GET", "HEAD", "POST")


@require_http_methods(FORM)
@login_required
@fresh_factor()
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what somebody answers for, now, later and lately, and add to it."""
    context = pages.person_page(request, pk, "detail", "person.edit")
    person = context["person"]
    form = RangeForm(posted(request), at=request.at, zone=timezone.get_current_timezone_name())
    tried = attempt(form, lambda given: ranges.add_places(
        request.user, person=person, places=form.places, at=request.at,
        **{name: given[name] for name in ("starts_at", "until", "reason")},
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s answers for more now.") % {"name": person.name})
        return redirect("people:range", pk)
    context |= {"form": tried.form, **pages.range_of(person, request.at), "own": person.pk == request.user.pk}
    return render(request, "accounts/people/range.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Let somebody no longer answer for a place."""
    row = get_object_or_404(PersonDimension.objects.select_related("person", "node"), pk=pk)
    context: dict[str, Any] = pages.person_page(request, row.person_id, "detail", "person.edit")
    tried = attempt(WhyForm(posted(request)), lambda given: ranges.end_place(
        request.user, row=row, reason=given["reason"], at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s answers for %(place)s no more.") % {"name": row.person.name, "place": row.node.name})
        return redirect("people:range", row.person_id)
    context |= {"form": tried.form, "row": row}
    return render(request, "accounts/people/range_end.html", context, status=tried.status)
