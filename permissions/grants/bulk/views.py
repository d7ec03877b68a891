"""Giving one role to many people, step by step: who, what, a look at what it does; then it is given, or undone."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Person
from accounts.people.forms import PeopleFilter
from accounts.people.selectors import narrowed
from accounts.signin.guards import fresh_factor
from cxaccess.attempts import attempt, posted
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.listing import Listing, number_in, search_text
from cxaccess.lib.models import Risk
from cxaccess.toasts import tell
from permissions import gate, giving
from permissions.grants import choices, scopes
from permissions.grants.bulk import services
from permissions.grants.bulk.forms import GiveManyForm, PeopleForm, UndoForm
from permissions.grants.bulk.plan import Preview, people_of, preview
from permissions.grants.bulk.selectors import result_of
from permissions.grants.forms import GiftForm
from permissions.guards import require_somewhere
from permissions.models import GrantBatch, Role, Scope

FORM = ("GET", "HEAD", "POST")
FOUND = 20  # people whom a search shows; past that it says to narrow it, because turning pages would lose the ticks
BATCHES = GrantBatch.objects.select_related("role__current", "scope", "made_by", "undone_by")
GIVEN = Listing(sorts={"holder": ("principal__label",), "until": ("until", "principal__label")}, default="holder")
UNDONE = gettext_lazy("Taken back: it was given by mistake")


@login_required
@require_http_methods(FORM)
def start(request: HttpRequest) -> HttpResponse:
    """Choose people: pasted, ticked here, or ticked in the list of people; nothing is given yet."""
    require_somewhere(request.user, giving.GIVE, at=request.at)
    form = PeopleForm(_chosen(request), people=_people(request))
    tried = attempt(form, lambda _given: services.draft_people(request.user, people=form.people, at=request.at))
    if tried.done:
        role = number_in(request.GET.get("give"))
        return redirect(reverse("grants:bulk_role", args=[tried.done.pk]) + (f"?give={role}" if role else ""))
    return _people_page(request, None, tried.form, tried.status)


@login_required
@require_http_methods(FORM)
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Show whom a draft is for; a POST adds people."""
    batch = _draft(request, pk)
    form = PeopleForm(posted(request), people=_people(request))
    tried = attempt(form, lambda _given: services.draft_people(
        request.user, people={*people_of(batch), *form.people}, batch=batch, at=request.at
    ))  # fmt: skip
    if tried.done:
        return redirect("grants:bulk_people", pk)
    return _people_page(request, batch, tried.form, tried.status)


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the ticked people out of a draft."""
    batch = _draft(request, pk)
    gone = {number_in(value) for value in request.POST.getlist("person")}
    left = [person for person in people_of(batch) if person.pk not in gone]
    services.draft_people(request.user, people=left, batch=batch, at=request.at)
    return redirect("grants:bulk_people", pk)


@login_required
@require_http_methods(FORM)
def role(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what the people of a draft get: role, place, time and reason."""
    batch = _draft(request, pk)
    form = _gift_form(request, batch)
    tried = attempt(form, lambda given: services.draft_gift(
        request.user, batch=batch, role=given["role"], terms=form.terms, starts_at=given["starts_at"],
        until=given["until"], reason=given["reason"], at=request.at,
    ))  # fmt: skip
    if tried.done:
        return redirect("grants:bulk_detail", pk)
    context = {"batch": batch, "form": tried.form, "people": list(people_of(batch))}
    return render(request, "permissions/grants/bulk/role.html", context, status=tried.status)


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a draft would do, or what was given and how to undo it."""
    batch = get_object_or_404(BATCHES, pk=pk)
    if batch.given_at is not None:
        return _result(request, batch)
    batch = _draft(request, pk)
    if batch.role is None or not batch.people:
        return redirect("grants:bulk_people" if not batch.people else "grants:bulk_role", pk)
    return _guarded(_preview, batch)(request, batch)


@login_required
@require_POST
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """Give what was looked at, to everybody or to nobody."""
    batch = get_object_or_404(BATCHES.filter(made_by=request.user).exclude(role=None), pk=pk)
    require_somewhere(request.user, giving.GIVE, at=request.at)
    return _guarded(_give, batch)(request, batch)


@login_required
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """End what was given together, as far as it still stands."""
    batch = get_object_or_404(BATCHES.exclude(given_at=None), pk=pk)
    if result_of(batch, request.user, at=request.at) is None:
        raise Http404
    tried = attempt(UndoForm(request.POST), lambda given: services.undo_many(
        request.user, batch=batch, reason=given["reason"] or str(UNDONE), at=request.at
    ))  # fmt: skip
    if not tried.done:
        return _result(request, batch, form=tried.form, status=tried.status)
    text = ngettext("%(n)d grant has ended again.", "%(n)d grants have ended again.", tried.done)
    tell(request, text % {"n": tried.done})
    return redirect("grants:bulk_detail", pk)


def _people(request: HttpRequest) -> QuerySet[Person]:
    return gate.visible(request.user, "person.view", Person.objects.all(), at=request.at)


def _chosen(request: HttpRequest) -> Any:
    """Return what was posted; of the list of people with everybody who matches its filters, those."""
    data = posted(request)
    if data is None or "all" not in data:
        return data
    criteria = PeopleFilter(request.GET, reader=request.user, at=request.at).criteria()
    rows = narrowed(_people(request), criteria, request.user, request.at).values_list("pk", flat=True)
    data = data.copy()
    data.setlist("person", [str(pk) for pk in rows[: services.MOST + 1]])
    return data


def _draft(request: HttpRequest, pk: int) -> GrantBatch:
    """Return the reader's own draft; whatever else there is reads as absent."""
    require_somewhere(request.user, giving.GIVE, at=request.at)
    return get_object_or_404(BATCHES, pk=pk, made_by=request.user, given_at=None)


