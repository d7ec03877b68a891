"""Keeping the catalogue."""

from typing import Any

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from cxaccess.jobs import stamps
from permissions.catalogue.builtin import ALL_TYPES, TypeRow, key
from permissions.models import Action, Implication, Resource, ResourceType


@transaction.atomic
def install_catalogue() -> None:
    """Add what is built in and missing; what an administrator wrote stays. Safe to run at any time."""
    stamps.bump(stamps.MODEL)
    for position, row in enumerate(ALL_TYPES):
        _install_type(position, row)
    _install_implications()
    _install_twins()


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
    type_, made = ResourceType.objects.get_or_create(key=row.key, defaults=shown)
    if not made:
        ResourceType.objects.filter(pk=type_.pk).update(console=row.console, position=position)
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


def _install_twins() -> None:
    """Give each permission its twin in Django's table: ``type_name``, for guardian cuts names at the dot."""
    of_resources = ContentType.objects.get_for_model(Resource)
    for action in Action.objects.filter(auth_permission=None):
        codename = action.key.replace(".", "_")
        action.auth_permission, _ = Permission.objects.get_or_create(
            content_type=of_resources, codename=codename, defaults={"name": action.key}
        )
        action.save(update_fields=["auth_permission"])
