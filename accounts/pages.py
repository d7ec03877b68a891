"""What the pages of people, teams and structure share at the edge."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from accounts.models import Group, Membership, Principal, Team
from cxaccess.lib.listing import Count
from cxaccess.lib.models import WindowQuerySet
from permissions import gate, giving
from permissions.objects import choices, held, rows, uses
from permissions.usage import selectors as usage

# mypy: disable-error-code="arg-type, attr-defined"
RECENTLY = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Tab:
    """A page about the same thing. `key` names its count where that comes later."""

    label: str
    url: str
    current: bool
    count: Count | int | str | None = None
    key: str = ""


def give_url(request: HttpRequest, principal_id: int) -> str:
    """Return where the reader gives a role to that principal; nothing for who may give nothing."""
    if not gate.may_somewhere(request.user, "role.give", at=request.at):
        return ""
    try:
        return f"{reverse('grants:give')}?to={principal_id}"
    except NoReverseMatch:
        return ""


def things_of(request: HttpRequest, principal: Principal, found: held.Things) -> dict[str, Any]:
    """Return what was `found` on single resources for `principal`, where all of it is, and where to give more."""
    reader, at = request.user, request.at
    letter = rows.letter_of(principal)
    more = f"{reverse('objects:list')}?of={letter}&holder={principal.pk}"
    give = f"{reverse('objects:give')}?to={principal.pk}"
    return {
        "things": found,
        "things_url": more if gate.may_somewhere(reader, "grant.view", at=at) else "",
        "give_on_url": give if choices.may_give_somewhere(reader, at=at) else "",
    }


def uses_of_things(request: HttpRequest, of: Team | Group, found: held.Things) -> dict[str, Any]:
    """Return when each thing `found` of a team or group was last used, by how many; nothing for who may not see it."""
    if not found or not usage.may_see_of(request.user, of, at=request.at):
        return {}
    return {
        "thing_uses": {one.key: one.grant.last_used_at for one in found.all},
        "thing_users": uses.of_each(request.user, uses.shared(found.all), at=request.at),
    }


def may_make_lead(request: HttpRequest, led: Team | Group) -> bool:
    """Return whether the reader may make somebody lead of it: that takes being able to give all it holds."""
    keeping = f"{led.principal.kind}.manage_members"
    return giving.may_give_on(request.user, actions=[keeping], resource=led.resource, at=request.at)


def standing_and_ended(rows: WindowQuerySet, at: datetime) -> tuple[list[Membership], list[Membership]]:
    """Return the memberships in force or planned, and those that ended lately; what never began is in neither."""
    begun = rows.filter(Q(until__isnull=True) | Q(until__gt=F("starts_at")))
    return list(begun.not_over(at)), list(begun.filter(until__lte=at, until__gt=at - RECENTLY).order_by("-until"))
