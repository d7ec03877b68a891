"""What the pages about one group share."""

from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.attributes import schema
from accounts.gains import hands_out
from accounts.groups import rules
from accounts.groups.services import GROUPS
from accounts.models import Group, Membership, Part, Person
from accounts.pages import RECENTLY, Tab, give_url
from accounts.reads import sees_everybody
from accounts.teams.listing import beyond
from cxaccess.lib.conditions.sentences import Piece, pieces
from permissions import facts, gate, places
from permissions.grants.held import Holding, held_by
from permissions.guards import fetch
from permissions.models import Mode, RoleGrant

# mypy: disable-error-code="arg-type, attr-defined"
SHOWN = 25  # memberships that ended lately
PAGES = GROUPS.select_related("principal", "owner", "resource__region", "resource__department")


def group_page(request: HttpRequest, pk: int, tab: str, action: str = "group.view") -> dict[str, Any]:
    """Return the context of one group's page, once the reader may do `action`. Raises Http404, NotAllowed."""
    group = fetch(request, action, PAGES, pk)
    reader, at = request.user, request.at
    here = places.target(group, at)
    standing = group.archived_at is None
    held = RoleGrant.objects.not_over(at).filter(principal__in=facts.model(at).chain(group.principal_id))
    counts = {
        "members": seen_members(group, reader, at).not_over(at).order_by().values("person").distinct().count(),
        "roles": held.filter(mode=Mode.ACTIVE).count(),
    }
    history = gate.may(reader, "trail.view", places.retyped(here, "trail"), at=at)
    return {
        "group": group,
        "by_rule": group.rule is not None,
        "tabs": _tabs(group, tab, counts, history=history),
        "may_edit": standing and gate.may(reader, "group.edit", here, at=at),
        "may_manage": standing and group.rule is None and gate.may(reader, "group.manage_members", here, at=at),
        "give_url": give_url(request, group.principal_id) if standing else "",
    }


def _tabs(group: Group, current: str, counts: dict[str, int], *, history: bool) -> list[Tab]:
    shown = [("detail", _("Overview")), ("members", _("Members")), ("roles", _("Roles"))]
    shown += [("abilities", _("What they can do"))]
    if group.rule is not None:
        shown.insert(1, ("rule", _("Rule")))
    if history:
        shown.append(("history", _("History")))
    return [
        Tab(label, reverse(f"groups:{name}", args=[group.pk]), name == current, counts.get(name))
        for name, label in shown
    ]


def seen_members(group: Group, reader: Person, at: datetime) -> QuerySet[Membership]:
    """Return the memberships of `group` that `reader` may know of: by rule, of those whom they may see.

    Otherwise whoever writes rules would come to know whom a rule takes in by how many it takes in.
    """
    rows = memberships(group)
    if group.rule is None or sees_everybody(reader, at=at):
        return rows
    return rows.filter(person__in=gate.visible(reader, "person.view", Person.objects.all(), at=at))


def memberships(group: Group) -> QuerySet[Membership]:
    """Return all memberships of `group`, leads first, with who gave and ended them."""
    rows = Membership.objects.filter(principal=group.principal_id).select_related("person", "given_by", "ended_by")
    return rows.order_by("part", "person__name", "starts_at")


def ended(rows: QuerySet[Membership], at: datetime) -> list[Membership]:
    """Return those of `rows` that ended lately, the latest first and not all of many."""
    over = rows.filter(until__lte=at, until__gt=at - RECENTLY).exclude(until=F("starts_at"))
    return list(over.order_by("-until", "pk")[:SHOWN])


def leads(group: Group, at: datetime) -> list[Membership]:
    """Return the memberships of those who lead now."""
    return list(memberships(group).in_force(at).filter(part=Part.LEAD))


def in_words(group: Group, zone: str) -> tuple[Piece, ...]:
    """Return the rule as a sentence; nothing where there is none, or where it cannot be read any more."""
    known = schema.of_people()
    rule = rules.kept(group.rule, known) if group.rule is not None else None
    return () if rule is None else pieces(rule.condition, known, zone)


def in_force(group: Group, at: datetime) -> list[Holding]:
    """Return the grants that reach members now."""
    return [holding for holding in held_by(facts.model(at).chain(group.principal_id), at) if holding.begun]


def context_of_gain(group: Group, request: HttpRequest) -> dict[str, Any]:
    """Return what new members gain, and which of it the reader cannot give."""
    held = in_force(group, request.at)
    handed = hands_out(request.user, principal=group.principal, resource=group.resource, at=request.at)
    return {"gains": held, "beyond": beyond(request.user, [] if handed else [one.grant for one in held], at=request.at)}
