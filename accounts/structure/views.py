"""Regions and departments as trees."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Node, NodeKind
from accounts.pages import Tab
from accounts.people.forms import ReasonForm
from accounts.signin.guards import fresh_factor
from accounts.structure import selectors, services
from accounts.structure.forms import EditPlaceForm, MovePlaceForm, NewPlaceForm
from audits.trail.selectors import history_of
from cxaccess.attempts import attempt, posted
from cxaccess.toasts import tell
from permissions import gate
from permissions.guards import fetch, require_somewhere

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
FORM = ("GET", "HEAD", "POST")
EDIT = "structure.edit"
SHOWN = (NodeKind.REGION, NodeKind.DEPARTMENT, NodeKind.PRODUCT_LINE, NodeKind.SEGMENT)
ADD = {
    NodeKind.REGION: gettext_lazy("Add region"),
    NodeKind.DEPARTMENT: gettext_lazy("Add department"),
    NodeKind.PRODUCT_LINE: gettext_lazy("Add product line"),
    NodeKind.SEGMENT: gettext_lazy("Add segment"),
}
NONE_YET = {
    NodeKind.REGION: gettext_lazy("No regions yet"),
    NodeKind.DEPARTMENT: gettext_lazy("No departments yet"),
    NodeKind.PRODUCT_LINE: gettext_lazy("No product lines yet"),
    NodeKind.SEGMENT: gettext_lazy("No segments yet"),
}


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Show one kind's tree; how many people and teams stand in it is asked for once it stands, or by `counted`."""
    require_somewhere(request.user, "structure.view", at=request.at)
    kind, counted = _kind(request), "counted" in request.GET
    forest = selectors.forest(_seen(request, kind), counted=counted)
    steps = list(selectors.walk(forest))
    editable = gate.allowed(request.user, EDIT, [branch.node for branch, begins in steps if begins], at=request.at)
    for branch, _begins in steps:
        branch.editable = branch.node.pk in editable
    context = {
        "kind": kind,
        "counted": counted,
        "tabs": _tabs(kind),
        "forest": forest,
        "steps": steps,
        **_words(kind),
        "filter": selectors.people_filter(kind),
        "may_add": gate.may_somewhere(request.user, EDIT, at=request.at),
    }
    return render(request, "accounts/structure/index.html", context)


@require_safe
@login_required
def counts(request: HttpRequest) -> HttpResponse:
    """Say how many people and teams stand at each place of a tree: the tree asks for that once it stands.

    It is part of the tree, whose door counts the use of it.
    """
    require_somewhere(request.user, "structure.view", at=request.at, counted=False)
    kind = _kind(request)
    if not request.htmx:
        return redirect(f"{_tree(kind)}&counted=1")
    steps = selectors.walk(selectors.forest(_seen(request, kind)))
    context = {"branches": [branch for branch, begins in steps if begins]}
    return render(request, "accounts/structure/counts.html", context)


def _seen(request: HttpRequest, kind: str) -> QuerySet[Node]:
    rows = Node.objects.filter(kind=kind, archived_at=None)
    return gate.visible(request.user, "structure.view", rows, at=request.at)


@require_http_methods(FORM)
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Add a place."""
    require_somewhere(request.user, EDIT, at=request.at)
    kind = _kind(request)
    initial = {"parent": request.GET.get("parent")}
    form = NewPlaceForm(posted(request), initial=initial, kind=kind, reader=request.user, at=request.at)
    tried = attempt(form, lambda given: services.add_node(request.user, kind=kind, at=request.at, **given))
    if tried.done:
        tell(request, _("%(name)s is added.") % {"name": tried.done.name})
        return redirect(_tree(kind))
    context = {"form": tried.form, "back": _tree(kind), **_words(kind)}
    return render(request, "accounts/structure/new.html", context, status=tried.status)


@require_safe
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show where a place lies, who is there, and what happened to it."""
    context = _page(request, pk, "structure.view")
    node = context["node"]
    below = Node.objects.filter(parent=node, archived_at=None)
    context["filter"] = selectors.people_filter(node.kind)
    context |= {"users": selectors.users_of(node, at=request.at), "children": below.order_by("lft")}
    if gate.shows(request.user, "trail.view", at=request.at):
        where = {name: request.GET.get(name) for name in ("before", "after")}
        context["events"] = history_of(node, **where)
    return render(request, "accounts/structure/detail.html", context)


@require_http_methods(FORM)
@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a place is called."""
    context = _page(request, pk, EDIT)
    node = context["node"]
    initial = {name: getattr(node, name) for name in (*services.EDITABLE, "row_version")}
    form = EditPlaceForm(posted(request), initial=initial)
    tried = attempt(form, lambda _given: services.edit_node(
        request.user, node=node, row_version=form.cleaned_data["row_version"], changes=form.changes, at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is saved.") % {"name": tried.done.name})
        return redirect(_tree(node.kind))
    context |= {"form": tried.form, "conflicts": tried.conflicts}
    return render(request, "accounts/structure/edit.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a place, with all below it, under another."""
    context = _page(request, pk, EDIT)
    node = context["node"]
    initial = {"parent": node.parent, "row_version": node.row_version}
    form = MovePlaceForm(posted(request), initial=initial, node=node, reader=request.user, at=request.at)
    tried = attempt(form, lambda given: services.move_node(request.user, node=node, at=request.at, **given))
    if tried.done:
        tell(request, _("%(name)s has moved.") % {"name": node.name})
        return redirect(_tree(node.kind))
    context |= {"form": tried.form, "conflicts": tried.conflicts}
    return render(request, "accounts/structure/move.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a place out of use."""
    context = _page(request, pk, EDIT)
    node = context["node"]
    tried = attempt(ReasonForm(posted(request)), lambda given: services.archive_node(
        request.user, node=node, reason=given["reason"], at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is archived.") % {"name": node.name})
        return redirect(_tree(node.kind))
    context |= {"form": tried.form, "users": selectors.users_of(node, at=request.at)}
    return render(request, "accounts/structure/archive.html", context, status=tried.status)


def _page(request: HttpRequest, pk: int, action: str) -> dict[str, Any]:
    node = fetch(request, action, Node.objects.select_related("parent"), pk)
    may_edit = node.archived_at is None and gate.may(request.user, EDIT, node, at=request.at)
    return {"node": node, "path": selectors.path_of(node), "back": _tree(node.kind), "may_edit": may_edit}


def _kind(request: HttpRequest) -> str:
    asked = request.GET.get("kind", "")
    return asked if asked in SHOWN else NodeKind.REGION


def _words(kind: str) -> dict[str, Any]:
    """Return what the pages of one kind say."""
    return {"add": ADD[NodeKind(kind)], "none_yet": NONE_YET[NodeKind(kind)]}


def _tree(kind: str) -> str:
    return f"{reverse('structure:index')}?kind={kind}"


def _tabs(current: str) -> list[Tab]:
    names = {
        NodeKind.REGION: _("Regions"),
        NodeKind.DEPARTMENT: _("Departments"),
        NodeKind.PRODUCT_LINE: _("Product lines"),
        NodeKind.SEGMENT: _("Segments"),
    }
    return [Tab(names[kind], f"?kind={kind.value}", kind == current) for kind in SHOWN]
