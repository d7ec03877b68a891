"""Versions of a role: what two of them differ in, and an older one brought back as the next."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.signin.guards import fresh_factor
from cxaccess.lib.listing import number_in
from cxaccess.toasts import tell
from permissions.guards import fetch
from permissions.models import Role
from permissions.roles import editing, pages, selectors
from permissions.roles.forms import SaveForm
from permissions.roles.rows import contents
from permissions.roles.versions import difference, restoration


@login_required
@require_safe
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every version of a role and what each changed."""
    role = fetch(request, "role.view", editing.ROWS, pk)
    own = {"steps": selectors.steps(role)}
    return render(request, "permissions/roles/versions.html", pages.context(request, role, "versions", **own))


@login_required
@require_safe
def compare_versions(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what two versions differ in; the address names them, the live one where it does not."""
    role = fetch(request, "role.view", editing.ROWS, pk)
    live = role.current.number if role.current else 1
    one = number_in(request.GET.get("from")) or max(1, live - 1)
    other = number_in(request.GET.get("to")) or live
    numbers = list(role.versions.order_by("-number").values_list("number", flat=True))
    own = {"found": difference(role, one, other), "one": one, "other": other, "numbers": numbers}
    return render(request, "permissions/roles/compare_versions.html", pages.context(request, role, "versions", **own))


@login_required
@fresh_factor()
@require_safe
def restore(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Put an older version into the editor, with who would gain and lose; saving it there makes it the next one."""
    role = fetch(request, "role.edit", editing.ROWS, pk)
    version = get_object_or_404(role.versions, number=number)
    found = restoration(version)
    if found.contents == contents(role.current):
        tell(request, _("Version %(number)d is what the role holds already.") % {"number": number})
        return redirect("roles:versions", pk)
    note = _("Brings back version %(number)d") % {"number": number}
    form = SaveForm(role=role, roles=Role.objects.none(), initial={"note": note})
    return editing.page(request, role, found.contents, form=form, restores=number, left_out=found.left_out)
