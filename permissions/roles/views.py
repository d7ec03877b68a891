"""Pages about roles: the list, one role by tabs, making, editing and retiring one."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Person
from accounts.signin.guards import fresh_factor
from audits.trail.selectors import history_of
from cxaccess.attempts import attempt, posted
from cxaccess.formparts import add_refusal
from cxaccess.lib.errors import InUse, Refused
from cxaccess.lib.listing import Listing, search_text
from cxaccess.lib.models import Risk
from cxaccess.toasts import tell
from permissions import facts, gate, places
from permissions.guards import fetch, passes, require, require_somewhere
from permissions.models import Role, RoleGrant
from permissions.recorded import note_shown
from permissions.roles import holding, listing, pages, rules, selectors, services
from permissions.roles.forms import CloneForm, EditRoleForm, NewRoleForm, ReasonForm
from permissions.roles.matrix import matrix
from permissions.roles.rows import contents
from permissions.roles.uses import uses
from permissions.usage import selectors as usage

ROLE = Role.objects.select_related("owner", "current__made_by", "resource")
ROLES = Listing(
    sorts={"name": ("name",), "risk": ("risk", "name"), "grants": ("grant_count", "name"), "changed": ("current__at",)},
    default="name",
)
HOLDERS = Listing(
    sorts={"holder": ("principal__label",), "until": ("until", "principal__label"), "from": ("starts_at",)},
    default="holder",
)


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the roles that the reader may see."""
    require_somewhere(request.user, "role.view", at=request.at)
    wanted = {name: request.GET.get(name, "") for name in ("view", "risk", "owner")}
    see_use = usage.sees_all(request.user, at=request.at)  # a role has no place: its use is everybody's
    rows = selectors.visible(request.user, at=request.at)
    found = selectors.narrowed(rows, q=search_text(request.GET), see_use=see_use, at=request.at, **wanted)
    beside = _beside(request, selectors.sortable(found, ROLES.sort(request.GET), at=request.at))
    owned = {name: wanted[name] for name in ("risk", "owner")}
    context = beside | wanted | {
        "lines": selectors.lines(beside["page"].rows, at=request.at),
        "see_use": see_use,
        "filters": selectors.filters(request.user, other=beside["other"], at=request.at, **owned),
        "risks": Risk.choices,
        "may_create": gate.may(request.user, "role.create", places.prospect("role"), at=request.at),
    }  # fmt: skip
    return render(request, "permissions/roles/list.html", context)


def _beside(request: HttpRequest, rows: QuerySet[Role]) -> dict[str, Any]:
    """Return the page of `rows` with what stands beside each: how it differs from another, or what it nearly is."""
    reader, at = request.user, request.at
    rows_ = gate.visible(reader, "role.view", Role.objects.filter(retired_at=None), at=at).order_by("name")
    others = list(rows_.values_list("pk", "name"))
    other = listing.other_of(reader, request.GET.get("differs"), at=at)
    page = listing.page_beside(ROLES, rows, request.GET, other, at=at)
    note_shown(reader, "role.view", page.rows, at=at)
    return {
        "page": page,
        "counts": listing.counts_url(page.rows),
        "other": other,
        "others": others,
        "beside": listing.beside(page.rows, other, dict(others), at=at),
    }


@login_required
@require_safe
def counts(request: HttpRequest) -> HttpResponse:
    """Say how many people hold each role of a page: the list asks for that once it stands.

    It is part of the list, whose door counts the use of it.
    """
    require_somewhere(request.user, "role.view", at=request.at, counted=False)
    if not request.htmx:
        return redirect("roles:list")
    found = selectors.held(request.user, request.GET.getlist("role")[: ROLES.size], at=request.at)
    return render(request, "permissions/roles/counts.html", {"held": found})


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a role is for, who answers for it, and the riskiest of what it allows."""
    role = fetch(request, "role.view", ROLE, pk)
    own = {
        "uses": uses(request.user, role, at=request.at),
        "riskiest": selectors.riskiest(role, at=request.at),
        "near": listing.near(request.user, role, at=request.at),
    }
    return render(request, "permissions/roles/detail.html", pages.context(request, role, "purpose", **own))


@login_required
@require_safe
def permissions(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a role allows, as a matrix to read."""
    role = fetch(request, "role.view", ROLE, pk)
    show, q = request.GET.get("show", "all"), search_text(request.GET)
    draft = selectors.draft(role, None, at=request.at)
    shown = matrix(draft, selectors.types(), show=show, q=q)
    own = {"matrix": shown, "show": show, "q": q}
    context = pages.context(request, role, "permissions", draft, **own)
    return render(request, "permissions/roles/permissions.html", context)


