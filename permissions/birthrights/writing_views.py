"""Writing a birthright rule: a new one, the next version of one, an earlier version brought back."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cxaccess.attempts import posted
from cxaccess.formparts import add_refusal
from cxaccess.lib.errors import Refused, Stale
from cxaccess.toasts import tell
from permissions.birthrights import pages, services
from permissions.birthrights.drafting import Drafting, drafting
from permissions.birthrights.forms import BirthrightForm
from permissions.guards import fetch, require
from permissions.models import Birthright
from permissions.policies.forms import VersionForm
from permissions.policies.views import people_of

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
FORM = ("GET", "HEAD", "POST")


@require_http_methods(FORM)
@login_required
def create(request: HttpRequest) -> HttpResponse:
    """Write a new rule, as a draft."""
    require(request.user, services.EDIT, at=request.at)
    form = BirthrightForm(posted(request), people=people_of(request), initial={"owner": request.user.pk})
    writing = drafting(request, None, None)
    if writing.wants_saving and not writing.missing() and form.is_valid():
        try:
            row = services.create_birthright(request.user, **_says(writing), at=request.at, **form.cleaned_data)
        except Refused as refused:
            _show(writing, form, refused)
        else:
            tell(request, _("%(rule)s is written, as a draft. It gives nothing yet.") % {"rule": row.name})
            return redirect("birthrights:detail", row.pk)
    return _page(request, "permissions/birthrights/create.html", writing, form)


@require_http_methods(FORM)
@login_required
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a rule says; saving makes the next version, as a draft."""
    row = fetch(request, services.EDIT, pages.ROWS, pk)
    return _write(request, row, drafting(request, row, None))


@require_safe
@login_required
def restore(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Put an earlier version into the builder; saving it there makes it the next one."""
    row = fetch(request, services.EDIT, pages.ROWS, pk)
    version = get_object_or_404(row.versions, number=number)
    current = row.current
    if current is not None and (version.condition, version.gives) == (current.condition, current.gives):
        tell(request, _("Version %(number)d is what the rule says already.") % {"number": number})
        return redirect("birthrights:versions", pk)
    start = {"note": _("Brings back version %(number)d") % {"number": number}, "restores": number}
    return _write(request, row, drafting(request, row, version), **start)


def _write(request: HttpRequest, row: Birthright, writing: Drafting, **start: Any) -> HttpResponse:
    form = VersionForm(posted(request), initial={"row_version": row.row_version, **start})
    if writing.wants_saving and not writing.missing() and form.is_valid():
        try:
            version = services.save_version(
                request.user, birthright=row, **_says(writing), at=request.at, **form.cleaned_data
            )  # fmt: skip
        except Stale:
            return _overtaken(request, row, writing, form)
        except Refused as refused:
            _show(writing, form, refused)
        else:
            told = {"number": version.number, "rule": row.name}
            tell(request, _("Version %(number)d of %(rule)s is saved, as a draft.") % told)
            return redirect("birthrights:detail", row.pk)
    return _page(request, "permissions/birthrights/write.html", writing, form, birthright=row)


def _says(writing: Drafting) -> dict[str, Any]:
    return {"condition": writing.builder.condition, "gives": writing.gifts}


def _show(writing: Drafting, form: BirthrightForm | VersionForm, refused: Refused) -> None:
    """Show a refusal where it belongs: beside a field of the form, or in the draft."""
    if refused.field is None or refused.field in form.fields:
        add_refusal(form, refused)
    else:
        writing.refuse(refused)


def _overtaken(request: HttpRequest, row: Birthright, writing: Drafting, form: VersionForm) -> HttpResponse:
    """Show that somebody else was quicker, with what was written kept: saving again puts it on top."""
    row = pages.ROWS.get(pk=row.pk)
    data = form.data.copy()
    data["row_version"] = row.row_version
    own = {"birthright": row, "overtaken": True}
    return _page(request, "permissions/birthrights/write.html", writing, VersionForm(data), status=409, **own)


def _page(
    request: HttpRequest, template: str, writing: Drafting, form: BirthrightForm | VersionForm, **own: Any
) -> HttpResponse:
    """Draw the page; while only the draft is redrawn, nothing that is still to be filled in is an error."""
    status = own.pop("status", 422 if writing.wants_saving else 200)
    if not writing.wants_saving and form.is_bound:
        form.errors.clear()
    return render(request, template, {"form": form, **writing.context, **own}, status=status)
