"""The settings: reading them, and changing them with a fresh second factor."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.signin.guards import fresh_factor
from cxaccess.toasts import tell
from permissions import gate
from permissions.guards import require
from permissions.instance import selectors
from permissions.instance.forms import SettingsForm
from permissions.instance.services import change_settings


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Show how this console is set."""
    require(request.user, "settings.view", at=request.at)
    values = selectors.values()
    context = {
        "rows": [(SettingsForm.base_fields[name], value) for name, value in values.items()],
        "fixed": selectors.fixed(),
        "kept": selectors.kept(),
        "may_edit": gate.may(request.user, "settings.edit", at=request.at),
    }
    return render(request, "permissions/instance/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@fresh_factor()
def edit(request: HttpRequest) -> HttpResponse:
    """Change how this console is set."""
    require(request.user, "settings.edit", at=request.at)
    values = selectors.values()
    form = SettingsForm(request.POST or None, initial=values | {"opened_on": selectors.seal(values)})
    if request.method == "POST" and form.is_valid():
        opened_on = form.cleaned_data["opened_on"]
        changed = change_settings(request.user, opened_on=opened_on, wanted=form.wanted(), at=request.at)
        tell(request, _("The settings are saved.") if changed else _("Nothing was different, so nothing was saved."))
        return redirect("settings:index")
    return render(request, "permissions/instance/edit.html", {"form": form}, status=422 if form.errors else 200)
