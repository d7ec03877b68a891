"""Keeping the catalogue."""

from typing import Any

from django.db import transaction

from cxaccess.jobs import stamps
from permissions.catalogue.builtin import ALL_TYPES, TypeRow, key
from permissions.models import Action, Implication, ResourceType


@transaction.atomic
def install_catalogue() -> None:
    """Add what is built in and missing; what an administrator wrote stays. Safe to run at any time."""
    stamps.bump(stamps.MODEL)
    for position, row in enumerate(ALL_TYPES):
        _install_type(position, row)
    _install_implications()


def _install_type(position: int, row: TypeRow) -> None:
    shown: dict[str, Any] = {
        "label": row.label,
        "plural": row.plural,
        "area": row.area,
        "summary": row.summary,
        "console": row.console,
        "position": position,
        "fields": [{"name": name, "label": label, "data_class": kind} for name, label, kind in row.fields],
    }
    type_, _ = ResourceType.objects.update_or_create(key=row.key, defaults=shown)
    for order, action in enumerate(row.actions):
        Action.objects.get_or_create(
            key=key(row, action),
            defaults={
                "type": type_,
                "name": action.name,
                "label": action.label,
                "risk": action.risk,
                "purpose": action.purpose,
                "exposes": action.exposes,
                "example": action.example,
                "position": order,
            },
        )


def _install_implications() -> None:
    ids = dict(Action.objects.values_list("key", "id"))
    Implication.objects.bulk_create(
        [
            Implication(action_id=ids[key(row, action)], implies_id=ids[f"{row.key}.{implied}"])
            for row in ALL_TYPES
            for action in row.actions
            for implied in action.implies
        ],
        ignore_conflicts=True,
    )
