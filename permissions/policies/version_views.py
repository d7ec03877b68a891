"""Versions of a policy: what each one says, and two of them beside each other."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from cxaccess.lib.listing import number_in
from permissions.policies import pages
from permissions.policies import versions as beside

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.


@require_safe
@login_required
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every version of a policy, and when each was in force."""
    context = pages.policy_page(request, pk, "versions")
    context["steps"] = beside.steps(context["policy"], pages.words_of)
    return render(request, "permissions/policies/versions.html", context)


@require_safe
@login_required
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what two versions differ in; the address names them, the latest two where it does not."""
    context = pages.policy_page(request, pk, "versions")
    policy, latest = context["policy"], context["version"].number
    one = number_in(request.GET.get("from")) or max(1, latest - 1)
    other = number_in(request.GET.get("to")) or latest
    numbers = list(policy.versions.order_by("-number").values_list("number", flat=True))
    context |= {"one": one, "other": other, "numbers": numbers}
    context["found"] = beside.difference(policy, one, other, pages.words_of)
    return render(request, "permissions/policies/compare.html", context)
