"""Teams: the list, one team in tabs, founding, editing, moving, archiving."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.gains import hands_out
from accounts.models import Part, Team
from accounts.pages import may_make_lead, standing_and_ended, things_of, uses_of_things
from accounts.people.forms import ReasonForm
from accounts.reads import allowed_on
from accounts.signin.guards import fresh_factor
from accounts.teams import listing, pages, selectors, services
from accounts.teams.forms import EditTeamForm, MoveTeamForm, NewTeamForm
from audits.trail.selectors import history_of
from cxaccess.attempts import attempt, posted
from cxaccess.toasts import tell
from permissions import facts, gate
from permissions.grants.held import Holding, all_held, held_by, held_now
from permissions.guards import fetch, require_somewhere
from permissions.objects.held import of as things_held

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
FORM = ("GET", "HEAD", "POST")


@require_safe
@login_required
def teams(request: HttpRequest) -> HttpResponse:
    """Show the teams that the reader may see, as a list or as a tree."""
    require_somewhere(request.user, "team.view", at=request.at)
    context = listing.page_of(request.user, request.GET, at=request.at)
    context["may_create"] = gate.may_somewhere(request.user, "team.create", at=request.at)
    return render(request, "accounts/teams/list.html", context)


@require_safe
@login_required
def counts(request: HttpRequest) -> HttpResponse:
    """Say how many teams each view of the list has: the list asks for that once it stands.

    It is part of the list, whose door counts the use of it.
    """
    require_somewhere(request.user, "team.view", at=request.at, counted=False)
    if not request.htmx:
        return redirect("teams:list")
    return render(request, "components/tab_counts.html", {"tabs": listing.counted(request.user, at=request.at)})


@require_http_methods(FORM)
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Found a team."""
    require_somewhere(request.user, "team.create", at=request.at)
    form = NewTeamForm(posted(request), initial=request.GET.dict(), reader=request.user, at=request.at)
    tried = attempt(form, lambda given: services.create_team(request.user, at=request.at, **given))
    if tried.done:
        tell(request, _("%(name)s is founded. Add its members and give it roles.") % {"name": tried.done.name})
        return redirect("teams:detail", tried.done.pk)
    return render(request, "accounts/teams/new.html", {"form": tried.form}, status=tried.status)


@require_safe
@login_required
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a team is for, who leads it, and where it belongs."""
    context = pages.team_page(request, pk, "detail")
    team = context["team"]
    inside = pages.memberships(team).in_force(request.at)
    below = team.children.filter(archived_at=None).select_related("principal")
    context |= {
        "leads": list(inside.filter(part=Part.LEAD)),
        "members": inside.order_by().values("person").distinct().count(),
    }
    context["children"] = gate.visible(request.user, "team.view", below, at=request.at).order_by("principal__label")
    reaching = facts.model(request.at).chain(team.principal_id)
    context["roles"] = held_now(reaching, request.at).count()
    return render(request, "accounts/teams/detail.html", context)


@require_safe
@login_required
def members(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who is in a team, will be, and was lately."""
    context = pages.team_page(request, pk, "members")
    standing, ended = standing_and_ended(pages.memberships(context["team"]), request.at)
    people = [row.person for row in (*standing, *ended)]
    context |= {"standing": standing, "ended": ended, "leads": pages.leads(standing, request.at)}
    context["visible"] = allowed_on(request.user, ["person.view"], people, at=request.at)["person.view"]
    context["may_lead"] = context["may_manage"] and may_make_lead(request, context["team"])
    context["uses"] = pages.uses_of_members(request, people)
    return render(request, "accounts/teams/members.html", context)


