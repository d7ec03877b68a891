"""What the pages about one person share: who it is, the tabs, what the reader may do there."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.attributes.schema import DIMENSIONS, SENSITIVITY
from accounts.models import Leaving, Membership, Person, PersonDimension, PersonState, Team
from accounts.pages import RECENTLY, Tab, give_url
from cxaccess.lib.listing import CAP, Count
from cxaccess.lib.related import attach
from permissions import facts, gate, places
from permissions.attributes import values as attributes
from permissions.engine import principals_reached
from permissions.guards import fetch_placed
from permissions.models import RoleGrant
from permissions.objects import uses
from permissions.objects.held import Things
from permissions.usage import selectors as usage

# mypy: disable-error-code="arg-type, attr-defined"
# request.user is a Person and request.at a moment; Django's stubs know neither.
PEOPLE = Person.objects.select_related("principal")
NAMED = ("department__name", "region__name", "manager__name")


def person_page(request: HttpRequest, pk: int, tab: str, action: str = "person.view") -> dict[str, Any]:
    """Return the context of one person's page, once the reader may do `action`. Raises Http404, NotAllowed."""
    person, here = fetch_placed(request, action, PEOPLE, pk)
    attach([person], *NAMED)
    reader, at = request.user, request.at
    reached = reaching(person, at)
    counts = _counts(person, reached, at)
    others = person.pk != reader.pk
    return {
        "person": person,
        "here": here,
        "reached": reached,
        "tabs": _tabs(
            person, tab, counts, history=gate.may(reader, "trail.view", places.retyped(here, "trail"), at=at)
        ),
        "may_edit": gate.may(reader, "person.edit", here, at=at),
        "may_suspend": others and gate.may(reader, "person.suspend", here, at=at),
        "may_offboard": others and gate.may(reader, "person.offboard", here, at=at),
        "gone": person.has_left(at),
        "give_url": give_url(request, person.principal_id),
    }


def _counts(person: Person, reached: Collection[int], at: datetime) -> dict[str, Count]:
    """Return what the tabs count and is not over, later beginnings too; the facts of decisions hold it."""
    found = facts.snapshot(person.pk, at).subject
    held = sum(grant.principal in reached and not grant.window.is_over(at) for grant in found.grants)
    inside = sum(not one.window.is_over(at) for one in found.memberships)
    return {"access": Count.met(held, CAP), "teams": Count.met(inside, CAP)}


def _tabs(person: Person, current: str, counts: dict[str, Count], *, history: bool) -> list[Tab]:
    shown = [("detail", _("Profile")), ("access", _("Access")), ("teams", _("Teams"))]
    if history:
        shown.append(("history", _("History")))
    return [
        Tab(label, reverse(f"people:{name}", args=[person.pk]), name == current, counts.get(name))
        for name, label in shown
    ]


def reaching(person: Person, at: datetime) -> set[int]:
    """Return the principals whose grants reach `person` at `at`: their own, their teams', the teams' above."""
    found = facts.snapshot(person.pk, at)
    return principals_reached(found.model, found.subject, at)


def use(request: HttpRequest, person: Person, grants: Sequence[RoleGrant], things: Things) -> dict[str, Any]:
    """Return when `person` last used each grant; nothing for who may not see that."""
    if not usage.may_see_of(request.user, person, at=request.at):
        return {}
    used = usage.by_person(person, [grant.pk for grant in grants], uses.shared(things.all))
    return {
        "uses": used.roles,
        "thing_uses": uses.by_person(things.all, used.shared),
        "thing_users": {},
    }


def depending(person: Person, at: datetime) -> dict[str, Any]:
    """Return who and what relies on `person`: their teams, their reports, what they own."""
    return {
        "teams": memberships(person).in_force(at),
        "reports": Person.objects.filter(manager=person).exclude(state=PersonState.LEFT).count(),
        "owned_teams": Team.objects.filter(owner=person, archived_at=None).count(),
        "owned_roles": person.owned_roles.filter(retired_at=None).count(),
    }


def profile(person: Person, at: datetime) -> dict[str, Any]:
    """Return what somebody answers for by kind, their clearance, and what this instance knows of them besides."""
    held = person.dimensions.in_force(at).values_list("node__kind", "node__name").order_by("node__name")
    names: dict[str, list[str]] = {kind: [] for kind in DIMENSIONS}
    for kind, name in held:
        names[kind].append(name)
    cleared = "" if person.clearance is None else SENSITIVITY.named([person.clearance]).get(person.clearance, "")
    known = attributes.of_people()
    return {
        "range": [(label, names[kind]) for kind, (_key, label, _domain) in DIMENSIONS.items()],
        "clearance": cleared,
        "custom": [(row.label, attributes.in_words(row, person.custom.get(row.name))) for row in known],
    }


def leaving(context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
    """Return the latest leaving that was not called off, for who may let that person leave; and who may bring back."""
    person, at = context["person"], request.at
    found = None
    if context["may_offboard"]:
        found = Leaving.objects.filter(person=person, cancelled_at=None).order_by("-pk").first()
    back = context["gone"] and person.pk != request.user.pk
    return {
        "leaving": found if found is not None and (context["gone"] or found.is_open) else None,
        "may_bring_back": back and gate.may_somewhere(request.user, "person.create", at=at),
    }


def range_of(person: Person, at: datetime) -> dict[str, list[PersonDimension]]:
    """Return what somebody answers for at `at` or later, and what ended lately."""
    rows = person.dimensions.select_related("node", "given_by", "ended_by").order_by("node__kind", "node__name", "pk")
    begun = rows.filter(Q(until__isnull=True) | Q(until__gt=F("starts_at")))
    return {
        "standing": list(begun.not_over(at)),
        "ended": list(begun.filter(until__lte=at, until__gt=at - RECENTLY).order_by("-until")),
    }


def memberships(person: Person) -> QuerySet[Membership]:
    """Return all memberships of `person`, with the team and who gave and ended them."""
    rows = Membership.objects.filter(person=person).select_related(
        "principal__team", "principal__group", "given_by", "ended_by"
    )
    return rows.order_by("principal__label", "starts_at")
