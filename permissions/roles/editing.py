"""The matrix editor: tick, preview who gains and who loses, say why, save a version."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.signin.guards import fresh_factor
from cxaccess.formparts import add_refusal
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.listing import number_in, search_text
from cxaccess.toasts import tell
from permissions import gate
from permissions.guards import fetch
from permissions.models import Role
from permissions.roles import pages, selectors, services
from permissions.roles.forms import DraftForm, SaveForm
from permissions.roles.matrix import matrix
from permissions.roles.preview import Preview, preview
from permissions.roles.rows import Contents, contents

ROWS = Role.objects.select_related("owner", "current__made_by", "resource")


@login_required
@fresh_factor()
@require_http_methods(["GET", "HEAD", "POST"])
def edit_permissions(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the matrix to tick in; a POST shows what its draft would do and saves nothing."""
    role = fetch(request, "role.edit", ROWS, pk)
    if request.method != "POST":
        return page(request, role, None)
    form = _form(DraftForm, request, role)
    if not form.is_valid():
        raise SuspiciousOperation("The draft names permissions or roles that do not exist.")
    if form.cleaned_data["number"] != role.current.number:
        return _overtaken(request, role, form)
    return page(request, role, form.contents)


@login_required
@fresh_factor()
@require_POST
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """Save a draft as the next version."""
    role = fetch(request, "role.edit", ROWS, pk)
    form = _form(SaveForm, request, role)
    if {"action", "include", "row_version", "number"} & form.errors.keys():
        raise SuspiciousOperation("The draft names permissions or roles that do not exist.")
    effect = preview(request.user, selectors.draft(role, form.contents, at=request.at), at=request.at)
    if not form.is_valid() or not _confirmed(form, effect):
        return page(request, role, form.contents, form=form)
    try:
        version = services.save_version(request.user, role=role, at=request.at, **_saved(form))
    except Stale:
        return _overtaken(request, role, form)
    except Refused as refused:
        add_refusal(form, refused)
        return page(request, role, form.contents, form=form)
    _told(request, role, version.number, effect.people)
    return redirect("roles:permissions", pk)


def _form(kind: type[DraftForm], request: HttpRequest, role: Role) -> Any:
    roles = gate.visible(request.user, "role.view", Role.objects.filter(retired_at=None), at=request.at)
    data = request.POST.copy()
    data.setlist("include", [value for value in data.getlist("include") if value])
    return kind(data, role=role, roles=roles)


def _saved(form: SaveForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "row_version": data["row_version"],
        "actions": form.contents.actions,
        "includes": list(data["include"]),
        "note": data["note"],
        "restores": data["restores"],
    }


def _confirmed(form: SaveForm, effect: Preview) -> bool:
    """Return whether the number was typed where it must be."""
    if not effect.must_type or form.cleaned_data["typed"] == effect.gaining_high:
        return True
    form.add_error("typed", _("Type %(n)d, the number of people who gain high risk.") % {"n": effect.gaining_high})
    return False


def _told(request: HttpRequest, role: Role, number: int, people: int) -> None:
    if not people:
        tell(request, _("Version %(version)d of %(role)s is live.") % {"version": number, "role": role.name})
        return
    text = ngettext(
        "Version %(version)d of %(role)s is live. It changes the access of %(n)d person.",
        "Version %(version)d of %(role)s is live. It changes the access of %(n)d people.",
        people,
    )
    tell(request, text % {"version": number, "role": role.name, "n": people})


def page(
    request: HttpRequest,
    role: Role,
    after: Contents | None,
    *,
    form: SaveForm | None = None,
    **own: Any,
) -> HttpResponse:
    """Draw the editor on `after`; with a draft that differs, also what it would do."""
    draft = selectors.draft(role, after, at=request.at)
    show, q = request.POST.get("show", "all"), search_text(request.POST)
    differs = draft.after != draft.before
    own |= {
        "matrix": matrix(draft, selectors.types(), show=show, q=q),
        "draft": draft,
        "show": show,
        "q": q,
        "form": form or SaveForm(role=role, roles=Role.objects.none(), initial={"note": request.POST.get("note", "")}),
        "restores": own.get("restores") or number_in(request.POST.get("restores")),
        "preview": preview(request.user, draft, at=request.at) if differs else None,
        "moves": selectors.moves(draft),
    }
    status = 409 if "overtaken" in own else 200
    return render(
        request,
        "permissions/roles/edit_permissions.html",
        pages.context(request, role, "permissions", **own),
        status=status,
    )


def _overtaken(request: HttpRequest, role: Role, form: DraftForm) -> HttpResponse:
    """Show what somebody else saved meanwhile, with the reader's own ticks put on top of it."""
    role = ROWS.get(pk=role.pk)
    base = role.versions.filter(number=form.cleaned_data["number"]).first()
    then, now, mine = contents(base), contents(role.current), form.contents
    actions = (now.actions - (then.actions - mine.actions)) | (mine.actions - then.actions)
    includes = (now.includes - (then.includes - mine.includes)) | (mine.includes - then.includes)
    steps = [step for step in selectors.steps(role) if base is None or step.version.number > base.number]
    own = {"form": form} if isinstance(form, SaveForm) else {}
    return page(request, role, Contents(actions, includes), **own, overtaken=steps)
