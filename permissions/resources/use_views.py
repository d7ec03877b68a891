"""How a resource is used."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from permissions import places
from permissions.guards import require
from permissions.resources import pages
from permissions.usage import selectors as usage


@require_safe
@login_required
def use(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how often a resource is used and what for; by whom, to whoever may see use there."""
    context = pages.resource_page(request, pk, "resources:use")
    opening, at = context["opening"], request.at
    if not pages.may_see_use(opening, at):
        require(request.user, usage.VIEW, places.retyped(opening.here, "usage"), at=at)
    resource = context["resource"]
    context |= {"line": usage.line_of_resource(resource, at=at), "actions": usage.by_action(resource, at=at)}
    context["people"] = usage.top_people(resource, request.user, at=at) if opening.may(usage.VIEW, at=at) else None
    context["last"] = usage.last_of_resource(resource)
    return render(request, "permissions/resources/use.html", context)
