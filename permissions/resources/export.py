"""Resources as a file: the columns somebody chose, of the rows they may export, and content only where its type's own
export allows it. What is masked on screens is masked in the file.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.lib.listing import Count
from permissions import facts, gate
from permissions.attributes import values as attributes
from permissions.engine import Decision
from permissions.guards import decided, require_somewhere, use_case
from permissions.models import AttributeDefinition, Entity, Resource, ResourceType
from permissions.recorded import note_shown
from permissions.resources import fields
from permissions.resources.listing import Criteria, narrowed
from permissions.resources.opening import EXPORT, TYPE, is_guarded, seen

BATCH = 500
COUNTED = 100_000  # rows that are counted for the event; of more it says that there are more
PLAIN = {
    "id": gettext_lazy("Number"),
    "type": gettext_lazy("Type"),
    "name": gettext_lazy("Name"),
    "system": gettext_lazy("System"),
    "external_id": gettext_lazy("External id"),
    "region": gettext_lazy("Region"),
    "department": gettext_lazy("Department"),
    "product_line": gettext_lazy("Product line"),
    "segment": gettext_lazy("Segment"),
    "channel": gettext_lazy("Channel"),
    "sensitivity": gettext_lazy("Sensitivity"),
    "owner_team": gettext_lazy("Owner team"),
    "owner": gettext_lazy("Owner"),
    "created": gettext_lazy("Registered (UTC)"),
    "archived": gettext_lazy("Archived (UTC)"),
}
CUSTOM, CONTENT = "custom.", "content."


@dataclass(frozen=True, slots=True)
class Column:
    """A column one may choose: `key` as the address has it, `group` what it is among the choices."""

    key: str
    label: str
    group: str


def columns(reader: Person, wanted: Criteria, *, at: datetime) -> list[Column]:
    """Return the columns that `reader` may choose: attributes, and the content of types they may export somewhere."""
    found = [Column(key, str(label), "plain") for key, label in PLAIN.items()]
    definitions = AttributeDefinition.objects.filter(entity=Entity.RESOURCE, archived_at=None)
    found += [Column(f"{CUSTOM}{row.name}", row.label, "custom") for row in definitions]
    types = ResourceType.objects.filter(console=False)
    for type_ in types.filter(key=wanted.type) if wanted.type else types:
        if type_.fields and gate.may_somewhere(reader, f"{type_.key}.export", at=at):
            found += [
                Column(f"{CONTENT}{type_.key}.{row['name']}", f"{type_.label}: {row['label']}", "content")
                for row in type_.fields
            ]
    return found


@use_case
def export_resources(
    actor: Person, *, wanted: Criteria, chosen: Sequence[str], at: datetime
) -> tuple[QuerySet[Resource], list[Column]]:
    """Record that the list leaves the console, and return its rows and columns: those that the actor may export."""
    require_somewhere(actor, EXPORT, at=at)
    kept = [column for column in columns(actor, wanted, at=at) if column.key in set(chosen)]
    rows = narrowed(seen(actor, EXPORT, at=at), wanted, actor.pk, at=at)
    count = Count.of(rows, cap=COUNTED)
    details = {
        "list": _("Resources"),
        "rows": count.value,
        "more": count.capped,
        "filters": wanted.told(),
        "columns": [column.key for column in kept],
    }
    record(Tag.ACCESS_EXPORTED, actor=actor, at=at, details=details)
    return rows, kept


def lines(
    actor: Person, rows: QuerySet[Resource], kept: Sequence[Column], *, at: datetime
) -> Iterator[tuple[Any, ...]]:  # fmt: skip
    """Yield a line for each row, in batches; what a batch tells of guarded resources is on record before it goes."""
    shown = rows.select_related("type", "region", "department", "product_line", "segment", "owner")
    shown = shown.select_related("owner_team__principal")
    definitions = {f"{CUSTOM}{row.name}": row for row in AttributeDefinition.objects.filter(entity=Entity.RESOURCE)}
    content = [column.key.removeprefix(CONTENT) for column in kept if column.group == "content"]
    last = 0
    while batch := list(shown.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        note_shown(actor, EXPORT, batch, at=at, as_type=TYPE)
        held = _content(actor, batch, content, at)
        record_reading(actor, [row for row in batch if held.get(row.pk)], at=at)
        for row in batch:
            yield tuple(_cell(row, column, definitions, held.get(row.pk, {})) for column in kept)


@use_case
def record_reading(actor: Person, rows: Iterable[Resource], *, at: datetime) -> None:
    """Write which confidential or restricted resources a batch of the file tells the content of."""
    ids = [row.pk for row in rows if is_guarded(row, at)]
    if ids:
        record(Tag.RESOURCES_READ, actor=actor, at=at, details={"resources": ids, "page": "export", "content": True})


def _content(
    actor: Person, batch: Collection[Resource], wanted: Sequence[str], at: datetime
) -> dict[int, dict[str, str]]:
    """Return {resource: {type.field: text}} where the type's own export lets the actor take it out."""
    by_type: dict[str, list[Resource]] = defaultdict(list)
    for row in batch:
        if any(key.startswith(f"{row.type.key}.") for key in wanted):
            by_type[row.type.key].append(row)
    found: dict[int, dict[str, str]] = {}
    for type_, rows in by_type.items():
        names = {key.partition(".")[2] for key in wanted if key.startswith(f"{type_}.")}
        declared = [row for row in rows[0].type.fields if row["name"] in names]
        shown = dict(_decided(actor, f"{type_}.view", rows, at))
        for row, decision in _decided(actor, f"{type_}.export", rows, at):
            if row not in shown:
                continue  # what a page does not show does not leave by a file either
            both = replace(decision, obligations=(*decision.obligations, *shown[row].obligations))
            values = fields.values(row, declared, both)
            found[row.pk] = {f"{type_}.{value.name}": value.text for value in values if value.text}
    return found


def _decided(actor: Person, action: str, rows: Sequence[Resource], at: datetime) -> Iterator[tuple[Resource, Decision]]:
    """Yield the rows that `action` is allowed on, with the decision; one by one only where policies have a say."""
    allowed = gate.visible(actor, action, Resource.objects.filter(pk__in=[row.pk for row in rows]), at=at)
    ids, model = set(allowed.values_list("pk", flat=True)), facts.model(at)
    alike, ruled = None, action in model.judging or action in model.watching
    for row in rows:
        if row.pk in ids:
            if alike is None or ruled:
                alike = decided(actor, action, row, at=at)
            yield row, alike


def _cell(
    row: Resource, column: Column, definitions: dict[str, AttributeDefinition], content: dict[str, str]
) -> Any:  # fmt: skip
    key = column.key
    if column.group == "content":
        return content.get(key.removeprefix(CONTENT), "")
    if column.group == "custom":
        return attributes.in_words(definitions[key], row.custom.get(key.removeprefix(CUSTOM)))
    named = {"type": row.type.label, "created": row.created_at, "archived": row.archived_at}
    named["sensitivity"] = row.get_sensitivity_display()
    return named[key] if key in named else getattr(row, key)
