"""Giving a role: who gets it, then what, where, how long and why; for a high risk, a summary to confirm."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.signin.guards import fresh_factor
from cxaccess.formparts import add_refusal
from cxaccess.lib.errors import Refused
from cxaccess.lib.listing import Listing, number_in, search_text
from cxaccess.lib.models import Risk
from cxaccess.toasts import tell
from permissions import giving
from permissions.grants import choices, scopes, services
from permissions.grants.forms import GiveForm
from permissions.guards import require_somewhere
from permissions.models import RoleGrant
from permissions.roles import selectors as roles

TAKERS = Listing(sorts={"name": ("label",)}, default="name", size=20)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def give(request: HttpRequest) -> HttpResponse:
    """Choose who gets it (without `to` in the address), then fill in the rest; a high risk is confirmed first."""
    require_somewhere(request.user, giving.GIVE, at=request.at)
    if request.method != "POST":
        return _choose(request) if not request.GET.get("to") else _page(request, _form(request, None))
    form = _form(request, request.POST)
    if not form.is_valid():
        return _page(request, form)
    if form.cleaned_data["role"].risk >= Risk.HIGH:
        return redirect(f"{reverse('grants:confirm')}?{_query(request.POST)}")
    return _give(request, form)


@login_required
@fresh_factor()
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Show what giving a role of high risk means, and give it."""
    require_somewhere(request.user, giving.GIVE, at=request.at)
    form = _form(request, request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        return _page(request, form)
    if request.method == "POST":
        return _give(request, form)
    given = [(name, value) for name, value in request.GET.items() if name in form.posted]
    context = {"form": form, "given": given, **_meaning(form, request.at)}
    return render(request, "permissions/grants/confirm.html", context)


def _meaning(form: GiveForm, at: datetime) -> dict[str, Any]:
    """Return what the person who confirms should know of what they give."""
    role, until = form.cleaned_data["role"], form.cleaned_data["until"]
    return {
        "role": role,
        "to": form.cleaned_data["to"],
        "where": scopes.words(form.terms),
        "riskiest": roles.riskiest(role, at=at),
        "starts": form.start(),
        "until": until,
        "long": services.is_long(form.start(), until),
    }


def _choose(request: HttpRequest) -> HttpResponse:
    """Let the reader find a person or a team."""
    rows = choices.takers(request.user, at=request.at)
    q = search_text(request.GET)
    page = TAKERS.page(rows.filter(label__icontains=q) if q else rows, request.GET)
    role = choices.roles(request.user, at=request.at).filter(pk=number_in(request.GET.get("role"))).first()
    return render(request, "permissions/grants/choose.html", {"page": page, "role": role})


def _form(request: HttpRequest, data: QueryDict | None) -> GiveForm:
    at = request.at
    initial = {"to": request.GET.get("to"), "role": request.GET.get("role")}
    return GiveForm(
        data,
        initial=initial,
        zone=request.user.time_zone,
        at=at,
        takers=choices.takers(request.user, at=at),
        roles=choices.roles(request.user, at=at),
        places=choices.places(request.user, at=at),
    )


def _page(request: HttpRequest, form: GiveForm, twin: int | None = None) -> HttpResponse:
    """Draw the form; whom the reader may not see is chosen anew."""
    taker = form.fields["to"].queryset.filter(pk=number_in(form["to"].value())).first()  # type: ignore[attr-defined]
    if taker is None:
        return redirect("grants:give")
    chosen = form.fields["role"].queryset.filter(pk=number_in(form["role"].value())).first()  # type: ignore[attr-defined]
    held = RoleGrant.objects.not_over(request.at).filter(principal=taker).select_related("role").order_by("role__name")
    context: dict[str, Any] = {"form": form, "to": taker, "chosen": chosen, "held": held[:20], "twin": twin}
    return render(request, "permissions/grants/give.html", context)


def _give(request: HttpRequest, form: GiveForm) -> HttpResponse:
    data = form.cleaned_data
    try:
        grant = services.give_in_words(
            request.user,
            principal=data["to"],
            role=data["role"],
            terms=form.terms,
            starts_at=data["starts_at"],
            until=data["until"],
            reason=data["reason"],
            at=request.at,
        )
    except Refused as refused:
        add_refusal(form, refused)
        return _page(request, form, twin=refused.facts.get("grant"))
    tell(request, _("%(name)s now holds %(role)s.") % {"name": data["to"].label, "role": data["role"].name})
    return redirect("grants:detail", grant.pk)


def _query(data: QueryDict) -> str:
    """Return the form as part of an address, so that a step-up can come back to it."""
    kept = data.copy()
    kept.pop("csrfmiddlewaretoken", None)
    return kept.urlencode()
