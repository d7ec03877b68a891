"""Pages about policies: the list, one policy by tabs, its name, purpose and owner."""

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Person
from audits.trail.selectors import history_of
from cxaccess.attempts import attempt, posted
from cxaccess.choosing import FIND
from cxaccess.toasts import tell
from permissions import gate
from permissions.check.questions import CHECK
from permissions.guards import fetch, require, require_somewhere
from permissions.policies import listing, pages, reading, rules, services
from permissions.policies.forms import EditPolicyForm
from permissions.policies.selectors import VIEW
from permissions.policies.try_panel import panel

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
FORM = ("GET", "HEAD", "POST")


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """List the policies that the reader may see."""
    require_somewhere(request.user, VIEW, at=request.at)
    context = listing.page_of(request.user, request.GET, at=request.at)
    context["may_create"] = gate.may(request.user, services.EDIT, at=request.at)
    return render(request, "permissions/policies/list.html", context)


@require_safe
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a policy says, where it stands, what it reads and whose it is."""
    context = pages.policy_page(request, pk, "detail")
    versions = [one for one in (context["version"], context["life"].enforced) if one is not None]
    words = pages.words_of(*versions)
    context |= reading.told(context["version"], words, at=request.at)
    context["sum"] = pages.recorded(context["life"], at=request.at)
    if context["life"].enforced not in (None, context["version"]):
        context["enforced_says"] = words.sentence(context["life"].enforced)
    return render(request, "permissions/policies/detail.html", context)


@require_safe
@login_required
def try_it(request: HttpRequest, pk: int) -> HttpResponse:
    """Try the latest version on somebody, to whoever may ask about access; the address of an answer can be shared."""
    context = pages.policy_page(request, pk, "try")
    require_somewhere(request.user, CHECK, at=request.at)
    pressed = "try-person" in request.GET or f"try-person{FIND}" in request.GET
    context |= panel(request, context["policy"], context["version"], request.GET, pressed=pressed)
    return render(request, "permissions/policies/try_it.html", context)


@require_safe
@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what the trail knows of a policy."""
    policy = fetch(request, "trail.view", pages.ROWS, pk, as_type="trail")
    require(request.user, VIEW, policy, at=request.at)
    where = {name: request.GET.get(name) for name in ("before", "after")}
    own = {"events": history_of(policy, **where)}
    return render(request, "permissions/policies/history.html", pages.context(request, policy, "history", **own))


@require_http_methods(FORM)
@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a policy's name, purpose or owner."""
    policy = fetch(request, services.EDIT, pages.ROWS, pk)
    shown = rules.editable(policy) | {"row_version": policy.row_version}
    form = EditPolicyForm(posted(request), people=people_of(request), initial=shown)
    tried = attempt(form, lambda given: services.edit_policy(
        request.user, policy=policy, row_version=given["row_version"], changes=form.changes, at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(policy)s is saved.") % {"policy": tried.done.name})
        return redirect("policies:detail", pk)
    context = {"policy": policy, "form": tried.form, "conflicts": tried.conflicts}
    return render(request, "permissions/policies/edit.html", context, status=tried.status)


def people_of(request: HttpRequest) -> QuerySet[Person]:
    """Return the people whom the reader may name as owners."""
    return gate.visible(request.user, "person.view", Person.objects.all(), at=request.at)
