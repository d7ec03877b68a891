"""How grants on one resource are used: when last, by how many, which by nobody; as far as the reader may see it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.models import Person
from permissions import facts, gate, reaching
from permissions.models import PersonObjectGrant, UsageGroupGrant
from permissions.objects import rows
from permissions.objects.held import Thing
from permissions.objects.rows import AnyGrant
from permissions.usage import selectors as usage


def unused(found: QuerySet[Any], *, at: datetime) -> QuerySet[Any]:
    """Return those of `found` that are in force for longer than UNUSED_AFTER and that nobody used since.

    What comes with leading or owning is none of them: nobody can end it by itself.
    """
    cut = at - usage.UNUSED_AFTER
    idle = Q(last_used_at=None) | Q(last_used_at__lt=cut)
    standing = found.filter(idle, starts_at__lte=cut).filter(Q(until=None) | Q(until__gt=at))
    return standing.exclude(source__in=rows.BROUGHT)


def seen(reader: Person, grants: Collection[AnyGrant], *, at: datetime) -> frozenset[int]:
    """Return the ids of those `grants`, all of one table, whose use `reader` may see; of their own always."""
    own = {row.pk for row in grants if isinstance(row, PersonObjectGrant) and row.user_id == reader.pk}
    return usage.seen(reader, grants, at=at) | own


def by_person(things: Iterable[Thing], shared: dict[int, datetime]) -> dict[str, datetime]:
    """Return {key: when one person used it}: their own carry it, `shared` says it of what teams and groups have."""
    found = {one.key: shared.get(one.grant.pk) if _is_shared(one.grant) else one.grant.last_used_at for one in things}
    return {key: last for key, last in found.items() if last is not None}


def shared(things: Iterable[Thing]) -> list[int]:
    """Return the ids of those that a team or group has."""
    return [one.grant.pk for one in things if _is_shared(one.grant)]


def of_each(reader: Person, grants: Iterable[int], *, at: datetime) -> dict[str, int]:
    """Return {key: how many people used it within UNUSED_AFTER}, of grants to teams and groups with these ids.

    Counted are the people whose use `reader` may see.
    """
    lately = UsageGroupGrant.objects.filter(grant__in=list(grants), last_at__gte=at - usage.UNUSED_AFTER)
    lately = usage.of_seen(reader, lately, at=at)
    counted = lately.order_by().values("grant").annotate(n=Count("person")).values_list("grant", "n")
    return {f"{rows.COLLECTIVES}{grant}": n for grant, n in counted}


def on(reader: Person, things: Iterable[Thing], *, at: datetime) -> dict[str, Any]:
    """Return when each of `things` was last used, and by how many; nothing where `reader` may see no use of any."""
    found = list(things)
    collective = [one.grant for one in found if _is_shared(one.grant)]
    own = [one.grant for one in found if not _is_shared(one.grant)]
    there = seen(reader, own, at=at), seen(reader, collective, at=at)
    shown = {one.key: one.grant.last_used_at for one in found if one.grant.pk in there[_is_shared(one.grant)]}
    return {"thing_uses": shown, "thing_users": of_each(reader, there[True], at=at)} if shown else {}


@dataclass(frozen=True, slots=True)
class By:
    """Somebody who used a grant, and when last."""

    person: Person
    last_at: datetime


def of_grant(reader: Person, grant: AnyGrant, *, at: datetime) -> dict[str, Any]:
    """Return how a grant is used and by whom, the latest first; nothing for who may not see that."""
    if grant.pk not in seen(reader, [grant], at=at):
        return {}
    holders = reaching.people_of(facts.model(at), {rows.principal_of(grant).pk}, at)
    if isinstance(grant, PersonObjectGrant):
        by = [By(grant.user, grant.last_used_at)] if grant.last_used_at else []
        users = len([one for one in by if one.last_at >= at - usage.UNUSED_AFTER])
        return {"used": usage.Used(users, holders.count(), grant.last_used_at), "users": by, "others": 0}
    holders = usage.whose(reader, holders, at=at)
    uses = usage.of_seen(reader, UsageGroupGrant.objects.filter(grant=grant, last_at__lte=at), at=at)
    uses = uses.order_by("-last_at", "pk")
    people = gate.visible(reader, "person.view", Person.objects.all(), at=at)
    named = uses.filter(person__in=people.values("pk")).select_related("person")[: usage.TOP]
    by = [By(one.person, one.last_at) for one in named]
    lately = uses.filter(last_at__gte=at - usage.UNUSED_AFTER, person__in=holders.values("pk"))
    last = uses.values_list("last_at", flat=True).first()
    used = usage.Used(lately.count(), holders.count(), last)
    return {"used": used, "users": by, "others": uses.count() - len(by)}


def _is_shared(grant: AnyGrant) -> bool:
    return not isinstance(grant, PersonObjectGrant)
