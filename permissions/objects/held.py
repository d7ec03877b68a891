"""Reads of grants on one resource: what some principals hold, and what they held until recently."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.models import Person, Principal
from permissions import facts, gate
from permissions.engine import principals_reached
from permissions.giving import may_share
from permissions.grants.held import RECENTLY
from permissions.models import Resource
from permissions.objects import rows
from permissions.objects.rows import AnyGrant

MOST = 25  # rows of each part that a page shows; the list has them all
# The columns that a row shows, that its links need, and that say where its resource is.
ACTION, THING = "permission__catalogue_action__", "content_object__"
SHOWN = (
    "starts_at", "until", "given_at", "source", "reason", "end_reason", "last_used_at",
    "given_by__name", "ended_by__name",
    *(f"{ACTION}{name}" for name in ("key", "label", "purpose", "auth_permission", "type__key")),
    *(f"{THING}{name}" for name in ("name", "object_kind", "object_id", "archived_at", "type__key", "type__label")),
    *(f"{THING}{name}" for name in ("region", "department", "product_line", "segment", "owner_team")),
)  # fmt: skip
HOLDER = {
    rows.PEOPLE: ("user__principal__kind", "user__principal__label", "user__name", "user__title"),
    rows.COLLECTIVES: (
        *(f"group__principal__{name}" for name in ("kind", "label", "auth_group")),
        *(f"group__principal__{kind}__principal" for kind in ("team", "group")),
    ),
}


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
    def kind(self) -> tuple[bool, ...]:
        """Return what its row depends on, but for the values that stand in it."""
        row = self.grant
        said = (row.until, row.given_by_id, row.ended_by_id, row.reason, self.asked)
        return (self.holder.kind == "person", self.begun, self.soon, *map(bool, said))

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
    def all(self) -> list[Thing]:
        """Return all that is shown, what ended included."""
        return [*self.own, *self.through, *self.ended]

    @property
    def ending(self) -> list[Thing]:
        """Return what ends soon."""
        return [one for one in self.standing if one.soon and one.begun]

    def __bool__(self) -> bool:
        """Return whether there is anything to show."""
        return bool(self.own or self.through or self.ended)


def of(principal: Principal, through: Collection[int], at: datetime) -> Things:
    """Return what a team or group has itself and through the principals `through`, what ends first on top.

    At most three statements, and MOST rows of each part.
    """
    order = (F("until").asc(nulls_last=True), "pk")
    own = rows.held_by(principal).not_over(at).exclude(until=F("starts_at")).order_by(*order)
    others: QuerySet[Any] = rows.table(rows.COLLECTIVES).not_over(at).filter(group__principal__in=through)
    found_own, own_more = _some(own, at)
    found_others, others_more = _some(others.order_by(*order), at) if through else ([], False)
    return Things(found_own, found_others, _ended(principal, at), own_more or others_more)


def of_person(person: Person, at: datetime, *, until: datetime | None = None, ended: bool = False) -> Things:
    """Return what `person` has itself and through teams and groups, what ends first on top; lately `ended`, if asked.

    The facts of their decisions say which, so what there is none of costs no statement. `until`: only what ends by it.
    """
    found = facts.snapshot(person.pk, at)
    reached = principals_reached(found.model, found.subject, at)
    standing = sorted(
        (
            grant
            for on in found.subject.objects.values()
            for grant in on
            if grant.principal in reached
            and not (grant.window.is_over(at) or grant.window.is_empty)
            and (until is None or grant.window.is_over(until))
        ),
        key=lambda one: (one.window.until is None, one.window.until or at, one.id),
    )
    own = [grant.id for grant in standing if not grant.collective]
    through = [grant.id for grant in standing if grant.collective]
    return Things(
        _named(rows.PEOPLE, own[:MOST], at),
        _named(rows.COLLECTIVES, through[:MOST], at),
        _ended(person.principal, at) if ended else [],
        more=len(own) > MOST or len(through) > MOST,
    )


def _named(letter: str, ids: list[int], at: datetime) -> list[Thing]:
    """Return the rows with these ids, in their order."""
    found = {one.grant.pk: one for one in _some(rows.table(letter).filter(pk__in=ids), at)[0]} if ids else {}
    return [found[pk] for pk in ids if pk in found]


def _ended(principal: Principal, at: datetime) -> list[Thing]:
    """Return what ended lately. Their ids are asked for first: mostly there are none, and the rest is long to ask."""
    letter = rows.letter_of(principal)
    over = rows.held_by(principal).filter(until__lte=at, until__gt=at - RECENTLY).exclude(until=F("starts_at"))
    ids = over.order_by("-until", "pk").values_list("pk", flat=True)[:MOST]
    return _named(letter, list(ids), at)


def _some(found: QuerySet[Any], at: datetime) -> tuple[list[Thing], bool]:
    letter = rows.PEOPLE if found.model is rows.MODELS[rows.PEOPLE] else rows.COLLECTIVES
    read = list(found.only(*SHOWN, *HOLDER[letter])[: MOST + 1])
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
