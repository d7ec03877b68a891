"""What is written when a grant on one resource runs out, and the word to its holder before; each once."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet

from accounts.models import PersonState
from audits.trail.record import Entry, System
from audits.trail.tags import Tag
from cxaccess.jobs.models import Notice
from cxaccess.jobs.notices import notify
from permissions.grants.ends import Ends
from permissions.models import PersonObjectGrant
from permissions.objects import rows
from permissions.objects.rows import AnyGrant

ACTOR = System("grant-end")
CHUNK = 200


def _rows(letter: str) -> Callable[[], QuerySet[Any]]:
    return lambda: rows.table(letter)


def _told(row: AnyGrant) -> Entry:
    once = f"{Tag.OBJECT_GRANT_EXPIRED}:{rows.key(row)}"
    at, thing, person = row.until or row.starts_at, row.content_object, rows.person_of(row)
    return Entry(Tag.OBJECT_GRANT_EXPIRED, ACTOR, at, thing, person, None, rows.told(row), once)


def warn_holders(horizon: datetime, at: datetime, between: Callable[[], None]) -> None:
    """Tell people of grants of their own that end until `horizon`, once each; a changed end is told anew."""
    near = (
        rows.table(rows.PEOPLE)
        .in_force(at)
        .filter(until__lte=horizon, user__state=PersonState.ACTIVE, user__claimed_at__isnull=False)
    )
    found = list(near.exclude(starts_at__gt=F("until") - timedelta(days=1)).order_by("until", "pk"))
    for start in range(0, len(found), CHUNK):
        _warn(found[start : start + CHUNK], at)
        between()


def _warn(found: Iterable[PersonObjectGrant], at: datetime) -> None:
    keys = {f"object-grant-ending:{rows.key(row)}:{row.until.isoformat() if row.until else ''}": row for row in found}
    known = set(Notice.objects.filter(once__in=keys).values_list("once", flat=True))
    with transaction.atomic():
        for key, row in keys.items():
            if key not in known:
                notify(row.user_id, "object_grant_ending", facts=_facts(row), once=key, at=at)


def _tell_holders(found: list[AnyGrant], at: datetime) -> None:
    """Tell who lost a grant of their own; what a team loses is its lead's to explain."""
    for row in found:
        person = rows.person_of(row)
        if person is not None and person.state == PersonState.ACTIVE and person.claimed_at is not None:
            once = f"object-grant-ended:{rows.key(row)}"
            notify(person.pk, "object_grant_ended", facts=_facts(row), once=once, at=at)


def _facts(row: AnyGrant) -> dict[str, Any]:
    action = row.permission.catalogue_action
    return {
        "grant": rows.key(row),
        "permission": f"{action.type.label}: {action.label}",
        "thing": row.content_object.name,
        "until": row.until.isoformat() if row.until else None,
    }


OBJECTS = tuple(
    Ends(Tag.OBJECT_GRANT_EXPIRED, ACTOR, _rows(letter), _told, letter, then=_tell_holders) for letter in rows.MODELS
)
