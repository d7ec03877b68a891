"""Pages that register, edit, archive and reopen resources."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cxaccess.attempts import attempt, posted
from cxaccess.toasts import tell
from permissions.guards import require, require_somewhere
from permissions.models import ResourceType
from permissions.resources import pages, selectors, services
from permissions.resources.forms import EditResourceForm, NewResourceForm, ReasonForm
from permissions.resources.opening import ARCHIVE, CREATE, EDIT
from permissions.resources.returning import may_return

# mypy: disable-error-code="arg-type, attr-defined"
FORM = ("GET", "HEAD", "POST")


@require_safe
@login_required
def choose_type(request: HttpRequest) -> HttpResponse:
    """Ask what kind of thing it is: its fields and attributes depend on it."""
    require_somewhere(request.user, CREATE, at=request.at)
    return render(request, "permissions/resources/choose_type.html", {"types": selectors.platform_types()})


@require_http_methods(FORM)
@login_required
def new(request: HttpRequest, key: str) -> HttpResponse:
    """Register a resource."""
    require_somewhere(request.user, CREATE, at=request.at)
    type_ = get_object_or_404(ResourceType, key=key, console=False)
    form = NewResourceForm(posted(request), type_=type_, reader=request.user, at=request.at)
    tried = attempt(form, lambda given: services.create_resource(request.user, type=type_, given=given, at=request.at))
    if tried.done:
        tell(request, _("%(name)s is registered.") % {"name": tried.done.name})
        return redirect("resources:detail", tried.done.pk)
    context = {"form": tried.form, "type": type_}
    return render(request, "permissions/resources/new.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is known of a resource and, for whom its type's permission says so, what it holds."""
    context = pages.resource_page(request, pk, "resources:edit")
    resource, opening = context["resource"], context["opening"]
    require(request.user, EDIT, opening.here, at=request.at)
    initial = selectors.editable(resource) | {"row_version": resource.row_version}
    form = EditResourceForm(posted(request), initial=initial, opening=opening, at=request.at)
    tried = attempt(form, lambda _given: services.edit_resource(
        request.user, resource=resource, row_version=form.cleaned_data["row_version"], changes=form.changes,
        at=request.at,
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is saved.") % {"name": tried.done.name})
        return redirect("resources:detail", pk)
    context |= {"form": tried.form, "conflicts": tried.conflicts}
    return render(request, "permissions/resources/edit.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what stops, ask why, and take a resource out of use."""
    context = pages.resource_page(request, pk, "resources:archive")
    resource = context["resource"]
    require(request.user, ARCHIVE, context["opening"].here, at=request.at)
    tried = attempt(ReasonForm(posted(request)), lambda given: services.archive_resource(
        request.user, resource=resource, reason=given["reason"], at=request.at
    ))  # fmt: skip
    if tried.done:
        undo = reverse("resources:reopen", args=[pk]) if may_return(request.user, [resource], at=request.at) else ""
        tell(request, _("%(name)s is archived.") % {"name": resource.name}, undo=undo)
        return redirect("resources:detail", pk)
    context |= {"form": tried.form}
    return render(request, "permissions/resources/archive.html", context, status=tried.status)


@require_POST
@login_required
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an archived resource into use again."""
    resource = pages.resource_page(request, pk, "resources:detail")["resource"]
    services.reopen_resource(request.user, resource=resource, at=request.at)
    tell(request, _("%(name)s is in use again.") % {"name": resource.name})
    return redirect("resources:detail", pk)
