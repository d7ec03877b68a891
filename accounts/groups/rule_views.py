"""Pages on the rule of a group: what it says, writing it with a preview, making a group by one."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.attributes import schema
from accounts.groups import pages, rules, services
from accounts.groups.drafting import Drafting, drafting
from accounts.groups.forms import GroupForm, RuleForm
from accounts.signin.guards import fresh_factor
from cxaccess.attempts import Attempt, attempt, posted
from cxaccess.toasts import tell
from permissions.guards import require_somewhere

# mypy: disable-error-code="arg-type, attr-defined"
FORM = ("GET", "HEAD", "POST")


@require_safe
@login_required
def rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what the rule says, in a sentence and attribute by attribute."""
    context = pages.group_page(request, pk, "rule")
    group, known = context["group"], schema.of_people()
    found = rules.kept(group.rule, known) if group.rule is not None else None
    context["sentence"] = pages.in_words(group, timezone.get_current_timezone_name())
    context["reads"] = [known[key] for key in sorted(found.reads)] if found else []
    context["moves"] = found.moves if found else False
    return render(request, "accounts/groups/rule.html", context)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Write the rule, see what it changes, save it."""
    context = pages.group_page(request, pk, "rule", "group.edit")
    group = context["group"]
    draft = drafting(request, group)
    form = RuleForm(posted(request), initial={"row_version": group.row_version})
    tried = _tried(request, draft, form, lambda given: services.change_rule(
        request.user, group=group, row_version=given["row_version"], rule=draft.rule, at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("The rule of %(name)s is saved. Who is in it follows at once.") % {"name": group.name})
        return redirect("groups:members", pk)
    context |= {"form": tried.form, "unseen": _unseen(request, draft), **draft.context}
    return render(request, "accounts/groups/rule_edit.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def new(request: HttpRequest) -> HttpResponse:
    """Make a group by rule."""
    require_somewhere(request.user, "group.create", at=request.at)
    draft = drafting(request, None)
    form = GroupForm(posted(request), reader=request.user, at=request.at)
    tried = _tried(request, draft, form, lambda given: services.create_group(
        request.user, rule=draft.rule, at=request.at, **given
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is made. Give it roles; its rule says who holds them.") % {"name": tried.done.name})
        return redirect("groups:detail", tried.done.pk)
    context = {"form": tried.form, "unseen": _unseen(request, draft), **draft.context}
    return render(request, "accounts/groups/rule_new.html", context, status=tried.status)


def _unseen(request: HttpRequest, draft: Drafting) -> bool:
    """Return whether somebody wants to save what they have not seen the consequences of."""
    return draft.wants_saving(request) and draft.rule is not None and not draft.previewed(request)


def _tried(request: HttpRequest, draft: Drafting, form: GroupForm | RuleForm, act: object) -> Attempt:
    """Try the use case if the form's own button was pressed on a rule that was previewed."""
    if not draft.wants_saving(request):
        form.errors.clear()
        return Attempt(form)
    if not draft.previewed(request):
        return Attempt(form, status=422)
    return attempt(form, act)  # type: ignore[arg-type]
