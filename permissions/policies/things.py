"""What policies may read of things at hand: the same that `columns` finds in the tables, also for a past moment.

Rows are read only once a policy asks; then all that were asked about together are read in a few queries.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from django.db import models

from accounts.attributes.facts import whole
from accounts.models import Group, Person, Team
from permissions import history
from permissions.models import AttributeDefinition, Entity, Resource, Role
from permissions.policies.schema import CUSTOM, NODES, TEAMS

Facts = Mapping[str, object]
PLAIN = ("owner_id", "sensitivity", "channel", "system", "created_at", "custom")
DATED = {"owner": "owner_id", "sensitivity": "sensitivity", "channel": "channel"}


def nothing() -> Facts:
    """Return what is known of a thing of which policies can read nothing."""
    return {}


def readers(
    rows: Sequence[models.Model], places: Mapping[int, Mapping[str, frozenset[int]]], at: datetime
) -> dict[int, Callable[[], Facts]]:
    """Return for each of `rows`, all of one model, what gives its attributes as of `at`."""
    if isinstance(rows[0], Resource):
        shared: list[Any] = [rows, at]  # most are never asked for, so the rest is made once somebody does
        return {row.pk: partial(_of_resource, shared, row.pk, places[row.pk]) for row in rows}
    if isinstance(rows[0], Person | Team | Group | Role):
        return {row.pk: partial(placed, places[row.pk]) for row in rows}
    return {row.pk: nothing for row in rows}


def placed(places: Mapping[str, frozenset[int]]) -> Facts:
    """Return the attributes that say where a thing belongs. A place of which there are several is none."""
    found: dict[str, object] = {TEAMS: places.get("team", frozenset())}
    for name in NODES:
        here = places.get(name, frozenset())
        if len(here) == 1:
            found[f"resource.{name}"] = next(iter(here))
    return found


def _of_resource(shared: list[Any], pk: int, places: Mapping[str, frozenset[int]]) -> Facts:
    if len(shared) == 2:
        shared.append(_Registry(*shared))
    registry: _Registry = shared[2]
    found = registry.known.get(pk)  # the same thing is asked about again and again
    if found is None:
        found = registry.known[pk] = {**placed(places), **registry.columns[pk]}
    return found


class _Registry:
    """The columns of some resources as of one moment, read once."""

    def __init__(self, rows: Sequence[Resource], at: datetime) -> None:
        self.rows, self.at = {row.pk: row for row in rows}, at
        self.known: dict[int, dict[str, object]] = {}

    @cached_property
    def columns(self) -> dict[int, dict[str, object]]:
        return {pk: _attributes(values) for pk, values in self.then.items()}

    @cached_property
    def now(self) -> dict[int, dict[str, Any]]:
        """Return the columns as they are; rows that were read without them, or not yet saved, are seen to."""
        bare = [pk for pk, row in self.rows.items() if not set(PLAIN).isdisjoint(row.get_deferred_fields())]
        read = {row["pk"]: row for row in Resource.objects.filter(pk__in=bare).values("pk", *PLAIN)} if bare else {}
        return {
            pk: read[pk] if pk in read else {name: getattr(row, name) for name in PLAIN}
            for pk, row in self.rows.items()
        }

    @cached_property
    def then(self) -> dict[int, dict[str, Any]]:
        if not history.is_past(self.at):
            return self.now
        found = {pk: dict(values) for pk, values in self.now.items()}
        for name, column in DATED.items():
            was = history.attributes("resource", name, {pk: row[column] for pk, row in self.now.items()}, self.at)
            for pk, value in was.items():
                found[pk][column] = value
        for name in self.names:
            current = {pk: _custom(row).get(name) for pk, row in self.now.items()}
            for pk, value in history.attributes("resource", f"custom.{name}", current, self.at).items():
                found[pk]["custom"] = {**_custom(found[pk]), name: value}
        return found

    @cached_property
    def names(self) -> list[str]:
        rows = AttributeDefinition.objects.filter(entity=Entity.RESOURCE)
        return list(rows.values_list("name", flat=True))


def _custom(row: Mapping[str, Any]) -> dict[str, Any]:
    return row["custom"] if isinstance(row["custom"], dict) else {}


def _attributes(row: Mapping[str, Any]) -> dict[str, object]:
    own = {f"{CUSTOM}{name}": whole(value) for name, value in _custom(row).items()}
    return {
        "resource.owner": row["owner_id"],
        "resource.sensitivity": row["sensitivity"],
        "resource.channel": row["channel"],
        "resource.system": row["system"],
        "resource.created_at": row["created_at"],
        **own,
    }
