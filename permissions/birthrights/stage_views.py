"""The steps of a rule's life: each shows what it does before it is taken."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.signin.guards import fresh_factor
from cxaccess.attempts import attempt, posted
from cxaccess.toasts import tell
from permissions.birthrights import pages, rules, services
from permissions.birthrights.drafting import previewed
from permissions.birthrights.rules import Standing
from permissions.guards import require
from permissions.policies.forms import ConfirmForm, StageForm

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
FORM = ("GET", "HEAD", "POST")
MANY = 100  # past so many people whoever takes the step types its name


@require_http_methods(FORM)
@login_required
@fresh_factor()
def enforce(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the latest version in force, once it is seen who gains and who loses what."""
    context = pages.birthright_page(request, pk, "detail", services.ENFORCE)
    row, version = context["birthright"], context["version"]
    context["says"] = pages.said([version])[version.pk]
    standing = rules.of(row, version, rules.known())
    text = _("Version %(number)d of %(rule)s is in force: given %(given)d times, taken back %(back)d times.")
    return _step(request, context, standing, services.enforce_birthright, "enforce", text)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a rule out of use, once it is seen what it takes back."""
    context = pages.birthright_page(request, pk, "detail", services.EDIT)
    if context["life"].enforced is not None:
        require(request.user, services.ENFORCE, context["birthright"], at=request.at)
    text = _("%(rule)s is retired: taken back %(back)d times.")
    standing = Standing(context["birthright"], None)
    return _step(request, context, standing, services.retire_birthright, "retire", text)


def _step(
    request: HttpRequest, context: dict[str, Any], standing: Standing, act: Callable[..., Any], name: str, text: str
) -> HttpResponse:
    """Show what the step would do with its form, or take it and say what was done."""
    row, version = context["birthright"], context["version"]
    context |= previewed(request, standing)
    many = context["effect"].gaining + context["effect"].losing > MANY
    form = ConfirmForm(posted(request), asked=row.name if many else "", initial={"row_version": row.row_version})
    tried = attempt(form, lambda _given: act(request.user, birthright=row, at=request.at, **form.given))
    if tried.done:
        told = {"number": version.number, "rule": row.name, "back": tried.done.ended}
        tell(request, text % (told | {"given": sum(tried.done.opened.values())}))
        return redirect("birthrights:detail", row.pk)
    return render(request, f"permissions/birthrights/{name}.html", context | {"form": tried.form}, status=tried.status)


@require_http_methods(FORM)
@login_required
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Bring a retired rule back as a draft."""
    context = pages.birthright_page(request, pk, "detail", services.EDIT)
    row = context["birthright"]
    form = StageForm(posted(request), initial={"row_version": row.row_version})
    tried = attempt(form, lambda given: services.reopen_birthright(
        request.user, birthright=row, at=request.at, **given
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(rule)s is a draft again. It gives nothing.") % {"rule": row.name})
        return redirect("birthrights:detail", pk)
    return render(request, "permissions/birthrights/reopen.html", context | {"form": tried.form}, status=tried.status)
