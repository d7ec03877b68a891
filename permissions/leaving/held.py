"""What a leaver was given: grants of roles, and grants on one resource with those that leading and owning brought."""

from copy import copy
from datetime import datetime

from django.db.models import F

from accounts.models import Person
from accounts.people.leaving.why import why
from audits.trail.record import Entry, record_many
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib import windows
from cxaccess.lifecycle import Ended
from permissions.grants.scopes import labels
from permissions.grants.services import told_of
from permissions.guards import use_case
from permissions.models import RoleGrant
from permissions.objects import brought, rows

ENDED = ["until", "ended_by", "end_reason"]
BATCH = 200


@use_case
def roles(person: Person, at: datetime, actor: Person) -> list[Ended]:
    """End every grant of a role to them, also those that would begin later or could be taken into use."""
    standing = RoleGrant.objects.filter(principal=person.principal_id).not_over(at)
    standing = standing.exclude(until=F("starts_at")).order_by("pk")
    found = list(standing.select_related("role").select_for_update(of=("self",), no_key=True))
    said, before = why(person), [copy(row) for row in found]
    for row in found:
        row.until, row.ended_by, row.end_reason = windows.ended(row.starts_at, at=at), actor, said
    RoleGrant.objects.bulk_update(found, ENDED, batch_size=BATCH)
    record_many(
        Entry(Tag.GRANT_ENDED, actor, at, row, person, {"until": (was.until, row.until)}, told_of(row))
        for was, row in zip(before, found, strict=True)
    )
    stamps.bump(person.principal_id)
    where = labels({row.scope_id for row in found})
    return [Ended("role", row.pk, row.role.name, where[row.scope_id]) for row in found]


@use_case
def things(person: Person, at: datetime, actor: Person) -> list[Ended]:
    """End every grant on one resource to them, with what came with leading and owning."""
    found = list(rows.table(rows.PEOPLE).filter(user=person).not_over(at).exclude(until=F("starts_at")).order_by("pk"))
    brought.end_rows(found, until=at, by=actor, reason=why(person), at=at)
    return [Ended("thing", row.pk, row.content_object.name, row.permission.catalogue_action.key) for row in found]