@require_safe
@login_required
def roles(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was given to a team and what comes to it from the teams above."""
    context = pages.team_page(request, pk, "roles")
    team = context["team"]
    chain = set(facts.model(request.at).chain(team.principal_id))
    held = all_held({team.principal_id}, chain - {team.principal_id}, request.at)
    standing = [one.grant for one in held.standing]
    context |= {"own": held.own, "above": held.through, "ended": held.ended}
    context["may_end"] = gate.allowed(request.user, "grant.end", standing, at=request.at)
    context |= pages.use(request, team, standing) | _things(request, team)
    return render(request, "accounts/teams/roles.html", context)


@require_safe
@login_required
def abilities(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what members can do, by type, and which role lets them."""
    context = pages.team_page(request, pk, "abilities")
    held = [(one.grant.role_id, one.grant.role.name, one.scope) for one in _in_force(context["team"], request)]
    context["groups"] = selectors.abilities(held, request.at)
    context["total"] = sum(len(found) for _type, found in context["groups"])
    context |= _things(request, context["team"])
    return render(request, "accounts/teams/abilities.html", context)


@require_safe
@login_required
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what happened to a team, to whoever may read the trail about it."""
    context = pages.team_page(request, pk, "history")
    fetch(request, "trail.view", pages.PAGES, pk, as_type="trail")
    where = {name: request.GET.get(name) for name in ("before", "after")}
    context["events"] = history_of(context["team"], **where)
    return render(request, "accounts/teams/history.html", context)


@require_http_methods(FORM)
@login_required
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a team is for and where it belongs."""
    context = pages.team_page(request, pk, "detail", "team.edit")
    team = context["team"]
    initial = selectors.editable(team) | {"row_version": team.row_version}
    form = EditTeamForm(posted(request), initial=initial, team=team, reader=request.user, at=request.at)
    tried = attempt(form, lambda _given: services.edit_team(
        request.user, team=team, row_version=form.cleaned_data["row_version"], changes=form.changes, at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is saved.") % {"name": tried.done.name})
        return redirect("teams:detail", pk)
    context |= {"form": tried.form, "conflicts": tried.conflicts}
    return render(request, "accounts/teams/edit.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
@fresh_factor()
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a team under another."""
    context = pages.team_page(request, pk, "detail", "team.edit")
    team = context["team"]
    initial = {"parent": team.parent, "row_version": team.row_version}
    form = MoveTeamForm(posted(request), initial=initial, team=team, reader=request.user, at=request.at)
    tried = attempt(form, lambda given: services.move_team(request.user, team=team, at=request.at, **given))
    if tried.done:
        tell(request, _("%(name)s has moved.") % {"name": team.name})
        return redirect("teams:detail", pk)
    context |= {"form": tried.form, "conflicts": tried.conflicts, "above": _above(team, request)}
    return render(request, "accounts/teams/move.html", context, status=tried.status)


@require_http_methods(FORM)
@login_required
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    """Close a team that nobody and nothing uses any more."""
    context = pages.team_page(request, pk, "detail", "team.edit")
    team = context["team"]
    tried = attempt(ReasonForm(posted(request)), lambda given: services.archive_team(
        request.user, team=team, reason=given["reason"], at=request.at
    ))  # fmt: skip
    if tried.done:
        tell(request, _("%(name)s is archived.") % {"name": team.name})
        return redirect("teams:list")
    context |= {"form": tried.form, "users": selectors.users_of(team, request.user, at=request.at)}
    return render(request, "accounts/teams/archive.html", context, status=tried.status)


def _above(team: Team, request: HttpRequest) -> list[Holding]:
    """Return what reaches the team from those above it."""
    return held_by(set(facts.model(request.at).chain(team.principal_id)) - {team.principal_id}, request.at)


def _things(request: HttpRequest, team: Team) -> dict[str, Any]:
    through = set(facts.model(request.at).chain(team.principal_id)) - {team.principal_id}
    found = things_held(team.principal, through, request.at)
    return things_of(request, team.principal, found) | uses_of_things(request, team, found)


def _in_force(team: Team, request: HttpRequest) -> list[Holding]:
    """Return the grants that reach members now."""
    held = held_by(facts.model(request.at).chain(team.principal_id), request.at)
    return [holding for holding in held if holding.begun]


def context_of_gain(team: Team, request: HttpRequest) -> dict[str, Any]:
    """Return what new members gain, and which of it the reader cannot give."""
    held = _in_force(team, request)
    handed = hands_out(request.user, principal=team.principal, resource=team.resource, at=request.at)
    grants = [] if handed else [one.grant for one in held]
    return {"gains": held, "beyond": listing.beyond(request.user, grants, at=request.at)}
