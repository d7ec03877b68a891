"""The types of resources that everybody's questions share: read once a change, like the model beside them."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from permissions import facts
from permissions.engine import Model
from permissions.models import ResourceType


class _Kept:
    """The types that this process read, and under which model. Only what is committed gets in."""

    def __init__(self) -> None:
        self.held: tuple[Model, dict[int, ResourceType]] | None = None


kept = _Kept()


def types(at: datetime) -> Mapping[int, ResourceType]:
    """Return {id: type}, to be read and not changed. Whatever changes a type moves the stamp of the model."""
    model, held = facts.model(at), kept.held
    if held is not None and held[0] is model:
        return held[1]
    found = ResourceType.objects.in_bulk()
    if not connection.in_atomic_block:
        kept.held = (model, found)
    return found
