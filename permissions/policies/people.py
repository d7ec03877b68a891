"""What policies may read of people: read with their snapshots, so that only the stamps of those make it old."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.attributes.facts import dated
from accounts.attributes.schema import DIMENSIONS, TYPES
from accounts.models import Membership, Part, Person, PersonDimension
from cxaccess.lib import clock
from cxaccess.lib.conditions import Type
from permissions import history
from permissions.engine.types import Known
from permissions.models import AttributeDefinition, AttributeType, Entity

PLAIN = {
    "title": "title",
    "manager": "manager_id",
    "employed_from": "employed_from",
    "employed_until": "employed_until",
    "region": "region_id",
    "department": "department_id",
    "clearance": "clearance",
}
DAYS = ("employed_from", "employed_until")


def known(rows: Collection[Person], windows: Q, states: Mapping[int, str], at: datetime) -> dict[int, Known]:
    """Return {person id: what is known of them as of `at`}, in at most three queries for now.

    `windows` says which rows with a window count; `states` are the people's at `at`.
    """
    custom = {row.name: TYPES[AttributeType(row.type)] for row in _definitions()}
    values = {pk: dict(found) for pk, found in _own(rows, states).items()}
    for name, column in PLAIN.items():
        then = history.attributes("person", name, {row.pk: getattr(row, column) for row in rows}, at)
        for pk, value in then.items():
            values[pk][f"subject.{name}"] = dated(value) if name in DAYS else value
    for name, kind in custom.items():
        then = history.attributes("person", f"custom.{name}", {row.pk: _custom(row).get(name) for row in rows}, at)
        for pk, value in then.items():
            values[pk][f"subject.custom.{name}"] = dated(value) if kind is Type.DATE else value
    elements = _elements(values, windows)
    return {pk: Known(found, tuple(elements[pk])) for pk, found in values.items()}


def _own(rows: Iterable[Person], states: Mapping[int, str]) -> dict[int, dict[str, object]]:
    return {
        row.pk: {
            "subject.person": row.pk,
            "subject.state": str(states[row.pk]),
            "subject.created_at": row.created_at,
        }
        for row in rows
    }


def _custom(person: Person) -> dict[str, Any]:
    return person.custom if isinstance(person.custom, dict) else {}


def _definitions() -> list[AttributeDefinition]:
    return list(AttributeDefinition.objects.filter(entity=Entity.SUBJECT))


def _elements(people: Collection[int], windows: Q) -> dict[int, list[tuple[str, int, clock.Window]]]:
    """Return {person id: the elements of their sets}."""
    found: dict[int, list[tuple[str, int, clock.Window]]] = {pk: [] for pk in people}
    held = PersonDimension.objects.filter(windows, person__in=people)
    for person, kind, node, starts, until in held.values_list(
        "person_id", "node__kind", "node_id", "starts_at", "until"
    ):
        if kind in DIMENSIONS:
            found[person].append((DIMENSIONS[kind][0], node, clock.Window(starts, until)))
    rows = Membership.objects.filter(windows, person__in=people, principal__team__isnull=False)
    for person, team, part, starts, until in rows.values_list(
        "person_id", "principal__team", "part", "starts_at", "until"
    ):
        window = clock.Window(starts, until)
        found[person].append(("subject.teams", team, window))
        if part == Part.LEAD:
            found[person].append(("subject.leads", team, window))
    return found
