"""Writing a matrix: people, entitlements and assignments by the chunk; one event for each person and entitlement."""

from collections.abc import Iterator, Sequence

from django.contrib.auth.hashers import make_password
from django.db.models import Count
from django.utils.translation import gettext as _

from accounts.models import Identity, Person, Principal
from audits.trail.record import Entry, record_many
from audits.trail.tags import Tag
from cxaccess.jobs import settings as instance
from cxaccess.jobs import stamps
from cxaccess.jobs.imports import Staged
from cxaccess.lib.inserts import insert_rows
from cxaccess.lib.models import Source
from permissions.imports.kinds import matrix
from permissions.imports.kinds.base import Desk, chunked
from permissions.models import PersonObjectGrant, Resource, ResourceType


def write(desk: Desk, rows: Sequence[Staged]) -> None:
    """Write the assignments of `rows`."""
    people = _people(desk, rows)
    resources = _resources(desk, rows)
    permission, reason = matrix.twin(desk), _("Held on %(system)s") % {"system": desk.batch.system}
    same = (permission, desk.at, desk.at, desk.actor.pk, Source.IMPORT.value, desk.source_ref, reason, "")
    insert_rows(
        PersonObjectGrant,
        ("user_id", "content_object_id", "permission_id", "starts_at", "given_at", "given_by_id", "source",
         "source_ref", "reason", "end_reason"),
        ((people[row.payload["user"]], resources[row.payload["permission"]], *same) for row in rows),
    )  # fmt: skip


def _people(desk: Desk, rows: Sequence[Staged]) -> dict[str, int]:
    """Return {id in the system: person}, adding those who are new."""
    known: dict[str, int] = desk.once("known people", dict)
    known |= {row.payload["user"]: row.plan["user"] for row in rows if row.plan["user"] is not None}
    named = matrix.names([row for row in rows if row.payload["user"] not in known], "user", "name")
    zone = desk.once("zone", lambda: instance.get(instance.TIME_ZONE))
    principals = Principal.objects.bulk_create(Principal(kind="person", label=name) for name in named.values())
    password = make_password(None)
    new = Person.objects.bulk_create(
        Person(principal=principal, name=principal.label, created_at=desk.at, time_zone=zone, password=password)
        for principal in principals
    )
    Identity.objects.bulk_create(
        Identity(person=person, system=desk.batch.system, external_id=external)
        for external, person in zip(named, new, strict=True)
    )
    details = {"import": desk.batch.pk}
    record_many(Entry(Tag.PERSON_CREATED, desk.actor, desk.at, one, one, details=details) for one in new)
    known |= {external: person.pk for external, person in zip(named, new, strict=True)}
    return known


def _resources(desk: Desk, rows: Sequence[Staged]) -> dict[str, int]:
    """Return {id in the system: entitlement}, registering those that are new."""
    known: dict[str, int] = desk.once("known resources", dict)
    known |= {row.payload["permission"]: row.plan["resource"] for row in rows if row.plan["resource"] is not None}
    named = matrix.names(
        [row for row in rows if row.payload["permission"] not in known], "permission", "permission_name"
    )
    type_ = desk.once("type", lambda: ResourceType.objects.get(key=matrix.TYPE))
    new = Resource.objects.bulk_create(
        Resource(type=type_, system=desk.batch.system, external_id=external, name=name, created_at=desk.at)
        for external, name in named.items()
    )
    details = {"import": desk.batch.pk}
    record_many(Entry(Tag.RESOURCE_CREATED, desk.actor, desk.at, one, details=details) for one in new)
    known |= {one.external_id: one.pk for one in new}
    return known


def tell(desk: Desk) -> None:
    """Write one event for each person and each entitlement, and let what is kept of those people go."""
    given = PersonObjectGrant.objects.filter(source=Source.IMPORT, source_ref=desk.source_ref).order_by()
    by_person = list(given.values_list("user_id").annotate(n=Count("pk")))
    by_resource = list(given.values_list("content_object_id").annotate(n=Count("pk")))
    for part in chunked(by_person):
        record_many(_of_people(desk, part))
        people = Person.objects.filter(pk__in=[pk for pk, _n in part])
        stamps.bump(*people.values_list("principal_id", flat=True))
    for part in chunked(by_resource):
        record_many(_of_resources(desk, part))


def _of_people(desk: Desk, rows: Sequence[tuple[int, int]]) -> Iterator[Entry]:
    for pk, n in rows:
        details = {"import": desk.batch.pk, "grants": n}
        yield Entry(Tag.IMPORT_GAVE, desk.actor, desk.at, desk.batch, pk, details=details)


def _of_resources(desk: Desk, rows: Sequence[tuple[int, int]]) -> Iterator[Entry]:
    for pk, n in rows:
        details = {"import": desk.batch.pk, "people": n}
        yield Entry(Tag.IMPORT_GAVE, desk.actor, desk.at, (Resource, pk), details=details)
