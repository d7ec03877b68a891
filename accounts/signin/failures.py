"""Failed sign-ins, counted per minute, address and account. Outsiders can fill a counter, never the trail."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import F

from accounts.models import FailureCount
from audits.trail.record import System, record
from audits.trail.tags import Tag
from cxaccess.jobs.models import Job

BATCH = 500
SIGN_IN = System("sign-in")


class Failure(StrEnum):
    """Why nobody was signed in."""

    PASSWORD = "password"  # noqa: S105 - wrong mail, wrong password or nobody who may come in: one answer
    LIMITED = "limited"
    FACTOR = "factor"
    SSO_UNKNOWN = "sso_unknown"
    SSO_INACTIVE = "sso_inactive"
    SSO_ERROR = "sso_error"
    SET_UP = "set_up"
    API_TOKEN = "api_token"  # noqa: S105 - no token of an integration, or one that opens nothing


def count(why: Failure, *, address: str | None, at: datetime, person_id: int | None = None) -> None:
    """Count one failure. `person_id` is whom it concerns, where somebody has that mail."""
    key = {
        "minute": at.replace(second=0, microsecond=0),
        "address": address or "",
        "person_id": person_id or 0,
        "reason": why.value,
    }
    with transaction.atomic():
        FailureCount.objects.bulk_create([FailureCount(**key)], ignore_conflicts=True)
        FailureCount.objects.filter(**key).update(count=F("count") + 1)


def write(job: Job, at: datetime) -> None:
    """Turn the minutes that are over into events, one each, and forget the counters. A periodic job."""
    minute = at.replace(second=0, microsecond=0)
    for row in FailureCount.objects.filter(minute__lt=minute).order_by("pk")[:BATCH]:
        record(
            Tag.SIGN_IN_FAILED,
            actor=SIGN_IN,
            at=row.minute,
            about=row.person_id or None,
            details={"cause": row.reason, "count": row.count, "address": row.address},
            once=f"sign-in-failed:{row.pk}",
        )
        row.delete()
