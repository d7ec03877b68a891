"""Pages that put people into a group by hand, change until when they stay and as what, and take them out."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.groups import pages
from accounts.models import Membership, Part
from accounts.signin.guards import fresh_factor
from accounts.teams import memberships
from accounts.teams.forms import MembershipEndForm, WhyForm
from accounts.teams.member_views import add_form
from cxaccess.attempts import attempt, posted
from cxaccess.toasts import tell

# mypy: disable-error-code="arg-type, attr-defined"
FORM = ("GET", "HEAD", "POST")
ROWS = Membership.objects.filter(principal__kind="group").select_related("person", "principal__group")


@require_http_methods(FORM)
@login_required
@fresh_factor()
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what new members gain, and add one."""
    context = pages.group_page(request, pk, "members", "group.manage_members")
    group = context["group"]
    form = add_form(request, group)
    tried = attempt(form, lambda given: memberships.add_member(request.user, team=group, at=request.at, **given))
    if tried.done:
        tell(request, _("%(name)s is in %(group)s.") % {"name": tried.done.person.name, "group": group.name})
        return redirect("groups:members", pk)
    context |= {"form": tried.form, **pages.context_of_gain(group, request)}
    return render(request, "accounts/groups/add.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def until(request: HttpRequest, pk: int) -> HttpResponse:
    """Change until when somebody stays."""
    row = get_object_or_404(ROWS, pk=pk)
    context = pages.group_page(request, row.principal.group.pk, "members", "group.manage_members")
    zone = timezone.get_current_timezone_name()
    form = MembershipEndForm(posted(request), initial={"until": row.until}, at=request.at, zone=zone)
    tried = attempt(form, lambda given: memberships.change_membership_end(
        request.user, membership=row, at=request.at, **given
    ))  # fmt: skip
    if tried.done:
        tell(request, _("The end of %(name)s's place is changed.") % {"name": row.person.name})
        return redirect("groups:members", row.principal.group.pk)
    context |= {"form": tried.form, "row": row}
    return render(request, "accounts/groups/until.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take somebody out of a group."""
    row = get_object_or_404(ROWS, pk=pk)
    group = row.principal.group
    context = pages.group_page(request, group.pk, "members", "group.manage_members")
    tried = attempt(WhyForm(posted(request)), lambda given: memberships.end_membership(
        request.user, membership=row, reason=given["reason"], at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is out of %(group)s.") % {"name": row.person.name, "group": group.name})
        return redirect("groups:members", group.pk)
    context |= {"form": tried.form, "row": row, **pages.context_of_gain(group, request)}
    return render(request, "accounts/groups/end.html", context, status=tried.status)


@require_POST
@login_required
def turn(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a member a lead, or a lead a member."""
    row = get_object_or_404(ROWS, pk=pk)
    pages.group_page(request, row.principal.group.pk, "members", "group.manage_members")
    other = Part.MEMBER if row.part == Part.LEAD else Part.LEAD
    memberships.change_part(request.user, membership=row, part=other, at=request.at)
    words = {"name": row.person.name, "group": row.principal.label}
    leads = _("%(name)s leads %(group)s now.") if other == Part.LEAD else _("%(name)s is a member of %(group)s now.")
    tell(request, leads % words)
    return redirect("groups:members", row.principal.group.pk)
