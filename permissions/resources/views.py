"""Pages that show resources: the list, one resource in tabs."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from audits.trail.selectors import history_of
from cxaccess.refusals import about_content
from permissions import gate, places
from permissions.guards import require, require_somewhere
from permissions.recorded import note_shown
from permissions.resources import fields, listing, pages, rows, selectors
from permissions.resources import who as holding
from permissions.resources.listed import record_listed
from permissions.resources.listing import LISTING, Criteria
from permissions.resources.opening import ARCHIVE, CREATE, EDIT, EXPORT, TYPE, VIEW, lowered_until, opens_console, seen

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """List the resources that the reader may see."""
    require_somewhere(request.user, VIEW, at=request.at)
    wanted, visible = Criteria.of(request.GET), seen(request.user, at=request.at)
    found = listing.narrowed(visible, wanted, request.user.pk, at=request.at)
    page = LISTING.page(rows.shown(found), request.GET)
    record_listed(request.user, page.rows, page="list", at=request.at)
    note_shown(request.user, VIEW, page.rows, at=request.at, as_type=TYPE)
    context: dict[str, Any] = {
        "page": page,
        "rows": rows.rows_of(page.rows),
        "wanted": wanted,
        "chips": list(wanted.chips(request.user, at=request.at)),
        "tabs": rows.tabs(request.GET),
        "hidden": rows.kept_filters(request.GET),
    }
    for name, action in (("create", CREATE), ("edit", EDIT), ("archive", ARCHIVE), ("export", EXPORT)):
        context[f"may_{name}"] = gate.may_somewhere(request.user, action, at=request.at)
    return render(request, "permissions/resources/list.html", context)


@require_safe
@login_required
def counts(request: HttpRequest) -> HttpResponse:
    """Say how many resources each view of the list has: the list asks for that once it stands.

    It is part of the list, whose door counts the use of it.
    """
    require_somewhere(request.user, VIEW, at=request.at, counted=False)
    if not request.htmx:
        return redirect("resources:list")
    found = rows.counted(seen(request.user, at=request.at), request.user, at=request.at)
    return render(request, "components/tab_counts.html", {"tabs": found})


@require_safe
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what is known of a resource and, to whom its type's permission says so, what it holds."""
    resource = pages.read(pk)
    if resource.object_kind in rows.CONSOLE and opens_console(request.user, resource, at=request.at):
        return redirect(rows.page_url(resource))  # which asks for itself what of it they see
    context = pages.resource_page(request, resource, "resources:detail")
    opening = context["opening"]
    declared = resource.type.fields
    context["fields"] = [(row["label"], fields.class_label(row["data_class"])) for row in declared]
    context["values"] = fields.values(resource, declared, opening.content)
    context["kept_back"] = about_content(request, opening.content) if declared else None
    context["guarded_until"] = lowered_until(resource, request.at)
    context["custom"] = selectors.custom_of(resource) if opening.attributes else []
    return render(request, "permissions/resources/detail.html", context)


@require_safe
@login_required
def who(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who may do what with a resource, to whoever may ask about access there."""
    context = pages.resource_page(request, pk, "resources:who")
    opening = context["opening"]
    if not pages.may_ask_who(opening, request.at):
        require(request.user, "access.check", places.retyped(opening.here, "access"), at=request.at)
    actions = holding.actions_on(context["resource"])
    asked = request.GET.get("action", "")
    action = next((action for action in actions if action.key == asked), actions[0])
    page, holders = holding.holders(opening, action, request.GET, at=request.at)
    context |= {"actions": actions, "action": action, "page": page, "holders": holders}
    context["sees_use"] = any(holder.seen for holder in holders)
    return render(request, "permissions/resources/who.html", context)


@require_safe
@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what happened to a resource, to whoever may read the trail about it."""
    context = pages.resource_page(request, pk, "resources:history")
    opening = context["opening"]
    require(request.user, "trail.view", places.retyped(opening.here, "trail"), at=request.at)
    where = {name: request.GET.get(name) for name in ("before", "after")}
    context["events"] = history_of(context["resource"], **where)
    return render(request, "permissions/resources/history.html", context)
