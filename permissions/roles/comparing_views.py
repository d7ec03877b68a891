"""The page that compares two roles, or a role with a person. Its address says all, so it can be shared."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Person
from permissions import gate
from permissions.guards import require_somewhere
from permissions.models import Role
from permissions.roles import comparing
from permissions.roles.comparing import Comparison
from permissions.roles.forms import CompareForm


@login_required
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Show what differs between the two in the address; without both, offer to choose."""
    require_somewhere(request.user, "role.view", at=request.at)
    form, show = _form(request), request.GET.get("show", "")
    pair = form.pair
    context: dict[str, Any] = {"form": form, "show": show if show == "all" else ""}
    if pair is not None:
        everything = show == "all"
        found = comparing.compare(request.user, left=pair[0], right=pair[1], everything=everything, at=request.at)
        context |= {"found": found, **_people(request, found)}
    return render(request, "permissions/roles/compare.html", context)


def _form(request: HttpRequest) -> CompareForm:
    reader, at = request.user, request.at
    roles = gate.visible(reader, "role.view", Role.objects.filter(retired_at=None), at=at)
    asked = gate.visible(reader, comparing.CHECK, Person.objects.all(), at=at, as_type="access")
    people = Person.objects.filter(Q(pk=reader.pk) | Q(pk__in=asked.values("pk"))).order_by("name", "pk")
    return CompareForm(request.GET, roles=roles.select_related("resource").order_by("name"), people=people)


def _people(request: HttpRequest, found: Comparison) -> dict[str, Any]:
    """Return who holds one and not the other; of a person, whether they hold the role."""
    left, right = found.left.subject, found.right.subject
    if isinstance(left, Role) and isinstance(right, Role):
        return {"overlap": comparing.overlap(left, right, at=request.at)}
    person, role = (left, right) if isinstance(left, Person) else (right, left)
    if isinstance(person, Person) and isinstance(role, Role):
        return {"person": person, "holds": comparing.holds(person, role, at=request.at)}
    return {}
