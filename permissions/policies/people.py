"""What policies may read of people: read with their snapshots, so that only the stamps of those make it old."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from accounts.attributes.facts import dated, whole
from accounts.attributes.schema import CUSTOM, DIMENSIONS
from accounts.models import Part
from cxaccess.lib import clock
from cxaccess.lib.conditions import Schema, Type
from permissions import history
from permissions.engine.types import Known

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


def known(
    rows: Sequence[Any],
    read: Mapping[int, Iterable[tuple[Any, ...]]],
    states: Mapping[int, str],
    schema: Schema,
    at: datetime,
) -> dict[int, Known]:
    """Return {person id: what is known of them as of `at`}, in no query for now.

    `rows` are people, or what `fact_rows` read of them; `read` what it read of memberships (1) and places (2);
    `states` are the people's at `at`.
    """  # fmt: skip
    values = {pk: dict(found) for pk, found in _own(rows, states).items()}
    for name, column in PLAIN.items():
        then = history.attributes("person", name, {row.pk: getattr(row, column) for row in rows}, at)
        for pk, value in then.items():
            values[pk][f"subject.{name}"] = dated(value) if name in DAYS else value
    for attribute in schema:
        if attribute.key.startswith(CUSTOM):
            name = attribute.key.removeprefix(CUSTOM)
            then = history.attributes("person", f"custom.{name}", {row.pk: _custom(row).get(name) for row in rows}, at)
            for pk, value in then.items():
                values[pk][attribute.key] = dated(value) if attribute.type is Type.DATE else whole(value)
    elements = _elements(values, read)
    return {pk: Known(found, tuple(elements[pk])) for pk, found in values.items()}


def _own(rows: Iterable[Any], states: Mapping[int, str]) -> dict[int, dict[str, object]]:
    return {
        row.pk: {
            "subject.person": row.pk,
            "subject.state": str(states[row.pk]),
            "subject.created_at": row.created_at,
        }
        for row in rows
    }


def _custom(person: Any) -> dict[str, Any]:
    return person.custom if isinstance(person.custom, dict) else {}


def _elements(
    people: Iterable[int], read: Mapping[int, Iterable[tuple[Any, ...]]]
) -> dict[int, list[tuple[str, int, clock.Window]]]:
    """Return {person id: the elements of their sets}."""
    found: dict[int, list[tuple[str, int, clock.Window]]] = {pk: [] for pk in people}
    for _pk, person, node, _none, kind, starts, until in read[2]:
        if kind in DIMENSIONS and person in found:
            found[person].append((DIMENSIONS[kind][0], node, clock.Window(starts, until)))
    for _pk, person, _principal, team, part, starts, until in read[1]:
        if team and person in found:
            window = clock.Window(starts, until)
            found[person].append(("subject.teams", team, window))
            if part == Part.LEAD:
                found[person].append(("subject.leads", team, window))
    return found
