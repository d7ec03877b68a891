"""What policies may read of one person: read with the snapshot, so that only its stamps make it old."""

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


def known(person: Person, windows: Q, state: str, at: datetime) -> Known:
    """Return what is known of `person` as of `at`, in at most three queries for now.

    `windows` says which rows with a window count; `state` is the person's at `at`.
    """
    custom = {row.name: TYPES[AttributeType(row.type)] for row in _definitions()}
    values: dict[str, object] = {
        "subject.person": person.pk,
        "subject.state": str(state),
        "subject.created_at": person.created_at,
    }
    for name, column in PLAIN.items():
        values[f"subject.{name}"] = _then(person, name, getattr(person, column), at)
    own = person.custom if isinstance(person.custom, dict) else {}
    for name, kind in custom.items():
        value = _then(person, f"custom.{name}", own.get(name), at)
        values[f"subject.custom.{name}"] = dated(value) if kind is Type.DATE else value
    for name in ("employed_from", "employed_until"):
        values[f"subject.{name}"] = dated(values[f"subject.{name}"])
    return Known(values, tuple(_elements(person, windows)))


def _definitions() -> list[AttributeDefinition]:
    return list(AttributeDefinition.objects.filter(entity=Entity.SUBJECT))


def _then(person: Person, name: str, current: Any, at: datetime) -> object:
    return history.attribute("person", person.pk, name, current, at)


def _elements(person: Person, windows: Q) -> list[tuple[str, int, clock.Window]]:
    held = PersonDimension.objects.filter(windows, person=person)
    found = [
        (DIMENSIONS[kind][0], node, clock.Window(starts, until))
        for kind, node, starts, until in held.values_list("node__kind", "node_id", "starts_at", "until")
        if kind in DIMENSIONS
    ]
    rows = Membership.objects.filter(windows, person=person, principal__team__isnull=False)
    for team, part, starts, until in rows.values_list("principal__team", "part", "starts_at", "until"):
        window = clock.Window(starts, until)
        found.append(("subject.teams", team, window))
        if part == Part.LEAD:
            found.append(("subject.leads", team, window))
    return found
