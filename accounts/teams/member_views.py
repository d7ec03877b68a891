"""Pages that put people into a team, change until when they stay and as what, and take them out."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Group, Membership, Part, Team
from accounts.pages import may_make_lead
from accounts.people import lookups
from accounts.signin.guards import fresh_factor
from accounts.teams import memberships, pages
from accounts.teams.forms import AddMemberForm, MembershipEndForm, WhyForm
from accounts.teams.views import FORM, context_of_gain
from cxaccess.attempts import attempt, posted
from cxaccess.toasts import tell

# mypy: disable-error-code="arg-type, attr-defined"
ROWS = Membership.objects.filter(principal__kind="team").select_related("person", "principal__team")


def add_form(request: HttpRequest, led: Team | Group) -> AddMemberForm:
    """Return the form that adds somebody to a team or group."""
    zone, lead = timezone.get_current_timezone_name(), may_make_lead(request, led)
    initial = {"person": request.GET.get("person")}
    return AddMemberForm(
        posted(request), initial=initial, reader=request.user, at=request.at, zone=zone, lead=lead,
        find=lambda mail: lookups.by_mail(request.user, mail=mail, at=request.at),
    )  # fmt: skip


@require_http_methods(FORM)
@login_required
@fresh_factor()
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what new members gain, and add one."""
    context = pages.team_page(request, pk, "members", "team.manage_members")
    team = context["team"]
    form = add_form(request, team)
    tried = attempt(form, lambda given: memberships.add_member(request.user, team=team, at=request.at, **given))
    if tried.done:
        tell(request, _("%(name)s is in %(team)s.") % {"name": tried.done.person.name, "team": team.name})
        return redirect("teams:members", pk)
    context |= {"form": tried.form, **context_of_gain(team, request)}
    return render(request, "accounts/teams/add.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def until(request: HttpRequest, pk: int) -> HttpResponse:
    """Change until when somebody stays."""
    row = get_object_or_404(ROWS, pk=pk)
    context = pages.team_page(request, row.principal.team.pk, "members", "team.manage_members")
    zone = timezone.get_current_timezone_name()
    form = MembershipEndForm(posted(request), initial={"until": row.until}, at=request.at, zone=zone)
    tried = attempt(form, lambda given: memberships.change_membership_end(
        request.user, membership=row, at=request.at, **given
    ))  # fmt: skip
    if tried.done:
        tell(request, _("The end of %(name)s's place is changed.") % {"name": row.person.name})
        return redirect("teams:members", row.principal.team.pk)
    context |= {"form": tried.form, "row": row}
    return render(request, "accounts/teams/until.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take somebody out of a team."""
    row = get_object_or_404(ROWS, pk=pk)
    context = pages.team_page(request, row.principal.team.pk, "members", "team.manage_members")
    form = WhyForm(posted(request))
    tried = attempt(form, lambda given: memberships.end_membership(
        request.user, membership=row, reason=given["reason"], at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is out of %(team)s.") % {"name": row.person.name, "team": row.principal.label})
        return redirect("teams:members", row.principal.team.pk)
    context |= {"form": tried.form, "row": row, **context_of_gain(row.principal.team, request)}
    return render(request, "accounts/teams/end.html", context, status=tried.status)


@require_POST
@login_required
def turn(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a member a lead, or a lead a member."""
    row = get_object_or_404(ROWS, pk=pk)
    pages.team_page(request, row.principal.team.pk, "members", "team.manage_members")
    other = Part.MEMBER if row.part == Part.LEAD else Part.LEAD
    memberships.change_part(request.user, membership=row, part=other, at=request.at)
    words = {"name": row.person.name, "team": row.principal.label}
    leads = _("%(name)s leads %(team)s now.") if other == Part.LEAD else _("%(name)s is a member of %(team)s now.")
    tell(request, leads % words)
    return redirect("teams:members", row.principal.team.pk)
