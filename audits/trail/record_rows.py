"""The pen of the trail for sets: one event for each of many rows, by INSERT .. SELECT, in their transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import CharField, F, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.models import Person
from audits.models import Event
from audits.trail.record import Actor
from audits.trail.tags import Tag
from cxaccess.lib.context import origin
from cxaccess.lib.sets import insert_select


def record_rows(
    tag: Tag,
    *,
    actor: Actor,
    at: datetime,
    rows: QuerySet[Any],
    about: str = "",
    details: Mapping[str, Any] | None = None,
) -> int:
    """Write one event about each of `rows`, which are its objects; return how many were new.

    `about` names the column of a row that is the person concerned. Each has the ``once`` key ``tag:id``, so it happens
    to a row only once, ever. Raises RuntimeError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError(f"{tag} must be recorded in the transaction of what it records.")
    work, person = origin.get(), isinstance(actor, Person)
    key = Cast("pk", CharField())
    created = tag.value.rpartition(".")[2] in ("created", "given", "added")
    values = {
        "tag": tag.value,
        "action": Event.Action.CREATE if created else Event.Action.UPDATE,
        "actor": actor.pk if isinstance(actor, Person) else None,
        "system": "" if person else actor.name,
        "timestamp": at,
        "content_type": ContentType.objects.get_for_model(rows.model).pk,
        "object_pk": key,
        "object_id": F("pk"),
        "about_person_id": F(about) if about else None,
        "changes": None,
        "additional_data": dict(details) if details else None,
        "decision": None,
        "versions": None,
        "cid": work.correlation_id,
        "remote_addr": work.address,
        "once": Concat(Value(f"{tag}:"), key, output_field=CharField()),
    }
    return insert_select(Event, rows, values, new_only=True)
