"""Pages about integrations: the list, one of them, entering, editing, retiring, and what each may ask about."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.integrations import listing, pages, selectors, services
from accounts.integrations.forms import AskingForm, EditIntegrationForm, IntegrationForm
from accounts.integrations.selectors import EDIT, VIEW
from accounts.models import IntegrationGrant
from accounts.people.forms import ReasonForm
from audits.trail.selectors import history_of
from cxaccess.attempts import attempt, posted
from cxaccess.toasts import tell
from permissions import gate
from permissions.guards import require, require_somewhere

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
FORM = ("GET", "HEAD", "POST")


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """List the connected systems that the reader may see."""
    require_somewhere(request.user, VIEW, at=request.at)
    context = listing.page_of(request.user, request.GET, at=request.at)
    context["may_create"] = gate.may(request.user, EDIT, at=request.at)
    return render(request, "accounts/integrations/list.html", context)


@require_safe
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a system is for, what it may ask about, and its tokens."""
    context = pages.integration_page(request, pk, "detail")
    row = context["integration"]
    context |= pages.overview(row, request, context["may_edit"], context["may_issue"])
    return render(request, "accounts/integrations/detail.html", context)


@require_safe
@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what the trail knows of an integration."""
    row = pages.opened(request, pk, "trail.view", as_type="trail")
    require(request.user, VIEW, row.resource, at=request.at)
    where = {name: request.GET.get(name) for name in ("before", "after")}
    context = pages.context(request, row, "history") | {"events": history_of(row, **where)}
    return render(request, "accounts/integrations/history.html", context)


@require_http_methods(FORM)
@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Enter a connected system."""
    require(request.user, EDIT, at=request.at)
    form = IntegrationForm(posted(request), reader=request.user, at=request.at)
    tried = attempt(form, lambda given: services.create_integration(request.user, at=request.at, **given))
    if tried.done:
        tell(request, _("%(name)s is entered. Say what it may ask about, then make its token.") % {"name": tried.done})
        return redirect("integrations:detail", tried.done.pk)
    return render(request, "accounts/integrations/create.html", {"form": tried.form}, status=tried.status)


@require_http_methods(FORM)
@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an integration's name, purpose, owner, system."""
    row = pages.opened(request, pk, EDIT)
    shown = selectors.editable(row) | {"row_version": row.row_version}
    given = {"reader": request.user, "at": request.at, "owner_id": row.owner_id}
    form = EditIntegrationForm(posted(request), initial=shown, **given)
    tried = attempt(form, lambda _given: services.edit_integration(
        request.user, integration=row, row_version=form.cleaned_data["row_version"], changes=form.changes, at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is saved.") % {"name": tried.done})
        return redirect("integrations:detail", pk)
    context = {"integration": row, "form": tried.form, "conflicts": tried.conflicts}
    return render(request, "accounts/integrations/edit.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an integration out of use."""
    context = pages.integration_page(request, pk, "detail", EDIT)
    row = context["integration"]
    tried = attempt(ReasonForm(posted(request)), lambda given: services.retire_integration(
        request.user, integration=row, at=request.at, **given
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is retired. Its tokens open nothing any more.") % {"name": row})
        return redirect("integrations:detail", pk)
    return render(request, "accounts/integrations/retire.html", context | {"form": tried.form}, status=tried.status)


@require_http_methods(FORM)
@login_required
def allow(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an integration ask about more."""
    context = pages.integration_page(request, pk, "detail", EDIT)
    row = context["integration"]
    form = AskingForm(posted(request), zone=request.user.time_zone, at=request.at)
    tried = attempt(form, lambda given: services.allow_asking(
        request.user, integration=row, type_=given["asked"][0], action=given["asked"][1], until=given["until"],
        reason=given["reason"], at=request.at,
    ))  # fmt: skip
    if tried.done:
        told = {"name": row, "asked": selectors.asked(tried.done)}
        tell(request, _("%(name)s may ask about %(asked)s.") % told)
        return redirect("integrations:detail", pk)
    return render(request, "accounts/integrations/allow.html", context | {"form": tried.form}, status=tried.status)


@require_http_methods(FORM)
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End what an integration may ask about."""
    grant = get_object_or_404(IntegrationGrant.objects.select_related("type", "action"), pk=pk)
    context = pages.integration_page(request, grant.integration_id, "detail", EDIT)
    tried = attempt(ReasonForm(posted(request)), lambda given: services.end_asking(
        request.user, grant=grant, at=request.at, **given
    ))  # fmt: skip
    context |= {"form": tried.form, "asked": selectors.asked(grant)}
    if tried.done:
        told = {"name": context["integration"], "asked": context["asked"]}
        tell(request, _("%(name)s may no longer ask about %(asked)s.") % told)
        return redirect("integrations:detail", grant.integration_id)
    return render(request, "accounts/integrations/end.html", context, status=tried.status)
