"""All things of a type, as decisions see them, alike ones together: a class for each answer that could differ.

Things that lie at the same places and have the same attributes, as far as any policy reads them, are decided alike.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Count, Min, QuerySet

from accounts.models import Group, Node, Person, Team
from permissions import places
from permissions.engine import Target
from permissions.models import Resource, ResourceType, Role
from permissions.policies.schema import CUSTOM

CONSOLE: Mapping[str, type[models.Model]] = {
    "person": Person, "team": Team, "group": Group, "role": Role, "structure": Node
}  # fmt: skip
PLACED = ("region", "department", "product_line", "segment", "owner_team")
# The column behind an attribute of a resource that says nothing of its place.
COLUMNS = {f"resource.{name}": name for name in ("owner", "sensitivity", "channel", "system", "created_at")}
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Class:
    """Things that are decided alike: how many there are, one of them as a target, and its attributes."""

    count: int
    target: Target
    facts: Mapping[str, object]


@dataclass
class Stock:
    """The classes of the things of one type; `of` finds those of single resources."""

    classes: Sequence[Class] = ()
    _columns: tuple[str, ...] = ()
    _rows: QuerySet[Resource] | None = None
    _keys: dict[object, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Return how many things there are."""
        return sum(one.count for one in self.classes)

    def of(self, resources: Collection[int]) -> dict[int, int]:
        """Return {resource: the number of its class} of those that stand for a thing of the type."""
        if self._rows is None:
            return {pk: self._keys[pk] for pk in resources if pk in self._keys}
        found: dict[int, int] = {}
        for some in chunks(sorted(resources)):
            for pk, *values in self._rows.filter(pk__in=some).order_by().values_list("pk", *self._columns):
                found[pk] = self._keys[_key(values)]
        return found


def stock(type_: str, reads: Collection[str], *, at: datetime) -> Stock | None:
    """Return the things of a type, told apart by `reads` and by where they lie; None where there is no list of them.

    Things of the registry are grouped by the database; those of this console, which are fewer, row by row.
    """
    if type_ in CONSOLE:
        return _of_console(CONSOLE[type_], at)
    rows = Resource.objects.filter(archived_at=None)
    if type_ == "resource":
        return _of_registry(rows.filter(object_kind=None), type_, reads, at)
    if unlisted({type_}):
        return None
    return _of_registry(rows.filter(type__key=type_), type_, reads, at)


def unlisted(types: Collection[str]) -> set[str]:
    """Return those of `types` of whose things there is no list."""
    console = ResourceType.objects.filter(key__in=types, console=True).exclude(key__in=(*CONSOLE, "resource"))
    return set(console.values_list("key", flat=True))


def _of_registry(rows: QuerySet[Resource], type_: str, reads: Collection[str], at: datetime) -> Stock:
    own = {COLUMNS[key] for key in reads if key in COLUMNS} | {"custom" for key in reads if key.startswith(CUSTOM)}
    columns = (*PLACED, *sorted(own))
    counts: dict[object, list[int]] = {}
    grouped = rows.order_by().values_list(*columns).annotate(n=Count("pk"), one=Min("pk"))
    for *values, count, one in grouped:
        known = counts.setdefault(_key(values), [0, one])
        known[0] += count
    ones: dict[int, Target] = {}
    for some in chunks([one for _count, one in counts.values()]):
        alike = list(Resource.objects.filter(pk__in=some).select_related("type"))
        ones |= places.targets(alike, at, as_type=type_)
    classes = [Class(count, ones[one], ones[one].facts()) for count, one in counts.values()]
    return Stock(classes, columns, rows, {key: number for number, key in enumerate(counts)})


def _of_console(model: type[models.Model], at: datetime) -> Stock:
    found: dict[object, list[Any]] = {}
    keys: dict[object, int] = {}
    resource = places.PLACEMENTS[model].resource
    for rows in _read(model):
        targets = places.targets(rows, at)
        for row in rows:
            target = targets[row.pk]
            facts = target.facts()
            alike = found.setdefault(
                _key([sorted(target.places.items()), sorted(facts.items())]), [len(found), 0, target, facts]
            )
            alike[1] += 1
            if resource:
                keys[getattr(row, resource)] = alike[0]
    return Stock([Class(count, target, facts) for _number, count, target, facts in found.values()], (), None, keys)


def _read(model: type[models.Model]) -> Iterator[list[Any]]:
    """Yield the rows in lists, with the resources that stand for them."""
    rows = model._default_manager.order_by("pk")
    if places.PLACEMENTS[model].resource:
        rows = rows.select_related("resource")
    last = 0
    while some := list(rows.filter(pk__gt=last)[:CHUNK]):
        yield some
        last = some[-1].pk


def chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield `ids` in stretches that fit one statement."""
    for start in range(0, len(ids), CHUNK):
        yield ids[start : start + CHUNK]


def _key(values: Sequence[Any]) -> str:
    """Return what tells a class from another, whatever its attributes are."""
    return json.dumps(values, sort_keys=True, default=_plain)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset | set) else str(value)
