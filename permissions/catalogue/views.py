"""Pages about the catalogue: every permission, one with its why card, editing that card."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Person
from accounts.signin.guards import fresh_factor
from audits.trail.selectors import history_of
from cxaccess.attempts import attempt, posted
from cxaccess.lib.listing import search_text
from cxaccess.lib.models import Risk
from cxaccess.toasts import tell
from permissions import gate, places
from permissions.catalogue import cards, selectors
from permissions.catalogue.forms import CardForm
from permissions.guards import fetch, require_somewhere
from permissions.models import Action

ACTION = Action.objects.select_related("type", "owner")


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List every permission by area and type."""
    require_somewhere(request.user, "catalogue.view", at=request.at)
    q, risk = search_text(request.GET), request.GET.get("risk", "")
    context = {
        "areas": selectors.areas(q=q, risk=risk, at=request.at),
        "q": q,
        "risk": risk,
        "risks": Risk.choices,
        "total": Action.objects.count(),
    }
    return render(request, "permissions/catalogue/list.html", context)


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one permission: why it exists, what it exposes, which roles give it, how many people hold it."""
    action = fetch(request, "catalogue.view", ACTION, pk)
    person, at = request.user, request.at
    may_read = gate.shows(person, "trail.view", places.target(action, at, as_type="trail"), at=at)
    visible = gate.held(person, at=at)
    context: dict[str, Any] = {
        "action": action,
        "givers": selectors.givers(person, action, at=at) if "role.view" in visible else None,
        "holders": selectors.holders(action, at=at),
        "may_edit": gate.may(person, "catalogue.edit", action, at=at),
        "events": history_of(action, before=request.GET.get("before")) if may_read else None,
        **selectors.neighbours(action),
        **(selectors.use_of(person, action, at=at) if "usage.view" in visible else {}),
    }
    return render(request, "permissions/catalogue/detail.html", context)


@login_required
@fresh_factor()
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a why card; the risks on it say who needs a second factor."""
    action = fetch(request, "catalogue.edit", ACTION, pk)
    shown = cards.editable(action) | {"row_version": action.row_version}
    people = gate.visible(request.user, "person.view", Person.objects.all(), at=request.at)
    form = CardForm(posted(request), people=people, initial=shown)
    tried = attempt(form, lambda given: cards.edit_card(
        request.user, action=action, row_version=given["row_version"], changes=form.changes, at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("The card of %(key)s is saved.") % {"key": action.key})
        return redirect("catalogue:detail", pk)
    context = {"action": action, "form": tried.form, "conflicts": tried.conflicts}
    return render(request, "permissions/catalogue/edit.html", context, status=tried.status)
