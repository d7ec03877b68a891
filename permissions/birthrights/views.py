"""Pages about birthright rules: the list, one rule by tabs, its name, purpose and owner, its versions."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.groups.rules import kept
from accounts.reads import allowed_on, sees_everybody
from audits.trail.selectors import history_of
from cxaccess.attempts import attempt, posted
from cxaccess.lib.listing import Listing, number_in
from cxaccess.toasts import tell
from permissions import gate
from permissions.birthrights import checks, listing, pages, rules, selectors, services, versions
from permissions.birthrights.forms import EditBirthrightForm
from permissions.birthrights.selectors import VIEW
from permissions.guards import fetch, require, require_somewhere
from permissions.policies.views import people_of

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
FORM = ("GET", "HEAD", "POST")
PEOPLE = Listing(sorts={"name": ("name", "pk"), "title": ("title", "name", "pk")}, default="name", size=50)


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """List the rules that the reader may see."""
    require_somewhere(request.user, VIEW, at=request.at)
    context = listing.page_of(request.user, request.GET, at=request.at)
    context["may_create"] = gate.may(request.user, services.EDIT, at=request.at)
    return render(request, "permissions/birthrights/list.html", context)


@require_safe
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show whom a rule takes in, what it gives them, where it stands and whose it is."""
    context = pages.birthright_page(request, pk, "detail")
    version, enforced = context["version"], context["life"].enforced
    said = pages.said([one for one in (version, enforced) if one is not None])
    known = rules.known()
    rule = kept(version.condition, known)
    context |= {"says": said[version.pk], "reads": [known[key] for key in sorted(rule.reads)] if rule else []}
    context["moves"] = rule.moves if rule else False
    if enforced not in (None, version):
        context["enforced_says"] = said[enforced.pk]
    return render(request, "permissions/birthrights/detail.html", context)


@require_safe
@login_required
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who has something by a rule now, or will from their first day on."""
    context = pages.birthright_page(request, pk, "people")
    found = selectors.people_of(context["birthright"], request.user, at=request.at)
    page = PEOPLE.page(found.select_related("region", "department"), request.GET)
    context |= {"page": page, "others": not sees_everybody(request.user, at=request.at)}
    context["visible"] = allowed_on(request.user, ["person.view"], page.rows, at=request.at)["person.view"]
    return render(request, "permissions/birthrights/people.html", context)


@require_safe
@login_required
def all_versions(request: HttpRequest, pk: int) -> HttpResponse:
    """Show every version of a rule, and when each was in force."""
    context = pages.birthright_page(request, pk, "versions")
    context["steps"] = versions.steps(context["birthright"])
    return render(request, "permissions/birthrights/versions.html", context)


@require_safe
@login_required
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what two versions differ in; the address names them, the latest two where it does not."""
    context = pages.birthright_page(request, pk, "versions")
    row, latest = context["birthright"], context["version"].number
    one = number_in(request.GET.get("from")) or max(1, latest - 1)
    other = number_in(request.GET.get("to")) or latest
    numbers = list(row.versions.order_by("-number").values_list("number", flat=True))
    context |= {"one": one, "other": other, "numbers": numbers, "found": versions.difference(row, one, other)}
    return render(request, "permissions/birthrights/compare.html", context)


@require_safe
@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what the trail knows of a rule."""
    row = fetch(request, "trail.view", pages.ROWS, pk, as_type="trail")
    require(request.user, VIEW, row, at=request.at)
    where = {name: request.GET.get(name) for name in ("before", "after")}
    own: dict[str, Any] = {"events": history_of(row, **where)}
    return render(request, "permissions/birthrights/history.html", pages.context(request, row, "history", **own))


@require_http_methods(FORM)
@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a rule's name, purpose or owner."""
    row = fetch(request, services.EDIT, pages.ROWS, pk)
    shown = checks.editable(row) | {"row_version": row.row_version}
    form = EditBirthrightForm(posted(request), people=people_of(request), initial=shown)
    tried = attempt(form, lambda given: services.edit_birthright(
        request.user, birthright=row, row_version=given["row_version"], changes=form.changes, at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(rule)s is saved.") % {"rule": tried.done.name})
        return redirect("birthrights:detail", pk)
    context = {"birthright": row, "form": tried.form, "conflicts": tried.conflicts}
    return render(request, "permissions/birthrights/edit.html", context, status=tried.status)
