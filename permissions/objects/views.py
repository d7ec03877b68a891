"""Pages about grants on one resource: the list, one grant, changing its end, ending it."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.signin.guards import fresh_factor
from audits.trail.selectors import history_of
from cxaccess.attempts import attempt, posted
from cxaccess.lib import csv_out
from cxaccess.lib.listing import Listing, search_text
from cxaccess.toasts import tell
from permissions import gate, places
from permissions.grants.forms import EndForm, ReasonForm
from permissions.grants.rules import is_open
from permissions.grants.selectors import shown_view
from permissions.guards import require, require_somewhere
from permissions.objects import choices, rows, selectors, services, uses
from permissions.objects.forms import FilterForm
from permissions.objects.rows import AnyGrant

# mypy: disable-error-code="arg-type, attr-defined"
LISTINGS = {
    letter: Listing(
        sorts={
            "given": (),
            "holder": (f"{rows.HOLDER[letter]}__label",),
            "permission": ("permission__catalogue_action__key",),
            "thing": ("content_object__name",),
            "risk": ("permission__catalogue_action__risk",),
            "until": ("until",),
        },
        default="-given",
    )
    for letter in rows.MODELS
}


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """List the grants on single resources that the reader may see, those of people or those of teams and groups."""
    require_somewhere(request.user, "grant.view", at=request.at)
    of, view = selectors.table_of(request.GET.get("of", "")), request.GET.get("view", "")
    seen = selectors.visible(request.user, of, at=request.at)
    form = FilterForm(request.GET, found=seen, holder=rows.HOLDER[of])
    viewed = selectors.of_view(request.user, seen, view, at=request.at)
    page = LISTINGS[of].page(selectors.narrowed(viewed, of, q=search_text(request.GET), **form.wanted), request.GET)
    context = {
        "page": page,
        "form": form,
        "chips": selectors.chips(form.wanted),
        **shown_view(request.user, view, at=request.at),
        "uses_seen": uses.seen(request.user, page.rows, at=request.at),
        "of": of,
        "tables": selectors.OF.items(),
        "may_export": gate.may_somewhere(request.user, "grant.export", at=request.at),
        "may_give": choices.may_give_somewhere(request.user, at=request.at),
    }
    return render(request, "permissions/objects/list.html", context)


@login_required
@require_POST
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Send the grants that the filters keep as CSV."""
    of = selectors.table_of(request.GET.get("of", ""))
    seen = selectors.visible(request.user, of, at=request.at)
    wanted = FilterForm(request.GET, found=seen, holder=rows.HOLDER[of]).wanted | {"q": search_text(request.GET)}
    view = request.GET.get("view", "")
    found = services.export_grants(request.user, of=of, view=view, wanted=wanted, at=request.at)
    answer = StreamingHttpResponse(
        csv_out.lines(selectors.HEAD, selectors.lines(request.user, found, at=request.at)),
        content_type="text/csv; charset=utf-8",
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="grants-on-resources-{request.at:%Y-%m-%d}.csv"'
    return answer


def _opened(request: HttpRequest, key: str) -> tuple[AnyGrant, dict[str, Any]]:
    """Return the grant that a key names, once the reader may see it, with what its pages show. Raises Http404."""
    try:
        letter, pk = rows.parse(key)
        grant: AnyGrant = rows.table(letter).get(pk=pk)
    except (ValueError, ObjectDoesNotExist) as missing:
        raise Http404 from missing
    if not services.may_view(request.user, grant, at=request.at):
        require(request.user, "grant.view", grant, at=request.at)
    action = grant.permission.catalogue_action
    return grant, {"grant": grant, "key": key, "holder": rows.principal_of(grant), "action": action}


def _opened_to_end(request: HttpRequest, key: str) -> tuple[AnyGrant, dict[str, Any]]:
    grant, context = _opened(request, key)
    if not services.may_end(request.user, grant, at=request.at):
        require(request.user, "grant.end", grant, at=request.at)
    return grant, context


@login_required
@require_safe
def detail(request: HttpRequest, key: str) -> HttpResponse:
    """Show one grant: who, what, on which thing, when, why, by whom, and what happened to it."""
    grant, context = _opened(request, key)
    about = places.target(grant, request.at, as_type="trail")
    may_read = gate.shows(request.user, "trail.view", about, at=request.at)
    paging = {name: request.GET.get(name) for name in ("before", "after")}
    standing = is_open(grant, request.at)
    context |= {
        "is_open": standing,
        "may_end": standing and services.may_end(request.user, grant, at=request.at),
        "brought": grant.source in rows.BROUGHT,
        "events": history_of(grant, **paging) if may_read else None,
        **uses.of_grant(request.user, grant, at=request.at),
    }
    return render(request, "permissions/objects/detail.html", context)


@login_required
@fresh_factor()
@require_http_methods(["GET", "HEAD", "POST"])
def change_end(request: HttpRequest, key: str) -> HttpResponse:
    """Move the end of a grant."""
    grant, context = _opened_to_end(request, key)
    shown = {"lasts": "date" if grant.until else "none", "until": grant.until}
    form = EndForm(posted(request), zone=request.user.time_zone, at=request.at, initial=shown)
    tried = attempt(form, lambda given: services.change_end(
        request.user, grant=grant, until=given["until"], reason=given["reason"], at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("The end of this grant is changed."))
        return redirect("objects:detail", key)
    context["form"] = tried.form
    return render(request, "permissions/objects/change_end.html", context, status=tried.status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, key: str) -> HttpResponse:
    """End a grant now, after showing what that takes."""
    grant, context = _opened_to_end(request, key)
    form = ReasonForm(posted(request))
    tried = attempt(form, lambda given: services.end_grant(request.user, grant=grant, at=request.at, **given))
    if tried.done:
        names = {"action": context["action"].key, "thing": grant.content_object.name, "name": context["holder"].label}
        tell(request, _("%(name)s no longer has %(action)s on “%(thing)s” by this grant.") % names)
        return redirect("objects:detail", key)
    context |= {"form": tried.form, "effect": selectors.consequence(grant, at=request.at)}
    return render(request, "permissions/objects/end.html", context, status=tried.status)
