"""The set-up page."""

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import Person
from cxaccess.lib import context
from cxaccess.lib.errors import Refused
from permissions.setup import services
from permissions.setup.forms import SetUpForm
from permissions.setup.selectors import is_open


@login_not_required
@sensitive_post_parameters("code", "password1", "password2")
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Make the first administrator and sign them in; enrolling their second factor comes next. Gone afterwards."""
    if not is_open():
        raise Http404
    form = SetUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (person := _made(request, form)):
        return perform_password_login(request, {}, Login(user=person, redirect_url=reverse("me:enrol")))
    return render(request, "permissions/setup/set_up.html", {"form": form})


def _made(request: HttpRequest, form: SetUpForm) -> Person | None:
    """Return the first administrator; else put the refusal on the form."""
    at = request.at  # type: ignore[attr-defined]
    try:
        services.prove_code(form.cleaned_data["code"], address=context.origin.get().address, at=at)
        return services.set_up(services.SETUP, first=form.first(), at=at)
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        return None
