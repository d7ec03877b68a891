"""Crediting grants on one resource with the use that was taken in before they carried a mark of it; once."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from permissions.models import GroupObjectGrant, PersonObjectGrant, UsageGroupGrant, UsageLast
from permissions.usage import rows as pen
from permissions.usage.credit import grants_behind
from permissions.usage.rows import Use

CHUNK = 5_000


@transaction.atomic
def catch_up(*, at: datetime) -> int:
    """Credit what the last uses say, where no grant carries a mark yet; return how many uses were looked at.

    Exact for what is in force since before the last use. What only an earlier use could tell stays unknown: of a
    grant that ended before the last use, and of a member who left and did the same by another way since.
    """
    if PersonObjectGrant.objects.exclude(last_used_at=None).exists() or UsageGroupGrant.objects.exists():
        return 0
    seen = 0
    for uses in _chunks(_on_grants()):
        pen.credit_on(grants_behind(uses, at=at))
        seen += len(uses)
    return seen


def _on_grants() -> QuerySet[UsageLast]:
    """Return the last uses of what their person, or any team or group, was given on exactly that resource."""
    own = PersonObjectGrant.objects.filter(user=OuterRef("person"), content_object=OuterRef("resource"))
    shared = GroupObjectGrant.objects.filter(content_object=OuterRef("resource"))
    return UsageLast.objects.filter(Q(Exists(own)) | Q(Exists(shared)))


def _chunks(found: QuerySet[UsageLast]) -> Iterator[list[Use]]:
    last = 0
    named = ("pk", "person_id", "action_id", "resource_id", "last_at")
    while chunk := list(found.filter(pk__gt=last).order_by("pk").values_list(*named)[:CHUNK]):
        last = chunk[-1][0]
        yield [Use(person, action, resource, at, 0) for _pk, person, action, resource, at in chunk]
