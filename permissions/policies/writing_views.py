"""Writing a policy: a new one, the next version of one, an earlier version brought back."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cxaccess.attempts import posted
from cxaccess.formparts import add_refusal
from cxaccess.lib.errors import Refused, Stale
from cxaccess.toasts import tell
from permissions.guards import fetch, require
from permissions.models import Policy
from permissions.policies import pages, services, wording
from permissions.policies.drafting import Drafting, drafting
from permissions.policies.forms import PolicyForm, VersionForm
from permissions.policies.try_panel import panel
from permissions.policies.views import people_of

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
FORM = ("GET", "HEAD", "POST")


@require_http_methods(FORM)
@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Write a new policy, as a draft."""
    require(request.user, services.EDIT, at=request.at)
    form = PolicyForm(posted(request), people=people_of(request), initial={"owner": request.user.pk})
    writing = drafting(request, None, None)
    if writing.wants_saving and form.is_valid() and writing.draft.wording is not None:
        try:
            policy = services.create_policy(
                request.user, says=writing.draft.wording, at=request.at, **form.cleaned_data
            )  # fmt: skip
        except Refused as refused:
            _show(writing, form, refused)
        else:
            tell(request, _("%(policy)s is written, as a draft. It decides nothing yet.") % {"policy": policy.name})
            return redirect("policies:detail", policy.pk)
    return _page(request, "permissions/policies/create.html", writing, form)


@require_http_methods(FORM)
@login_required
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a policy says; saving makes the next version, as a draft."""
    policy = fetch(request, services.EDIT, pages.ROWS, pk)
    return _write(request, policy, drafting(request, policy, wording.of(policy.current)))


@require_safe
@login_required
def restore(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Put an earlier version into the builder; saving it there makes it the next one."""
    policy = fetch(request, services.EDIT, pages.ROWS, pk)
    version = get_object_or_404(policy.versions, number=number)
    if wording.of(version) == wording.of(policy.current):
        tell(request, _("Version %(number)d is what the policy says already.") % {"number": number})
        return redirect("policies:versions", pk)
    start = {"note": _("Brings back version %(number)d") % {"number": number}, "restores": number}
    return _write(request, policy, drafting(request, policy, wording.of(version)), **start)


def _write(request: HttpRequest, policy: Policy, writing: Drafting, **start: Any) -> HttpResponse:
    form = VersionForm(posted(request), initial={"row_version": policy.row_version, **start})
    if writing.wants_saving and form.is_valid() and writing.draft.wording is not None:
        try:
            version = services.save_version(
                request.user, policy=policy, says=writing.draft.wording, at=request.at, **form.cleaned_data
            )  # fmt: skip
        except Stale:
            return _overtaken(request, policy, writing, form)
        except Refused as refused:
            _show(writing, form, refused)
        else:
            told = {"number": version.number, "policy": policy.name}
            tell(request, _("Version %(number)d of %(policy)s is saved, as a draft.") % told)
            return redirect("policies:detail", policy.pk)
    return _page(request, "permissions/policies/write.html", writing, form, policy=policy)


def _show(writing: Drafting, form: PolicyForm | VersionForm, refused: Refused) -> None:
    """Show a refusal where it belongs: beside a field of the form, or in the draft."""
    if refused.field is None or refused.field in form.fields:
        add_refusal(form, refused)
    else:
        writing.draft.refuse(refused)


def _overtaken(request: HttpRequest, policy: Policy, writing: Drafting, form: VersionForm) -> HttpResponse:
    """Show that somebody else was quicker, with what was written kept: saving again puts it on top."""
    policy = pages.ROWS.get(pk=policy.pk)
    data = form.data.copy()
    data["row_version"] = policy.row_version
    again = VersionForm(data)
    own = {"policy": policy, "overtaken": True}
    return _page(request, "permissions/policies/write.html", writing, again, status=409, **own)


def _page(
    request: HttpRequest, template: str, writing: Drafting, form: PolicyForm | VersionForm, **own: Any
) -> HttpResponse:
    """Draw the page; while only the draft is redrawn, nothing that is still to be filled in is an error."""
    status = own.pop("status", 422 if writing.wants_saving else 200)
    if not writing.wants_saving and form.is_bound:
        form.errors.clear()
    pressed = writing.deed == "try"
    trying = panel(request, writing.policy, writing.draft.wording, request.POST, pressed=pressed)
    return render(request, template, {"form": form, **writing.context, **trying, **own}, status=status)
