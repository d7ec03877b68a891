"""Reads of grants on one resource: what some principals hold, and what they held until recently."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from typing import Any

from django.db.models import F, Q, QuerySet

from accounts.models import Person, Principal
from cxaccess.lib import statements
from cxaccess.lib.related import attach_all
from permissions import facts, gate
from permissions.engine import principals_reached
from permissions.giving import may_share
from permissions.grants.held import RECENTLY
from permissions.models import Resource
from permissions.objects import rows
from permissions.objects.rows import AnyGrant

MOST = 25  # rows of each part that a page shows; the list has them all
# The columns that a row shows, that its links need, and that say where its resource is.
ACTION, THING = "permission__catalogue_action", "content_object"
SHOWN = (
    "starts_at", "until", "given_at", "source", "reason", "end_reason", "last_used_at", "given_by_id", "ended_by_id",
    *(f"{ACTION}__{name}" for name in ("key", "label", "purpose", "auth_permission", "type_id")),
    *(f"{THING}__{name}" for name in ("name", "object_kind", "object_id", "archived_at", "type_id")),
    *(f"{THING}__{name}" for name in ("region", "department", "product_line", "segment", "owner_team")),
)  # fmt: skip
NAMED = ("given_by__name", "ended_by__name", f"{ACTION}__type__key", f"{THING}__type__key", f"{THING}__type__label")
JOINED = {rows.PEOPLE: "user__principal", rows.COLLECTIVES: "group__principal"}
HOLDER = {
    rows.PEOPLE: ("user__principal__kind", "user__principal__label", "user__name", "user__title"),
    rows.COLLECTIVES: tuple(f"group__principal__{name}" for name in ("kind", "label", "auth_group")),
}
PAGES = {rows.PEOPLE: (), rows.COLLECTIVES: ("group__principal__team__pk", "group__principal__group__pk")}


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

    At most four statements, and MOST rows of each part.
    """
    order = (F("until").asc(nulls_last=True), "pk")
    own = rows.held_by(principal).not_over(at).exclude(until=F("starts_at")).order_by(*order)
    others: QuerySet[Any] = rows.table(rows.COLLECTIVES).not_over(at).filter(group__principal__in=through)
    ended = _named(rows.letter_of(principal), list(_ended(rows.held_by(principal), at)))
    read = [_read(own), _read(others.order_by(*order)) if through else [], ended]
    return Things(*_described(read, at), more=any(len(part) > MOST for part in read))


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
    over = statements.rows("things ended", _own_ended, person=person.pk, at=at) if ended else []
    mine = _named(rows.PEOPLE, [*own[:MOST], *over])
    parts = [row for row in mine if row.pk not in over], _named(rows.COLLECTIVES, through[:MOST])
    read = [*parts, [row for row in mine if row.pk in over]]
    return Things(*_described(read, at), more=len(own) > MOST or len(through) > MOST)


def _named(letter: str, ids: list[int]) -> list[AnyGrant]:
    """Return the rows with these ids, in their order."""
    found = (
        {row.pk: row for row in statements.rows(("things", letter), partial(_by_id, letter), ids=ids)} if ids else {}
    )
    return [found[pk] for pk in ids if pk in found]


def _by_id(letter: str, *, ids: list[int]) -> QuerySet[Any]:
    return _whole(rows.table(letter).filter(pk__in=ids))


def _ended(found: QuerySet[Any], at: datetime) -> QuerySet[Any, int]:
    """Return the ids of those that ended lately. They are asked for first: mostly there are none."""
    over = found.filter(until__lte=at, until__gt=at - RECENTLY).exclude(until=F("starts_at"))
    return over.order_by("-until", "pk").values_list("pk", flat=True)[:MOST]


def _own_ended(*, person: int, at: datetime) -> QuerySet[Any, int]:
    return _ended(rows.MODELS[rows.PEOPLE].objects.filter(user=person), at)


def _read(found: QuerySet[Any]) -> list[AnyGrant]:
    """Return MOST of what is `found` and one more, which says whether there are more."""
    return list(_whole(found)[: MOST + 1])


def _whole(found: QuerySet[Any]) -> QuerySet[Any]:
    """Return what is `found` with what a row shows of it, but for NAMED and PAGES."""
    letter = rows.letter_in(found.model)
    joined = found.select_related(None).select_related(ACTION, THING, JOINED[letter])
    return joined.only(*SHOWN, *HOLDER[letter])


def _described(parts: Sequence[list[AnyGrant]], at: datetime) -> list[list[Thing]]:
    """Return MOST rows of each part with what they point to, which is one statement for all."""
    shown = [part[:MOST] for part in parts]
    attach_all((part, NAMED + PAGES[rows.letter_in(type(part[0]))]) for part in shown if part)
    return [[_thing(row, at) for row in part] for part in shown]


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
    read = []
    for letter in rows.MODELS:
        found = rows.table(letter).filter(content_object=resource).exclude(until=F("starts_at"))
        seen = found if shares else gate.visible(reader, "grant.view", found, at=at)
        standing = seen.filter(Q(until=None) | Q(until__gt=at)).order_by("permission__catalogue_action__position", "pk")
        over = seen.filter(until__lte=at, until__gt=at - RECENTLY).order_by("-until", "pk")
        read += [_read(standing), _read(over)]
    own, own_over, shared, shared_over = _described(read, at)
    ended = sorted([*own_over, *shared_over], key=lambda one: one.grant.until or at, reverse=True)
    more = [len(part) > MOST for part in read]
    return On(rows.PEOPLE, own, more[0]), On(rows.COLLECTIVES, shared, more[2]), ended
