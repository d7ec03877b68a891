"""The tab of a resource's page that says what was given on exactly it."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from permissions import gate, places
from permissions.guards import require
from permissions.objects import choices, held, uses
from permissions.resources.pages import may_see_grants, resource_page

# mypy: disable-error-code="arg-type, attr-defined"


@require_safe
@login_required
def on(request: HttpRequest, pk: int) -> HttpResponse:
    """Show who was given what on exactly this resource, as far as the reader may know of its holders."""
    context = resource_page(request, pk, "resources:grants")
    opening, resource = context["opening"], context["resource"]
    if not may_see_grants(opening, request.at):
        require(request.user, "grant.view", places.retyped(opening.here, "grant"), at=request.at)
    offered = resource.archived_at is None and choices.may_give_on(request.user, resource, at=request.at)
    more = f"{reverse('objects:list')}?thing={resource.pk}"
    parts = held.on(request.user, resource, at=request.at)
    context |= {
        "parts": parts,
        **uses.on(request.user, [*parts[0].found, *parts[1].found, *parts[2]], at=request.at),
        "give_url": f"{reverse('objects:give')}?on={resource.pk}" if offered else "",
        "list_url": more if gate.may_somewhere(request.user, "grant.view", at=request.at) else "",
    }
    return render(request, "permissions/objects/on.html", context)
