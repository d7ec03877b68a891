"""Taking the trail out of the console."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import Person
from audits.models import Event
from audits.trail.filters import filtered
from audits.trail.record import record
from audits.trail.tags import Tag
from permissions import gate
from permissions.guards import require_somewhere, use_case

TYPED = frozenset({"q", "by", "about"})  # may hold a name, which the trail never does: only that they were set


@use_case
def export_trail(actor: Person, *, wanted: Mapping[str, Any], at: datetime) -> QuerySet[Event]:
    """Record that `actor` takes out what the filters `wanted` keep, and return exactly those events, newest first.

    Raises NotAllowed, NotVisible.
    """
    require_somewhere(actor, "trail.export", at=at)
    rows = filtered(gate.visible(actor, "trail.export", Event.objects.all(), at=at), wanted)
    told = {name: "" if name in TYPED else str(value) for name, value in wanted.items()}
    details = {"list": "trail", "rows": rows.count(), "filters": told}
    event = record(Tag.ACCESS_EXPORTED, actor=actor, at=at, details=details)
    return rows.filter(pk__lt=event.pk).order_by("-pk")
