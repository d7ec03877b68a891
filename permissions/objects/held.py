"""Reads of grants on one resource: what some principals hold, and what they held until recently."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.models import Person, Principal
from permissions import gate
from permissions.giving import may_share
from permissions.grants.held import RECENTLY
from permissions.models import Resource
from permissions.objects import rows
from permissions.objects.rows import AnyGrant

MOST = 25  # rows of each part that a page shows; the list has them all


@dataclass(frozen=True, slots=True)
class Thing:
    """One grant on a resource as a page shows it; `soon`: it ends within a fortnight."""

    grant: AnyGrant
    key: str
    holder: Principal
    begun: bool
    soon: bool

    @property
    def action(self) -> Any:
        """Return the permission, as the catalogue has it."""
        return self.grant.permission.catalogue_action

    @property
    def asked(self) -> int | None:
        """Return the id by which a question names the thing; none where it cannot be asked about by itself."""
        thing, type_ = self.grant.content_object, self.action.type.key
        if thing.object_kind is not None:
            found: int | None = thing.object_id if type_ == thing.object_kind else None
            return found
        return int(thing.pk) if type_ in (thing.type.key, "resource") else None


@dataclass(frozen=True)
class Things:
    """What one principal has on single resources: by itself, through others, and what of its own ended lately."""

    own: list[Thing]
    through: list[Thing]
    ended: list[Thing]
    more: bool

    @cached_property
    def standing(self) -> list[Thing]:
        """Return all that is not over, what ends first on top."""
        found = [*self.own, *self.through]
        return sorted(found, key=lambda one: (one.grant.until is None, one.grant.until or one.grant.starts_at))

    @property
    def ending(self) -> list[Thing]:
        """Return what ends soon."""
        return [one for one in self.standing if one.soon and one.begun]

    def __bool__(self) -> bool:
        """Return whether there is anything to show."""
        return bool(self.own or self.through or self.ended)


NOTHING = Things([], [], [], more=False)


def of(principal: Principal, through: Collection[int], at: datetime, *, recently: timedelta = RECENTLY) -> Things:
    """Return what `principal` has itself and through the principals `through`, what ends first on top.

    At most three statements, and MOST rows of each part.
    """
    order = (F("until").asc(nulls_last=True), "pk")
    mine = rows.held_by(principal)
    own = mine.not_over(at).exclude(until=F("starts_at")).order_by(*order)
    over = mine.filter(until__lte=at, until__gt=at - recently).exclude(until=F("starts_at"))
    others: QuerySet[Any] = rows.table(rows.COLLECTIVES).not_over(at).filter(group__principal__in=through)
    found_own, own_more = _some(own, at)
    found_others, others_more = _some(others.order_by(*order), at) if through else ([], False)
    ended, _more = _some(over.order_by("-until", "pk"), at) if recently else ([], False)
    return Things(found_own, found_others, ended, own_more or others_more)


def _some(found: QuerySet[Any], at: datetime) -> tuple[list[Thing], bool]:
    read = list(found[: MOST + 1])
    return [_thing(row, at) for row in read[:MOST]], len(read) > MOST


def _thing(row: AnyGrant, at: datetime) -> Thing:
    soon = row.until is not None and at < row.until <= at + timedelta(days=14)
    return Thing(row, rows.key(row), rows.principal_of(row), row.starts_at <= at, soon)


@dataclass(frozen=True, slots=True)
class On:
    """The grants on one resource of one kind of holder, or those that ended lately."""

    letter: str
    found: list[Thing]
    more: bool


def on(reader: Person, resource: Resource, *, at: datetime) -> tuple[On, On, list[Thing]]:
    """Return the standing grants on exactly `resource` of people, and of teams and groups; and what ended lately.

    Whoever shares the resource sees all of them; other readers those of the holders they may know of.
    """
    shares = may_share(reader, actions=(), resource=resource, at=at)
    parts, over = [], []
    for letter in rows.MODELS:
        found = rows.table(letter).filter(content_object=resource).exclude(until=F("starts_at"))
        seen = found if shares else gate.visible(reader, "grant.view", found, at=at)
        standing = seen.filter(Q(until=None) | Q(until__gt=at)).order_by("permission__catalogue_action__position", "pk")
        parts.append(On(letter, *_some(standing, at)))
        over += _some(seen.filter(until__lte=at, until__gt=at - RECENTLY).order_by("-until", "pk"), at)[0]
    return parts[0], parts[1], sorted(over, key=lambda one: one.grant.until or at, reverse=True)