def _people_page(request: HttpRequest, batch: GrantBatch | None, form: PeopleForm, status: int) -> HttpResponse:
    q = search_text(request.GET)
    rows = _people(request).exclude(principal__in=batch.people if batch else []).filter(name__icontains=q)
    found = list(rows.select_related("region").order_by("name", "pk")[: FOUND + 1]) if q else []
    context = {
        "batch": batch,
        "form": form,
        "chosen": list(people_of(batch)) if batch else [],
        "people": found[:FOUND],
        "more": len(found) > FOUND,
        "q": q,
        "most": services.MOST,
    }
    return render(request, "permissions/grants/bulk/people.html", context, status=status)


def _gift_form(request: HttpRequest, batch: GrantBatch) -> GiftForm:
    at = request.at
    shown: dict[str, Any] = {"role": request.GET.get("give"), "lasts": "90"}
    if batch.role_id and batch.scope:
        lasts = "date" if batch.until else "none"
        shown = {"role": batch.role_id, "reason": batch.reason, "starts_at": batch.starts_at, "until": batch.until}
        shown |= {"lasts": lasts, **scopes.terms_of(batch.scope)}
    return GiftForm(
        posted(request),
        initial=shown,
        zone=request.user.time_zone,
        at=at,
        roles=choices.roles(request.user, at=at),
        places=choices.places(request.user, at=at),
    )


def _guarded(view: Any, batch: GrantBatch) -> Any:
    """Return `view`, asking who is there first where the role is of high risk."""
    return fresh_factor()(view) if batch.role is not None and batch.role.risk >= Risk.HIGH else view


def _preview(request: HttpRequest, batch: GrantBatch) -> HttpResponse:
    """Show what a draft would do to each person."""
    try:
        found = _looked_at(request, batch)
    except Refused as refused:
        tell(request, refused.message)
        return redirect("grants:bulk_role", batch.pk)
    return _preview_page(request, batch, found, GiveManyForm(number=found.number))


def _looked_at(request: HttpRequest, batch: GrantBatch) -> Preview:
    if not (isinstance(batch.role, Role) and isinstance(batch.scope, Scope)):
        raise Http404
    return preview(batch, batch.role, batch.scope, at=request.at)


def _preview_page(
    request: HttpRequest, batch: GrantBatch, found: Preview, form: GiveManyForm, status: int = 200
) -> HttpResponse:
    where = scopes.labels({batch.scope_id or 0})[batch.scope_id or 0]
    context = {"batch": batch, "found": found, "where": where, "form": form}
    return render(request, "permissions/grants/bulk/preview.html", context, status=status)


def _give(request: HttpRequest, batch: GrantBatch) -> HttpResponse:
    """Give it; what stands in the way is told on the preview as it is by now."""
    if batch.given_at is not None:
        return redirect("grants:bulk_detail", batch.pk)
    found = _looked_at(request, batch)
    form = GiveManyForm(request.POST, number=found.number)
    try:
        if not form.is_valid():
            return _preview_page(request, batch, found, form, 422)
        given = services.give_many(request.user, batch=batch, seen=form.cleaned_data["seen"], at=request.at)
    except Refused as refused:
        form.add_error(None, refused.message)
        return _preview_page(request, batch, found, form, 409 if isinstance(refused, Stale) else 422)
    seen = result_of(given, request.user, at=request.at)
    _tell_given(request, given, len(found.gains), undo=seen is not None and seen.may_undo)
    return redirect("grants:bulk_detail", batch.pk) if seen else redirect("grants:bulk")


def _tell_given(request: HttpRequest, batch: GrantBatch, number: int, *, undo: bool) -> None:
    text = ngettext("%(n)d person now holds %(role)s.", "%(n)d people now hold %(role)s.", number)
    name = batch.role.name if batch.role else ""
    way_back = reverse("grants:bulk_undo", args=[batch.pk]) if undo else ""
    tell(request, text % {"n": number, "role": name}, undo=way_back)


def _result(
    request: HttpRequest, batch: GrantBatch, form: UndoForm | None = None, status: int = 200
) -> HttpResponse:  # fmt: skip
    """Show what was given together, and the way back."""
    found = result_of(batch, request.user, at=request.at)
    if found is None:
        raise Http404
    skipped = gate.visible(
        request.user, "person.view", Person.objects.filter(principal__in=batch.skipped), at=request.at
    )
    context = {
        "batch": batch,
        "found": found,
        "page": GIVEN.page(found.rows, request.GET),
        "skipped": list(skipped.order_by("name")),
        "where": scopes.labels({batch.scope_id or 0})[batch.scope_id or 0],
        "form": form or UndoForm(),
    }
    return render(request, "permissions/grants/bulk/result.html", context, status=status)
