"""Who gains and who loses by a policy, on a page of its own."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from permissions.models import PolicyVersion
from permissions.policies import pages, previews, services
from permissions.policies.consequences import Consequences
from permissions.policies.effect import effect
from permissions.policies.try_form import AssumeForm

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
RETIRE = "retire"  # in the address: what ending it does, not what its latest version does


@require_safe
@login_required
def effects(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who gains and who loses by the latest version, or by ending the policy."""
    context = pages.policy_page(request, pk, "effect", services.EDIT)
    context["effect"] = found = effect(request, context["policy"], _wanted(request.GET, context), request.GET)
    if request.htmx.target == "progress" and found.source is not None:
        return HttpResponseClientRefresh()
    context["retires"] = _retires(request.GET, context)
    return render(request, "permissions/policies/effect.html", context)


@require_POST
@login_required
def work_out(request: HttpRequest, pk: int) -> HttpResponse:
    """Have it worked out in the background; the page shows how far that is, and then the result."""
    context = pages.policy_page(request, pk, "effect", services.EDIT)
    policy, wanted = context["policy"], _wanted(request.POST, context)
    known = AssumeForm(request.POST, reads=Consequences(policy, wanted, {}, request.at).moment).known
    previews.begin_preview(request.user, policy=policy, version=wanted, known=known, at=request.at)
    asked = request.POST.copy()
    asked.pop("csrfmiddlewaretoken", None)
    return redirect(f"{reverse('policies:effect', args=[pk])}?{asked.urlencode()}")


def _wanted(asked: Any, context: dict[str, Any]) -> PolicyVersion | None:
    return None if _retires(asked, context) else context["version"]


def _retires(asked: Any, context: dict[str, Any]) -> bool:
    """Return whether it is asked what ending it does; of what is not enforced there is nothing to end."""
    return asked.get("of") == RETIRE and context["life"].enforced is not None
