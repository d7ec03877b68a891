"""Where the attributes of things stand in the tables, for lists. What a model has no column for, its rows lack."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import In, IsNull

from accounts.models import Group, Membership, Person, Team
from cxaccess.lib.conditions import Schema, Type
from cxaccess.lib.conditions.columns import Column, Place, Relation, Several, contrary
from cxaccess.lib.conditions.json_columns import JsonColumn, JsonSet
from permissions.models import Resource, Role
from permissions.policies.schema import CUSTOM, NODES, TEAMS

Columns = dict[str, Place]


@dataclass(frozen=True)
class Single(Several):
    """A set of at most one element, that stands in the column `path`."""

    path: str

    def present(self) -> Q:
        """Return the condition that there is one."""
        return Q(IsNull(F(self.path), False))

    def has(self, values: Collection[Any]) -> Q:
        """Return the condition that it is one of `values`."""
        return self.present() & Q(In(F(self.path), sorted(values)))

    def has_other(self, values: Collection[Any]) -> Q:
        """Return the condition that it is something else."""
        return self.present() & contrary(Q(In(F(self.path), sorted(values))))


def of(model: type[models.Model], schema: Schema, at: datetime) -> Columns:
    """Return {attribute: where it stands} of the attributes of things that rows of `model` have."""
    found = COLUMNS.get(model)
    return found(schema, at) if found is not None else {}


def _of_resources(schema: Schema, _at: datetime) -> Columns:
    found = _placed("") | {
        TEAMS: Single("owner_team_id"),
        "resource.owner": Column("owner_id"),
        "resource.sensitivity": Column("sensitivity"),
        "resource.channel": Column("channel", blank=True),
        "resource.system": Column("system", blank=True),
        "resource.created_at": Column("created_at"),
    }
    for attribute in schema:
        if attribute.key.startswith(CUSTOM):
            name = attribute.key.removeprefix(CUSTOM)
            several = attribute.type is Type.SET
            found[attribute.key] = JsonSet("custom", name) if several else JsonColumn("custom", name, attribute.type)
    return found


def _of_people(_schema: Schema, at: datetime) -> Columns:
    rows = Membership.objects.filter(principal__team__isnull=False)
    teams = Relation(lambda: rows.in_force(at), "person", "principal__team", numbered=False)
    return {"resource.region": Column("region"), "resource.department": Column("department"), TEAMS: teams}


def _of_teams(_schema: Schema, _at: datetime) -> Columns:
    return _placed("resource__") | {TEAMS: Single("pk")}


def _of_objects(_schema: Schema, _at: datetime) -> Columns:
    return _placed("resource__") | {TEAMS: Single("resource__owner_team_id")}


def _placed(prefix: str) -> Columns:
    return {f"resource.{name}": Column(f"{prefix}{name}") for name in NODES}


COLUMNS: dict[type[models.Model], Callable[[Schema, datetime], Columns]] = {
    Resource: _of_resources,
    Person: _of_people,
    Team: _of_teams,
    Group: _of_objects,
    Role: _of_objects,
}
