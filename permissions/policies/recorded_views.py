"""What recording a policy found, on a page of its own."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from permissions.policies import pages
from permissions.policies.touched import touched

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.


@require_safe
@login_required
def recorded(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what the version being recorded would have changed of real decisions, and for whom."""
    context = pages.policy_page(request, pk, "recorded")
    found = context["sum"] = pages.recorded(context["life"], at=request.at)
    if found is not None and not found.is_empty:
        context["touched"] = touched(request.user, found, request.GET, at=request.at)
    return render(request, "permissions/policies/recorded.html", context)
