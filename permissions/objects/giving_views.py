"""Giving on one resource: who gets it, on what, then which permission, how long and why; a high risk is confirmed."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import Principal
from accounts.people import lookups
from accounts.reads import sees_everybody
from accounts.signin.guards import fresh_factor
from cxaccess.attempts import INVALID, attempt
from cxaccess.formparts import add_refusal
from cxaccess.lib.errors import Refused
from cxaccess.lib.listing import Listing, number_in, search_text
from cxaccess.lib.models import Risk
from cxaccess.toasts import tell
from permissions import giving
from permissions.grants.services import is_long
from permissions.guards import require_somewhere
from permissions.models import Action, Resource
from permissions.objects import choices, rows, services
from permissions.objects.forms import FindForm, GiveOnForm
from permissions.resources.listed import record_listed

# mypy: disable-error-code="arg-type, attr-defined"
TAKERS = Listing(sorts={"name": ("label",)}, default="name", size=20)
THINGS = Listing(sorts={"name": ("name",)}, default="name", size=20)
FORM = ["GET", "HEAD", "POST"]


def _door(request: HttpRequest) -> None:
    if not choices.may_give_somewhere(request.user, at=request.at):
        require_somewhere(request.user, giving.SHARE, at=request.at)


@login_required
@require_http_methods(FORM)
def give(request: HttpRequest) -> HttpResponse:
    """Choose on what and who (without `on` and `to` in the address), then the rest; a high risk is confirmed first."""
    _door(request)
    if request.method != "POST":
        return _asked(request)
    form, to, on = _form(request, request.POST, bound=True)
    if not form.is_valid():
        return _page(request, form, to, on, status=INVALID)
    if form.cleaned_data["action"].risk >= Risk.HIGH:
        kept = request.POST.copy()
        kept.pop("csrfmiddlewaretoken", None)
        return redirect(f"{reverse('objects:confirm')}?{kept.urlencode()}")
    return _give(request, form, to, on)


@login_required
@fresh_factor()
@require_http_methods(FORM)
def confirm(request: HttpRequest) -> HttpResponse:
    """Show what giving a permission of high risk means, and give it."""
    _door(request)
    form, to, on = _form(request, request.POST if request.method == "POST" else request.GET, bound=True)
    if not form.is_valid():
        return _page(request, form, to, on, status=INVALID if request.method == "POST" else 200)
    if request.method == "POST":
        return _give(request, form, to, on)
    data = form.cleaned_data
    given = [(name, value) for name, value in request.GET.items() if name in form.posted]
    context = {"form": form, "given": given, "to": to, "on": on, "action": data["action"]}
    context |= {"starts": form.start(), "until": data["until"], "long": is_long(form.start(), data["until"])}
    return render(request, "permissions/objects/confirm.html", context)


def _asked(request: HttpRequest) -> HttpResponse:
    """Let the reader find what is missing: the thing first, then who gets it; then show the form."""
    form, to, on = _form(request, request.GET, bound=False)
    q = search_text(request.GET)
    if on is None:
        found = choices.things(request.user, at=request.at)
        page = THINGS.page(found.filter(name__icontains=q) if q else found, request.GET)
        record_listed(request.user, page.rows, page="give", at=request.at)
        return render(
            request, "permissions/objects/choose_thing.html", {"page": page, "to": to, "proof": _found(request)}
        )
    if to is None:
        by_mail = FindForm(initial={"on": on.pk, "mail": q if "@" in q else ""})
        return _choose(request, on, by_mail)
    return _page(request, form, to, on)


def _choose(request: HttpRequest, on: Resource, by_mail: FindForm, status: int = 200) -> HttpResponse:
    """Let the reader choose somebody whom they see, or find one by the whole address."""
    q = search_text(request.GET)
    people = choices.takers(request.user, at=request.at)
    named = people.filter(label__icontains=q) | people.filter(person__email__iexact=q) if q else people
    context = {"page": TAKERS.page(named, request.GET), "on": on, "by_mail": by_mail}
    context["others"] = not sees_everybody(request.user, at=request.at)
    return render(request, "permissions/objects/choose.html", context, status=status)


@login_required
@require_http_methods(FORM)
def find(request: HttpRequest) -> HttpResponse:
    """Find somebody by their whole mail address, to give them something on a thing that the reader may share."""
    _door(request)
    if request.method != "POST":
        return redirect(f"{reverse('objects:give')}?{request.GET.urlencode()}")
    form = FindForm(request.POST)
    on = choices.things(request.user, at=request.at).filter(pk=number_in(request.POST.get("on"))).first()
    if on is None:
        return redirect("objects:give")
    tried = attempt(form, lambda given: lookups.by_mail(request.user, mail=given["mail"], at=request.at))
    if tried.done:
        proof = lookups.proof(request.user, tried.done)
        asked = QueryDict(mutable=True)
        asked.update({"on": str(on.pk), "to": str(tried.done.principal_id), "found": proof})
        return redirect(f"{reverse('objects:give')}?{asked.urlencode()}")
    if form.is_valid():
        form.add_error("mail", lookups.nobody())
    return _choose(request, on, form, status=INVALID)


def _found(request: HttpRequest) -> str:
    """Return the proof that the reader found whom they do not see."""
    data = request.POST if request.method == "POST" else request.GET
    return data.get("found", "")[:200]


def _form(
    request: HttpRequest, data: QueryDict, *, bound: bool
) -> tuple[GiveOnForm, Principal | None, Resource | None]:  # fmt: skip
    """Return the form with whom and what it is about, if the reader may choose those."""
    at = request.at
    takers = choices.takers(request.user, at=at, found=_found(request))
    things = choices.things(request.user, at=at)
    to, on = (kept.filter(pk=number_in(data.get(name))).first() for kept, name in ((takers, "to"), (things, "on")))
    actions = choices.actions(request.user, on, at=at) if on is not None else Action.objects.none()
    initial = {name: data.get(name) for name in ("to", "on", "found", "action")}
    zone = request.user.time_zone
    form = GiveOnForm(
        data if bound else None, initial=initial, zone=zone, at=at, takers=takers, things=things, actions=actions
    )  # fmt: skip
    return form, to, on  # type: ignore[return-value]


def _page(
    request: HttpRequest, form: GiveOnForm, to: Any, on: Any, *, twin: str = "", status: int = 200
) -> HttpResponse:
    """Draw the form; whom or what the reader may not choose is chosen anew."""
    if to is None or on is None:
        kept = f"?to={to.pk}" if to else f"?on={on.pk}" if on else ""
        return redirect(f"{reverse('objects:give')}{kept}")
    held = rows.held_by(to).filter(content_object=on).not_over(request.at).order_by("pk")[:20]  # type: ignore[attr-defined]
    context = {"form": form, "to": to, "on": on, "twin": twin, "proof": _found(request)}
    context["held"] = [(rows.key(grant), grant) for grant in held]
    return render(request, "permissions/objects/give.html", context, status=status)


def _give(request: HttpRequest, form: GiveOnForm, to: Any, on: Any) -> HttpResponse:
    try:
        grant = services.give_on(request.user, at=request.at, **form.stated)
    except Refused as refused:
        add_refusal(form, refused)
        return _page(request, form, to, on, twin=refused.facts.get("grant", ""), status=INVALID)
    names = {"name": to.label, "action": form.cleaned_data["action"].label, "thing": on.name}
    tell(request, _("%(name)s now has “%(action)s” on “%(thing)s”.") % names)
    return redirect("objects:detail", rows.key(grant))
