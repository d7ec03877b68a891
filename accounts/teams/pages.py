"""What the pages about one team share."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Membership, Part, Person, Team
from accounts.pages import Tab, give_url
from cxaccess.lib.listing import Count
from cxaccess.lib.related import attach
from permissions import facts, gate, places
from permissions.guards import fetch
from permissions.models import Mode, RoleGrant
from permissions.usage import selectors as usage

# mypy: disable-error-code="arg-type, attr-defined"
PAGES = Team.objects.select_related("principal", "resource", "parent")
NAMED = ("owner__name", "resource__region__name", "resource__department__name", "parent__principal__label")


def team_page(request: HttpRequest, pk: int, tab: str, action: str = "team.view") -> dict[str, Any]:
    """Return the context of one team's page, once the reader may do `action`. Raises Http404, NotAllowed."""
    team = fetch(request, action, PAGES, pk)
    attach([team], *NAMED)
    reader, at = request.user, request.at
    here = places.target(team, at)
    standing = team.archived_at is None
    held = RoleGrant.objects.not_over(at).filter(principal__in=facts.model(at).chain(team.principal_id))
    members = Membership.objects.not_over(at).filter(principal=team.principal_id)
    counts = dict(zip(("members", "roles"), Count.of_all([members, held.filter(mode=Mode.ACTIVE)]), strict=True))
    return {
        "team": team,
        "tabs": _tabs(team, tab, counts, history=gate.may(reader, "trail.view", places.retyped(here, "trail"), at=at)),
        "may_edit": standing and gate.may(reader, "team.edit", here, at=at),
        "may_manage": standing and gate.may(reader, "team.manage_members", here, at=at),
        "give_url": give_url(request, team.principal_id) if standing else "",
    }


def _tabs(team: Team, current: str, counts: dict[str, Count], *, history: bool) -> list[Tab]:
    shown = [
        ("detail", _("Overview")),
        ("members", _("Members")),
        ("roles", _("Roles")),
        ("abilities", _("What they can do")),
    ]
    if history:
        shown.append(("history", _("History")))
    return [
        Tab(label, reverse(f"teams:{name}", args=[team.pk]), name == current, counts.get(name)) for name, label in shown
    ]


def memberships(team: Team) -> QuerySet[Membership]:
    """Return all memberships of `team`, leads first, with who gave and ended them."""
    rows = Membership.objects.filter(principal=team.principal_id).select_related("person", "given_by", "ended_by")
    return rows.order_by("part", "person__name", "starts_at")


def use(request: HttpRequest, team: Team, grants: Sequence[RoleGrant]) -> dict[str, Any]:
    """Return when each of `grants` was last used and by how many; nothing for who may not see the team's use."""
    if not usage.may_see_of(request.user, team, at=request.at):
        return {}
    return {
        "uses": {grant.pk: grant.last_used_at for grant in grants},
        "users": usage.of_each(request.user, grants, at=request.at),
    }


def uses_of_members(request: HttpRequest, people: Sequence[Person]) -> dict[int, datetime | None] | None:
    """Return {person: when they last did anything}, of those whose use the reader may see; None where of nobody."""
    seen = usage.seen(request.user, people, at=request.at)
    last = usage.last_of_people(seen)
    return {pk: last.get(pk) for pk in seen} or None


def leads(rows: list[Membership], at: datetime) -> list[Membership]:
    """Return those of `rows` who lead now."""
    return [row for row in rows if row.part == Part.LEAD and row.starts_at <= at]
