"""The steps of a policy's life: each shows what it does before it is taken."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.signin.guards import fresh_factor
from cxaccess.attempts import Attempt, attempt, posted
from cxaccess.toasts import tell
from permissions.guards import require
from permissions.models import PolicyState
from permissions.policies import pages, services
from permissions.policies.effect import effect
from permissions.policies.forms import ConfirmForm, StageForm

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
FORM = ("GET", "HEAD", "POST")


@require_http_methods(FORM)
@login_required
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the latest version judged beside what is in force; it decides nothing."""
    context = pages.policy_page(request, pk, "detail", services.EDIT)
    policy = context["policy"]
    form = StageForm(posted(request), initial={"row_version": policy.row_version})
    tried = attempt(form, lambda given: services.record_policy(request.user, policy=policy, at=request.at, **given))
    if tried.done:
        return _begun(request, tried.done, _("Version %(number)d of %(policy)s is being recorded. It decides nothing."))
    return _asked(request, "permissions/policies/record.html", context, tried)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def enforce(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the latest version in force, once it is seen who gains and who loses."""
    context = pages.policy_page(request, pk, "detail", services.ENFORCE)
    policy = context["policy"]
    context["effect"] = found = effect(request, policy, context["version"], request.GET)
    if context["version"] == context["life"].recording:
        context["sum"] = pages.recorded(context["life"], at=request.at)
    form = ConfirmForm(posted(request), asked=found.to_type, initial={"row_version": policy.row_version})
    tried = attempt(form, lambda _given: services.enforce_policy(
        request.user, policy=policy, at=request.at, **form.given
    ))  # fmt: skip
    if tried.done:
        return _begun(request, tried.done, _("Version %(number)d of %(policy)s is enforced from now on."))
    return _asked(request, "permissions/policies/enforce.html", context, tried)


def _begun(request: HttpRequest, begun: PolicyState, text: str) -> HttpResponse:
    """Say in `text` which version has begun, and go to the policy's page."""
    tell(request, text % {"number": begun.version.number, "policy": begun.policy.name})
    return redirect("policies:detail", begun.policy_id)


def _asked(request: HttpRequest, template: str, context: dict[str, Any], tried: Attempt) -> HttpResponse:
    """Show what the latest version says, with the form."""
    context |= {"form": tried.form, "says": pages.words_of(context["version"]).sentence(context["version"])}
    return render(request, template, context, status=tried.status)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a policy out of use, enforced or not."""
    context = pages.policy_page(request, pk, "detail", services.EDIT)
    policy, asked = context["policy"], ""
    if context["life"].enforced is not None:
        require(request.user, services.ENFORCE, policy, at=request.at)
        context["effect"] = found = effect(request, policy, None, request.GET)
        asked = found.to_type
    form = ConfirmForm(posted(request), asked=asked, initial={"row_version": policy.row_version})
    tried = attempt(form, lambda _given: services.retire_policy(
        request.user, policy=policy, at=request.at, **form.given
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(policy)s is retired.") % {"policy": policy.name})
        return redirect("policies:detail", pk)
    return render(request, "permissions/policies/retire.html", context | {"form": tried.form}, status=tried.status)


@require_http_methods(FORM)
@login_required
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a retired policy back as a draft."""
    context = pages.policy_page(request, pk, "detail", services.EDIT)
    policy = context["policy"]
    form = StageForm(posted(request), initial={"row_version": policy.row_version})
    tried = attempt(form, lambda given: services.reopen_policy(request.user, policy=policy, at=request.at, **given))
    if tried.done:
        tell(request, _("%(policy)s is a draft again. Nothing is enforced.") % {"policy": policy.name})
        return redirect("policies:detail", pk)
    return render(request, "permissions/policies/reopen.html", context | {"form": tried.form}, status=tried.status)
