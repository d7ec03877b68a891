"""Making, rotating and revoking tokens. A token's text is on the page that answers the POST, and never again."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.integrations import pages, services
from accounts.integrations.forms import DaysForm, RotateForm
from accounts.integrations.selectors import ISSUE
from accounts.models import IntegrationToken
from accounts.people.forms import ReasonForm
from accounts.signin.guards import fresh_factor
from cxaccess.attempts import Attempt, attempt, posted
from cxaccess.toasts import tell

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
FORM = ("GET", "HEAD", "POST")
TRIAL = 'curl -X POST {} -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -d "{{}}"'


@require_http_methods(FORM)
@login_required
@fresh_factor()
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a token."""
    context = pages.integration_page(request, pk, "detail", ISSUE)
    tried = attempt(DaysForm(posted(request)), lambda given: services.issue_token(
        request.user, integration=context["integration"], at=request.at, **given
    ))  # fmt: skip
    return _answer(request, context, tried, None)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a token in the place of another."""
    token = get_object_or_404(IntegrationToken, pk=pk)
    context = pages.integration_page(request, token.integration_id, "detail", ISSUE)
    tried = attempt(RotateForm(posted(request)), lambda given: services.rotate_token(
        request.user, token=token, at=request.at, **given
    ))  # fmt: skip
    return _answer(request, context, tried, token)


@require_http_methods(FORM)
@login_required
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token at once."""
    token = get_object_or_404(IntegrationToken, pk=pk)
    context = pages.integration_page(request, token.integration_id, "detail", ISSUE)
    tried = attempt(ReasonForm(posted(request)), lambda given: services.revoke_token(
        request.user, token=token, at=request.at, **given
    ))  # fmt: skip
    if tried.done:
        tell(request, _("The token %(prefix)s opens nothing any more.") % {"prefix": token.prefix})
        return redirect("integrations:detail", token.integration_id)
    context |= {"form": tried.form, "token": token}
    return render(request, "accounts/integrations/revoke.html", context, status=tried.status)


def _answer(
    request: HttpRequest, context: dict[str, Any], tried: Attempt, instead_of: IntegrationToken | None
) -> HttpResponse:  # fmt: skip
    """Show the token that was made, this once: every page of the console stays out of caches. Else ask for it."""
    if tried.done:
        trial = TRIAL.format(f"{context['address']}{reverse('api:evaluation')}")
        context |= {"token": tried.done.row, "text": tried.done.text, "trial": trial}
        return render(request, "accounts/integrations/shown.html", context)
    context |= {"form": tried.form, "token": instead_of}
    return render(request, "accounts/integrations/issue.html", context, status=tried.status)