@login_required
@require_safe
def holders(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the grants of a role that are in force or will be."""
    role = fetch(request, "role.view", ROLE, pk)
    rows = RoleGrant.objects.not_over(request.at).filter(role=role)
    seen = gate.visible(request.user, "grant.view", rows, at=request.at)
    page = HOLDERS.page(selectors.shown_grants(seen), request.GET)
    own = {"page": page, "unseen": rows.count() - page.count.value, "scopes": selectors.scope_labels(page)}
    own |= selectors.use_by(request.user, role, page.rows, at=request.at)
    return render(request, "permissions/roles/holders.html", pages.context(request, role, "holders", **own))


@login_required
@require_safe
def held(request: HttpRequest, pk: int) -> HttpResponse:
    """Say how many people hold a role: its pages ask for that once they stand, and are what is counted as use."""
    role = get_object_or_404(Role, pk=pk)
    if not passes(request.user, "role.view", role, at=request.at):
        raise Http404
    if not request.htmx:
        return redirect("roles:holders", pk)
    return render(request, "permissions/roles/held.html", {"held": holding.held_by(role, at=request.at)})


@login_required
@require_safe
def includes(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the roles that a role includes, and those that include it."""
    role = fetch(request, "role.view", ROLE, pk)
    now = contents(role.current)
    visible = gate.visible(request.user, "role.view", Role.objects.all(), at=request.at)
    own = {
        "now": now,
        "inner": selectors.included(role, at=request.at),
        "including": gate.visible(request.user, "role.view", rules.including_roles(role.pk), at=request.at),
        "choices": visible.filter(retired_at=None).exclude(pk__in={role.pk, *now.includes}).order_by("name"),
    }
    return render(request, "permissions/roles/includes.html", pages.context(request, role, "includes", **own))


@login_required
@require_safe
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what the trail knows of a role and its grants."""
    role = fetch(request, "trail.view", ROLE, pk, as_type="trail")
    require(request.user, "role.view", role, at=request.at)
    own = {"events": history_of(role, before=request.GET.get("before"), after=request.GET.get("after"))}
    return render(request, "permissions/roles/history.html", pages.context(request, role, "history", **own))


def _people(request: HttpRequest) -> Any:
    return gate.visible(request.user, "person.view", Person.objects.all(), at=request.at)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    """Make a role; its permissions come next, in the matrix."""
    require_somewhere(request.user, "role.create", at=request.at)
    roles = gate.visible(request.user, "role.view", Role.objects.filter(retired_at=None), at=request.at)
    start = {"risk": Risk.LOW, "owner": request.user.pk, "copy_of": request.GET.get("copy")}
    form = NewRoleForm(posted(request), people=_people(request), roles=roles, initial=start)
    tried = attempt(form, lambda given: (
        services.create_role(request.user, **selectors.new_role(given), at=request.at)
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(role)s is made. Now tick what it allows.") % {"role": tried.done.name})
        return redirect("roles:edit_permissions", tried.done.pk)
    return render(request, "permissions/roles/create.html", {"form": tried.form}, status=tried.status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def clone(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a role that holds what another one does."""
    role = fetch(request, "role.view", ROLE, pk)
    require_somewhere(request.user, "role.create", at=request.at)
    start = {"name": selectors.free_name(role), "purpose": role.purpose, "owner": request.user.pk}
    tried = attempt(CloneForm(posted(request), people=_people(request), initial=start), lambda given: (
        services.clone_role(request.user, role=role, at=request.at, **given)
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(role)s is made. Nobody holds it until you give it.") % {"role": tried.done.name})
        return redirect("roles:permissions", tried.done.pk)
    context = {"role": role, "form": tried.form, "count": len(facts.model(request.at).holding.get(role.pk, ()))}
    return render(request, "permissions/roles/clone.html", context, status=tried.status)


@login_required
@fresh_factor()
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a role's name, purpose, owner or risk. Holders of a high risk need a second factor, so it asks for one."""
    role = fetch(request, "role.edit", ROLE, pk)
    shown = rules.editable(role) | {"row_version": role.row_version}
    form = EditRoleForm(posted(request), people=_people(request), initial=shown)
    tried = attempt(form, lambda given: services.edit_role(
        request.user, role=role, row_version=given["row_version"], changes=form.changes, at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(role)s is saved.") % {"role": tried.done.name})
        return redirect("roles:detail", pk)
    context = {"role": role, "form": tried.form, "conflicts": tried.conflicts}
    return render(request, "permissions/roles/edit.html", context, status=tried.status)


@login_required
@fresh_factor()
@require_http_methods(["GET", "HEAD", "POST"])
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a role out of use; refused while anybody holds it."""
    role = fetch(request, "role.retire", ROLE, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.retire_role(request.user, role=role, at=request.at, **form.cleaned_data)
        except InUse:
            raise
        except Refused as refused:
            add_refusal(form, refused)
        else:
            tell(request, _("%(role)s is retired.") % {"role": role.name})
            return redirect("roles:detail", pk)
    own = {"form": form, "users": selectors.users(role, at=request.at)}
    return render(request, "permissions/roles/retire.html", pages.context(request, role, "", **own))


@login_required
@fresh_factor()
@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a retired role back."""
    role = fetch(request, "role.retire", ROLE, pk)
    tried = attempt(ReasonForm(posted(request)), lambda given: (
        services.reopen_role(request.user, role=role, at=request.at, **given)
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(role)s can be given again.") % {"role": role.name})
        return redirect("roles:detail", pk)
    own = {"form": tried.form}
    context = pages.context(request, role, "", **own)
    return render(request, "permissions/roles/reopen.html", context, status=tried.status)
