"""Imports: the list, bringing a file, saying what its columns are, looking at what it would do, applying it."""

from collections.abc import Iterable

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.signin.guards import fresh_factor
from audits.trail.selectors import history_of
from cxaccess.attempts import attempt, posted
from cxaccess.jobs.models import ImportBatch, ImportState, Verdict
from cxaccess.lib import csv_out
from cxaccess.lib.listing import Listing, search_text
from cxaccess.toasts import tell
from permissions import gate, places
from permissions.guards import require_somewhere
from permissions.imports import matched, selectors
from permissions.imports.forms import ApplyForm, ColumnsForm, FilterForm, UploadForm
from permissions.imports.kinds import KINDS, Kind
from permissions.imports.services import batches

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
IMPORTS = Listing({"when": ["created_at"], "name": ["name"], "kind": ["kind", "-created_at"]}, default="-when")
ROWS = Listing({"line": ["line"]}, default="line")
FORM = ("GET", "HEAD", "POST")


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """List the imports that the reader may see."""
    require_somewhere(request.user, "import.view", at=request.at)
    form = FilterForm(request.GET, kinds=KINDS)
    rows = selectors.seen(request.user, at=request.at)
    if form.is_valid() and form.cleaned_data["kind"]:
        rows = rows.filter(kind=form.cleaned_data["kind"])
    q = search_text(request.GET)
    context = {
        "page": IMPORTS.page(rows.filter(name__icontains=q) if q else rows, request.GET),
        "form": form,
        "kinds": KINDS,
        "tones": selectors.TONES,
        "may_run": bool(selectors.kinds_for(request.user, at=request.at)),
    }
    return render(request, "permissions/imports/list.html", context)


@require_safe
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Choose what the file holds."""
    require_somewhere(request.user, "import.run", at=request.at)
    kinds = selectors.kinds_for(request.user, at=request.at)
    return render(request, "permissions/imports/choose.html", {"kinds": kinds, "steps": selectors.STEPS})


@require_http_methods(FORM)
@login_required
def upload(request: HttpRequest, kind: str) -> HttpResponse:
    """Take a file; one that is none is refused at once, with its line and what to do."""
    known = _kind(kind)
    batches.require_run(request.user, kind, at=request.at)
    form = UploadForm(posted(request), request.FILES or None)
    tried = attempt(form, lambda given: batches.receive(
        request.user, kind=kind, name=given["file"].name, chunks=given["file"].chunks(), encoding=given["encoding"],
        system=given["system"], at=request.at,
    ))  # fmt: skip
    if tried.done:
        return redirect("imports:columns", tried.done.pk)
    context = {"form": tried.form, "kind": known, "columns": known.columns(), "steps": selectors.STEPS}
    return render(request, "permissions/imports/upload.html", context, status=tried.status)


@require_safe
@login_required
def example(request: HttpRequest, kind: str) -> StreamingHttpResponse:
    """Send a file that shows what such files look like."""
    known = _kind(kind)
    batches.require_run(request.user, kind, at=request.at)
    columns = [column for column in known.columns() if column.example or column.required]
    lines = csv_out.lines([column.key for column in columns], [[column.example for column in columns]])
    return _file(lines, f"{kind}-example")


@require_http_methods(FORM)
@login_required
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which column is which; the file is then checked in the background."""
    batch = _batch(request, pk)
    if batch.state not in (ImportState.RECEIVED, ImportState.CHECKED):
        return redirect("imports:detail", pk)
    kind = KINDS[batch.kind]
    form = ColumnsForm(posted(request), kind=kind, batch=batch)
    tried = attempt(form, lambda _given: batches.set_columns(
        request.user, batch=batch, mapping=form.mapping(), at=request.at
    ))  # fmt: skip
    if tried.done:
        return redirect("imports:detail", pk)
    context = {"form": tried.form, "batch": batch, "kind": kind, "steps": selectors.STEPS}
    context |= {"sample": selectors.sample(batch), "facts": selectors.facts(batch)}
    return render(request, "permissions/imports/columns.html", context, status=tried.status)


