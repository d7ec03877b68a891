"""Pages about custom attributes: the list, making, editing, archiving."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audits.trail.selectors import history_of
from cxaccess.attempts import attempt, posted
from cxaccess.toasts import tell
from permissions import gate, places
from permissions.attributes import services
from permissions.attributes.forms import EditAttributeForm, NewAttributeForm
from permissions.guards import fetch, require, require_somewhere
from permissions.models import AttributeDefinition, Entity

# mypy: disable-error-code="arg-type, attr-defined"
FORM = ("GET", "HEAD", "POST")
EDIT = services.EDIT


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the attributes of people and of resources."""
    require_somewhere(request.user, "catalogue.view", at=request.at)
    rows = list(AttributeDefinition.objects.prefetch_related("types"))
    context = {
        "of_people": [row for row in rows if row.entity == Entity.SUBJECT],
        "of_resources": [row for row in rows if row.entity == Entity.RESOURCE],
        "may_edit": gate.may_somewhere(request.user, EDIT, at=request.at),
    }
    return render(request, "permissions/attributes/list.html", context)


@login_required
@require_http_methods(FORM)
def new(request: HttpRequest) -> HttpResponse:
    """Add an attribute."""
    require(request.user, EDIT, at=request.at)
    form = NewAttributeForm(posted(request))
    tried = attempt(form, lambda given: services.create_attribute(request.user, at=request.at, **given))
    if tried.done:
        tell(request, _("%(name)s is added.") % {"name": tried.done.label})
        return redirect("catalogue:attributes")
    return render(request, "permissions/attributes/new.html", {"form": tried.form}, status=tried.status)


@login_required
@require_http_methods(FORM)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an attribute to edit, with what happened to it."""
    row = fetch(request, EDIT, AttributeDefinition, pk)
    shown = {name: getattr(row, name) for name in ("label", "help", "choices", "row_version")}
    listed = row.type in services.WITH_CHOICES
    form = EditAttributeForm(
        posted(request), initial=shown | {"types": row.types.all()}, entity=row.entity, has_choices=listed
    )
    tried = attempt(form, lambda _given: services.edit_attribute(
        request.user, attribute=row, row_version=form.cleaned_data["row_version"], changes=form.changes, at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is saved.") % {"name": tried.done.label})
        return redirect("catalogue:attributes")
    may_read = gate.shows(request.user, "trail.view", places.target(row, request.at, as_type="trail"), at=request.at)
    context = {"form": tried.form, "attribute": row, "conflicts": tried.conflicts}
    context["events"] = history_of(row) if may_read else None
    return render(request, "permissions/attributes/edit.html", context, status=tried.status)


@login_required
@require_POST
def turn(request: HttpRequest, pk: int) -> HttpResponse:
    """Archive an attribute, or take an archived one into use again."""
    row = fetch(request, EDIT, AttributeDefinition, pk)
    if row.archived_at is None:
        services.archive_attribute(request.user, attribute=row, at=request.at)
        tell(request, _("%(name)s is archived. Its values stay.") % {"name": row.label}, undo=request.path)
    else:
        services.reopen_attribute(request.user, attribute=row, at=request.at)
        tell(request, _("%(name)s is in use again.") % {"name": row.label})
    return redirect("catalogue:attributes")
