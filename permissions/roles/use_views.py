"""How the people who hold a role use it: which of its permissions, and how many of them."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from permissions import facts
from permissions.guards import fetch
from permissions.models import Mode, RoleGrant
from permissions.roles import pages
from permissions.roles.views import ROLE
from permissions.usage import selectors as usage


@login_required
@require_safe
def use(request: HttpRequest, pk: int) -> HttpResponse:
    """Show for each permission of a role how many of its holders used it lately, the least used first."""
    role = fetch(request, "role.view", ROLE, pk)
    if not usage.may_see(request.user, at=request.at):
        raise Http404
    grants = RoleGrant.objects.in_force(request.at).filter(role=role, mode=Mode.ACTIVE)
    people = usage.whose(request.user, usage.reached_by(grants, at=request.at), at=request.at)
    held = facts.model(request.at).holding.get(role.pk, frozenset())
    own = {
        "used": usage.of_holders(grants, at=request.at, reader=request.user),
        "all_seen": usage.sees_all(request.user, at=request.at),
        "lines": usage.of_actions(held, people, at=request.at),
        "since": usage.since(),
    }
    return render(request, "permissions/roles/use.html", pages.context(request, role, "use", **own))
