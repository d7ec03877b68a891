"""Pages about resource types: the list, one with its fields and permissions, making and changing them."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.people.forms import ReasonForm
from accounts.signin.guards import fresh_factor
from audits.trail.selectors import history_of
from cxaccess.attempts import attempt, posted
from cxaccess.lib.listing import Count
from cxaccess.toasts import tell
from permissions import gate, places
from permissions.attributes import values as attributes
from permissions.catalogue import types
from permissions.catalogue.type_forms import ActionForm, EditTypeForm, FieldForm, NewFieldForm, NewTypeForm
from permissions.guards import fetch, require, require_somewhere
from permissions.models import Resource, ResourceType
from permissions.resources.fields import class_label

# mypy: disable-error-code="arg-type, attr-defined"
FORM = ("GET", "HEAD", "POST")
EDIT, CLASSIFY = types.EDIT, types.CLASSIFY


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the types, those of the platform first."""
    require_somewhere(request.user, "catalogue.view", at=request.at)
    rows = list(ResourceType.objects.filter(console=False).prefetch_related("actions"))
    counts = Count.of_all([Resource.objects.filter(type=row, archived_at=None) for row in rows])
    context = {
        "types": list(zip(rows, counts, strict=True)),
        "console": ResourceType.objects.filter(console=True).prefetch_related("actions"),
        "may_edit": gate.may_somewhere(request.user, EDIT, at=request.at),
    }
    return render(request, "permissions/catalogue/types/list.html", context)


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one type: its fields, its permissions, the attributes that apply, what happened to it."""
    context = _page(request, pk, "catalogue.view")
    type_ = context["type"]
    context |= {
        "fields": [(row, class_label(row["data_class"])) for row in type_.fields],
        "actions": type_.actions.select_related("owner"),
        "attributes": [] if type_.console else attributes.of_type(type_),
        "may_edit": not type_.console and gate.may(request.user, EDIT, type_, at=request.at),
        "may_classify": not type_.console and gate.may(request.user, CLASSIFY, type_, at=request.at),
        "may_list": gate.may_somewhere(request.user, "resource.view", at=request.at),
    }
    may_read = gate.shows(request.user, "trail.view", places.target(type_, request.at, as_type="trail"), at=request.at)
    context["events"] = history_of(type_, before=request.GET.get("before")) if may_read else None
    return render(request, "permissions/catalogue/types/detail.html", context)


@login_required
@require_http_methods(FORM)
def new(request: HttpRequest) -> HttpResponse:
    """Make a type of one's own."""
    require(request.user, EDIT, at=request.at)
    form = NewTypeForm(posted(request), initial={"area": request.GET.get("area", "")})
    tried = attempt(form, lambda given: types.create_type(request.user, at=request.at, **given))
    if tried.done:
        tell(
            request,
            _("%(name)s is a type now. Say which data it holds and what can be done with it.")
            % {"name": tried.done.label},
        )
        return redirect("catalogue:type", tried.done.pk)
    areas = ResourceType.objects.filter(console=False).order_by("area").values_list("area", flat=True).distinct()
    context = {"form": tried.form, "areas": areas}
    return render(request, "permissions/catalogue/types/new.html", context, status=tried.status)


@login_required
@require_http_methods(FORM)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what people read of a type."""
    context = _page(request, pk, EDIT)
    type_ = context["type"]
    shown = {name: getattr(type_, name) for name in (*types.EDITABLE, "row_version")}
    form = EditTypeForm(posted(request), initial=shown)
    tried = attempt(form, lambda _given: types.edit_type(
        request.user, type_=type_, row_version=form.cleaned_data["row_version"], changes=form.changes, at=request.at
    ))  # fmt: skip
    return _done(request, tried, context, _("%(name)s is saved.") % {"name": type_.label}, _("Edit"))


@login_required
@fresh_factor()
@require_http_methods(FORM)
def add_field(request: HttpRequest, pk: int) -> HttpResponse:
    """Declare a field."""
    context = _page(request, pk, EDIT)
    form = NewFieldForm(posted(request))
    tried = attempt(form, lambda given: types.add_field(
        request.user, type_=context["type"], at=request.at, **given
    ))  # fmt: skip
    return _done(request, tried, context, _("The field is added."), _("Add a field"))


@login_required
@fresh_factor()
@require_http_methods(FORM)
def edit_field(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Change a field's name or kind of data: masking goes by that, so it asks who is there."""
    context = _page(request, pk, EDIT)
    may_classify = gate.may(request.user, CLASSIFY, context["type"], at=request.at)
    form = FieldForm(posted(request), initial=_field(context["type"], name), may_classify=may_classify)
    tried = attempt(form, lambda given: types.edit_field(
        request.user, type_=context["type"], name=name, at=request.at, **given
    ))  # fmt: skip
    return _done(request, tried, context, _("The field is saved."), _("Edit the field %(name)s") % {"name": name})


@login_required
@fresh_factor()
@require_http_methods(FORM)
def remove_field(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Say how many resources hold a value, ask why, and take the field out with them."""
    context = _page(request, pk, CLASSIFY)
    field = _field(context["type"], name)
    tried = attempt(ReasonForm(posted(request)), lambda given: (types.remove_field(
        request.user, type_=context["type"], name=name, reason=given["reason"], at=request.at
    ),))  # fmt: skip
    if tried.done:
        (n,) = tried.done
        said = ngettext("The field is gone, and its value of %(n)d resource.",
                        "The field is gone, and its values of %(n)d resources.", n)  # fmt: skip
        tell(request, said % {"n": n})
        return redirect("catalogue:type", pk)
    context |= {"form": tried.form, "field": field, "held": Count.of(types.holding(context["type"], name))}
    return render(request, "permissions/catalogue/types/remove_field.html", context, status=tried.status)


@login_required
@require_http_methods(FORM)
def add_action(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a permission with its why card."""
    context = _page(request, pk, EDIT)
    form = ActionForm(posted(request), others=context["type"].actions.all())
    tried = attempt(form, lambda given: types.add_action(
        request.user, type_=context["type"], at=request.at, **given
    ))  # fmt: skip
    return _done(request, tried, context, _("The permission is added. Give it to a role."), _("Add a permission"))


def _page(request: HttpRequest, pk: int, action: str) -> dict[str, Any]:
    return {"type": fetch(request, action, ResourceType, pk)}


def _field(type_: ResourceType, name: str) -> dict[str, str]:
    found = next((dict(row) for row in type_.fields if row["name"] == name), None)
    if found is None:
        raise Http404
    return found


def _done(request: HttpRequest, tried: Any, context: dict[str, Any], told: str, heading: str) -> HttpResponse:
    """Go back to the type once it is done; else show the form again."""
    if tried.done:
        tell(request, told)
        return redirect("catalogue:type", context["type"].pk)
    context |= {"form": tried.form, "conflicts": tried.conflicts, "heading": heading}
    return render(request, "permissions/catalogue/types/form.html", context, status=tried.status)