@require_safe
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show where an import stands: how far it is, what it would do row by row, or what it did."""
    batch = _batch(request, pk)
    busy = batch.state in selectors.BUSY
    if request.htmx.target == "progress" and not busy:
        return HttpResponseClientRefresh()
    verdict, q = selectors.verdict_of(batch, request.GET.get("verdict", "")), search_text(request.GET)
    page = ROWS.page(selectors.rows_of(batch, verdict, q), request.GET)
    context = {
        "batch": batch,
        "kind": KINDS[batch.kind],
        "busy": busy,
        "progress": selectors.progress(batch),
        "page": page,
        "rows": selectors.shown(batch, page.rows),
        "verdict": verdict,
        "tabs": selectors.tabs(batch, verdict),
        **_about(request, batch),
    }
    return render(request, "permissions/imports/detail.html", context)


@require_safe
@login_required
def matched_people(request: HttpRequest, pk: int) -> HttpResponse:
    """List the people whom the rows of a permission matrix matched, and since when they do."""
    batch = _batch(request, pk)
    if KINDS[batch.kind].key != "matrix" or batch.checked_at is None:
        raise Http404
    only = request.GET.get("show") == "lately"
    page = matched.page_of(batch, request.GET, only=only, at=request.at)
    context = {
        "batch": batch,
        "kind": KINDS[batch.kind],
        "page": page,
        "rows": matched.shown(request.user, page.rows, at=request.at),
        "only": only,
        "days": matched.LATELY.days,
        **_about(request, batch),
    }
    return render(request, "permissions/imports/matched.html", context)


def _about(request: HttpRequest, batch: ImportBatch) -> dict[str, object]:
    own = batch.actor_id == request.user.pk
    may_read = gate.shows(request.user, "trail.view", places.target(batch, request.at, as_type="trail"), at=request.at)
    writing = batch.counts.get(Verdict.CREATE, 0) + batch.counts.get(Verdict.CHANGE, 0)
    return {
        "own": own,
        "tone": selectors.TONES.get(batch.state, ""),
        "writing": writing,
        "refused": batch.counts.get(Verdict.REFUSE, 0),
        "may_mend": KINDS[batch.kind] in selectors.kinds_for(request.user, at=request.at),
        "may_apply": own and batch.state == ImportState.CHECKED and writing,
        "may_cancel": own and batch.over_at is None,
        "facts": selectors.facts(batch),
        "twin": selectors.twin(batch) if batch.over_at is None else None,
        "events": history_of(batch) if may_read and batch.over_at else None,
    }


@require_POST
@login_required
def refusals(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Send the refused rows with what is wrong with each, to be mended."""
    batch = _batch(request, pk)
    batches.record_refusals(request.user, batch=batch, at=request.at)
    head, lines = selectors.refusal_lines(batch)
    return _file(csv_out.lines(head, lines), f"import-{pk}-refused")


@login_required
@fresh_factor()
@require_http_methods(FORM)
def apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what applying means, and apply it in the background."""
    batch = _batch(request, pk)
    about = _about(request, batch)
    if not about["may_apply"]:
        return redirect("imports:detail", pk)
    kind = KINDS[batch.kind]
    form = ApplyForm(posted(request), refused=about["refused"], writing=about["writing"], gives=kind.gives)
    tried = attempt(form, lambda given: batches.start(
        request.user, batch=batch, leave_out=given.get("leave_out", False), at=request.at
    ))  # fmt: skip
    if tried.done:
        return redirect("imports:detail", pk)
    context = {"batch": batch, "kind": kind, "form": tried.form, **about}
    return render(request, "permissions/imports/apply.html", context, status=tried.status)


@require_POST
@login_required
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Cancel an import; one that is being applied is stopped before anything of it stands."""
    batch = _batch(request, pk)
    if batches.cancel(request.user, batch=batch, at=request.at):
        tell(request, _("%(name)s is cancelled. Nothing was changed.") % {"name": batch.name})
        return redirect("imports:list")
    tell(request, _("It stops as soon as it can. Unless it is done by then, nothing is changed."))
    return redirect("imports:detail", pk)


def _batch(request: HttpRequest, pk: int) -> ImportBatch:
    """Return an import that the reader may see. Raises Http404, NotVisible."""
    batch = get_object_or_404(ImportBatch.objects.select_related("actor"), pk=pk)
    return selectors.opened(request.user, batch, at=request.at)


def _kind(key: str) -> Kind:
    if key not in KINDS:
        raise Http404
    return KINDS[key]


def _file(lines: Iterable[str], name: str) -> StreamingHttpResponse:
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
