"""Saying why, where a policy wants to know first."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from cxaccess.attempts import attempt, posted
from permissions.policies import reasons
from permissions.policies.forms import WhyForm

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.


@require_POST
@login_required
def say(request: HttpRequest) -> HttpResponse:
    """Take the reason that the page of a refusal asks for, and go back to where it was refused."""
    asked = reasons.opened(request.POST.get("token", ""), request.user)
    if asked is None:
        raise SuspiciousOperation("The page of the refusal is too old, or somebody else's.")
    tried = attempt(WhyForm(posted(request)), lambda given: reasons.state_reason(
        request.user, reason=given["reason"], refused=asked["refused"], at=request.at
    ))  # fmt: skip
    if tried.done:
        reasons.keep(request, tried.done, asked)
        return redirect(asked["next"])
    context = {"form": tried.form, "token": request.POST["token"], "back": asked["next"]}
    return render(request, "permissions/policies/reason.html", context, status=tried.status)
