"""What is done with the list: narrow it, take it out as a file, change many at once, take that back."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cxaccess.attempts import attempt, posted
from cxaccess.lib import csv_out
from cxaccess.lib.listing import number_in
from cxaccess.toasts import tell
from permissions import gate
from permissions.guards import require_somewhere
from permissions.models import Resource
from permissions.resources import bulk
from permissions.resources import export as files
from permissions.resources.facets import facets as facets_of
from permissions.resources.forms import ExportForm, OwnerForm, ReasonForm
from permissions.resources.listed import record_listed
from permissions.resources.listing import Criteria
from permissions.resources.opening import ARCHIVE, EDIT, EXPORT, TYPE, VIEW, seen
from permissions.resources.returning import may_return

# mypy: disable-error-code="arg-type, attr-defined"
FORM = ("GET", "HEAD", "POST")


@require_safe
@login_required
def facets(request: HttpRequest) -> HttpResponse:
    """Show what each further filter would leave; to the list only the panel."""
    require_somewhere(request.user, VIEW, at=request.at)
    wanted = Criteria.of(request.GET)
    found = facets_of(seen(request.user, at=request.at), wanted, request.user, at=request.at)
    part = "#panel" if request.headers.get("HX-Request") else ""
    context = {"facets": found, "list_url": reverse("resources:list")}
    return render(request, f"permissions/resources/facets.html{part}", context)


@require_http_methods(FORM)
@login_required
def export(request: HttpRequest) -> HttpResponseBase:
    """Ask for the columns, then send the list that the address describes as a file."""
    require_somewhere(request.user, EXPORT, at=request.at)
    wanted = Criteria.of(request.GET)
    form = ExportForm(posted(request), columns=files.columns(request.user, wanted, at=request.at))
    if request.method != "POST" or not form.is_valid():
        status = 422 if request.method == "POST" else 200
        chips = list(wanted.chips(request.user, at=request.at))
        context = {"form": form, "chips": chips, "wanted": wanted}
        return render(request, "permissions/resources/export.html", context, status=status)
    chosen = form.cleaned_data["columns"]
    rows, kept = files.export_resources(request.user, wanted=wanted, chosen=chosen, at=request.at)
    lines = files.lines(request.user, rows, kept, at=request.at)
    answer = StreamingHttpResponse(
        csv_out.lines([column.label for column in kept], lines), content_type="text/csv; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="resources-{request.at:%Y-%m-%d}.csv"'
    return answer


@require_http_methods(FORM)
@login_required
def archive_many(request: HttpRequest) -> HttpResponse:
    """Show what is about to be archived, ask why, and do it."""
    require_somewhere(request.user, ARCHIVE, at=request.at)
    ids = _ids(request)
    tried = attempt(ReasonForm(posted(request)), lambda given: bulk.archive_many(
        request.user, ids=ids, reason=given["reason"], at=request.at
    ) or [])  # fmt: skip
    if tried.done is not None:
        n, undo = len(tried.done), _way_back(request, tried.done)
        tell(request, ngettext("%(n)d resource is archived.", "%(n)d resources are archived.", n) % {"n": n}, undo=undo)
        return redirect("resources:list")
    context = {"form": tried.form, "rows": _chosen(request, ids, ARCHIVE)}
    return render(request, "permissions/resources/archive_many.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
def change_owner(request: HttpRequest) -> HttpResponse:
    """Show whose the resources are, ask whose they shall be, and write it."""
    require_somewhere(request.user, EDIT, at=request.at)
    ids = _ids(request)
    form = OwnerForm(posted(request), reader=request.user, at=request.at)
    tried = attempt(form, lambda given: (
        bulk.change_owner(request.user, ids=ids, owner=given["owner"], at=request.at), given["owner"]
    ))  # fmt: skip
    if tried.done:
        before, owner = tried.done
        undo = reverse("resources:undo", args=[bulk.undo_owner_token(before, owner)])
        said = ngettext(
            "The owner of %(n)d resource is changed.", "The owner of %(n)d resources is changed.", len(before)
        )
        tell(request, said % {"n": len(before)}, undo=undo)
        return redirect("resources:list")
    context = {"form": tried.form, "rows": _chosen(request, ids, EDIT)}
    return render(request, "permissions/resources/change_owner.html", context, status=tried.status)


@require_POST
@login_required
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """Take back a change of many."""
    n = bulk.undo(request.user, token=token, at=request.at)
    tell(request, ngettext("Undone for %(n)d resource.", "Undone for %(n)d resources.", n) % {"n": n})
    return redirect("resources:list")


def _way_back(request: HttpRequest, archived: list[Resource]) -> str:
    """Return where the archiving is taken back; nothing for who could not give what would return."""
    if not may_return(request.user, archived, at=request.at):
        return ""
    return reverse("resources:undo", args=[bulk.undo_archive_token(archived)])


def _ids(request: HttpRequest) -> list[int]:
    """Return the ids that the selection, or the form made of it, names."""
    given = (request.POST if request.method == "POST" else request.GET).getlist("resource")
    return [pk for text in given[: bulk.MOST + 1] if (pk := number_in(text)) is not None]


def _chosen(request: HttpRequest, ids: list[int], action: str) -> list[Resource]:
    rows = Resource.objects.filter(pk__in=ids, object_kind=None).select_related("type", "owner", "region")
    found = list(gate.visible(request.user, action, rows, at=request.at, as_type=TYPE).order_by("name", "pk"))
    record_listed(request.user, found, page=action.partition(".")[2], at=request.at)
    return found
