"""Pages about grants: the list, one grant, giving one, changing its end, ending it."""

from collections.abc import Set
from functools import partial

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Node, NodeKind, Team
from accounts.reads import allowed_on, of_next_named, places_offered
from accounts.signin.guards import fresh_factor
from audits.trail.selectors import history_of
from cxaccess.formparts import add_refusal
from cxaccess.lib import csv_out
from cxaccess.lib.errors import Refused
from cxaccess.lib.listing import Listing, Page, number_in, search_text
from cxaccess.lib.statements import Rows
from cxaccess.toasts import tell
from permissions import facts, gate, giving, places
from permissions.grants import scopes, selectors, services
from permissions.grants.forms import EndForm, FilterForm, ReasonForm
from permissions.grants.rules import is_open
from permissions.guards import fetch, require_somewhere
from permissions.models import RoleGrant
from permissions.usage import selectors as usage

GRANTS = Listing(
    sorts={
        "holder": ("principal__label", "role__name"),
        "role": ("role__name", "principal__label"),
        "from": ("starts_at",),
        "until": ("until", "principal__label"),
        "risk": ("role__risk", "principal__label"),
    },
    default="holder",
    ahead=of_next_named,
)
ROWS = RoleGrant.objects.select_related(
    "principal__person", "principal__team__resource", "principal__group", "role", "scope", "given_by", "ended_by"
)


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the grants that the reader may see."""
    require_somewhere(request.user, "grant.view", at=request.at)
    view, form = request.GET.get("view", ""), _filters(request)
    page = _page(request, form)
    selectors.name(page.rows)
    context = {
        "page": page,
        "scopes": scopes.labels({grant.scope_id for grant in page}),
        "form": form,
        "chips": selectors.chips(form.wanted),
        **selectors.shown_view(request.user, view, at=request.at),
        "uses_seen": usage.seen(request.user, page.rows, at=request.at),
        "may_export": gate.may_somewhere(request.user, "grant.export", at=request.at),
        "may_end": _endable(request, page) if view != "ended" else frozenset(),
        "may_give": gate.may_somewhere(request.user, giving.GIVE, at=request.at),
    }
    return render(request, "permissions/grants/list.html", context)


def _page(request: HttpRequest, form: FilterForm) -> Page:
    """Return the page that the address asks for; the statement of the one that most open is kept."""
    current = selectors.current(request.user, at=request.at) if not request.GET else None
    if current is not None:
        return GRANTS.first(current, request.GET)
    return GRANTS.page(selectors.shown(_narrowed(request, form)), request.GET)


def kept(request: HttpRequest) -> tuple[QuerySet[RoleGrant], FilterForm]:
    """Return the grants that the filters in the address keep of those the reader sees, and these filters."""
    form = _filters(request)
    return _narrowed(request, form), form


def _filters(request: HttpRequest) -> FilterForm:
    reader, at = request.user, request.at
    seen = selectors.every(reader, at=at) or selectors.visible(reader, at=at)
    return FilterForm(request.GET, grants=seen, regions=_regions(request), teams=partial(_teams, request))


def _narrowed(request: HttpRequest, form: FilterForm) -> QuerySet[RoleGrant]:
    seen = selectors.visible(request.user, at=request.at)
    of_view = selectors.of_view(request.user, seen, request.GET.get("view", ""), at=request.at)
    return selectors.narrowed(of_view, at=request.at, q=search_text(request.GET), **form.wanted)


def _endable(request: HttpRequest, page: Page) -> Set[int]:
    """Return the ids of the grants on the page that the reader may end."""
    return allowed_on(request.user, ["grant.end"], list(page), at=request.at)["grant.end"]


@login_required
@require_POST
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Send the grants that the filters keep as CSV."""
    form = _filters(request)
    wanted = form.wanted | {"q": search_text(request.GET)}
    rows = services.export_grants(request.user, view=request.GET.get("view", ""), wanted=wanted, at=request.at)
    answer = StreamingHttpResponse(
        csv_out.lines(selectors.HEAD, selectors.lines(rows)), content_type="text/csv; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="grants-{request.at:%Y-%m-%d}.csv"'
    return answer


def _teams(request: HttpRequest) -> QuerySet[Team]:
    """Return the teams that the filter may name: those that the reader sees."""
    return gate.visible(request.user, "team.view", Team.objects.select_related("principal"), at=request.at)


def _regions(request: HttpRequest) -> Rows | QuerySet[Node]:
    """Return the regions that the filter may name: those within which the reader sees grants."""
    return places_offered(request.user, "grant.view", NodeKind.REGION, at=request.at)


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one grant: who, what, where, when, why, by whom, and what happened to it."""
    grant = fetch(request, "grant.view", ROWS, pk)
    may_read = gate.shows(request.user, "trail.view", places.target(grant, request.at, as_type="trail"), at=request.at)
    held = facts.model(request.at).holding.get(grant.role_id, frozenset())
    paging = {name: request.GET.get(name) for name in ("before", "after")}
    context = {
        "grant": grant,
        "where": scopes.label(grant.scope),
        "permissions": len(held),
        "batch": number_in(grant.source_ref.removeprefix("batch-")) if grant.source_ref.startswith("batch-") else None,
        "is_open": is_open(grant, request.at),
        "may_end": gate.may(request.user, "grant.end", grant, at=request.at),
        "may_see_role": gate.may(request.user, "role.view", grant.role, at=request.at),
        "events": history_of(grant, **paging) if may_read else None,
        **selectors.use_of(request.user, grant, at=request.at),
    }
    return render(request, "permissions/grants/detail.html", context)


@login_required
@fresh_factor()
@require_http_methods(["GET", "HEAD", "POST"])
def change_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Move the end of a grant."""
    grant = fetch(request, "grant.end", ROWS, pk)
    shown = {"lasts": "date" if grant.until else "none", "until": grant.until}
    form = EndForm(request.POST or None, zone=request.user.time_zone, at=request.at, initial=shown)
    if request.method == "POST" and form.is_valid():
        until, reason = form.cleaned_data["until"], form.cleaned_data["reason"]
        try:
            services.change_end(request.user, grant=grant, until=until, reason=reason, at=request.at)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            tell(request, _("The end of this grant is changed."))
            return redirect("grants:detail", pk)
    context = {"grant": grant, "form": form, "where": scopes.label(grant.scope)}
    return render(request, "permissions/grants/change_end.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a grant now, after showing what that takes."""
    grant = fetch(request, "grant.end", ROWS, pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.end_grant(request.user, grant=grant, at=request.at, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
        else:
            names = {"role": grant.role.name, "name": grant.principal.label}
            tell(request, _("%(role)s of %(name)s has ended.") % names)
            return redirect("grants:detail", pk)
    context = {
        "grant": grant,
        "form": form,
        "where": scopes.label(grant.scope),
        "effect": selectors.consequence(grant, at=request.at),
    }
    return render(request, "permissions/grants/end.html", context)
