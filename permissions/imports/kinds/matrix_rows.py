"""Writing a matrix: people, entitlements and assignments by the chunk; one event for each person and entitlement."""

from collections.abc import Iterator, Sequence

from django.contrib.auth.hashers import make_password
from django.db.models import Count, OuterRef, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _

from accounts.models import Identity, Person, Principal
from audits.trail.record import Entry, record_many
from audits.trail.tags import Tag
from cxaccess.jobs import settings as instance
from cxaccess.jobs import stamps
from cxaccess.jobs.models import Verdict
from cxaccess.lib.models import Source
from cxaccess.lib.sets import insert_select
from permissions.imports.kinds import matrix
from permissions.imports.kinds.base import Desk, chunked
from permissions.models import PersonObjectGrant, Resource, ResourceType


def write(desk: Desk) -> None:
    """Write all assignments of the staged rows, with the people and entitlements that come along."""
    for part in chunked(sorted(desk.kept.get("people", {}).items()), 1000):
        _add_people(desk, part)
    for part in chunked(sorted(desk.kept.get("resources", {}).items()), 1000):
        _add_resources(desk, part)
    _give(desk)
    _tell(desk)


def _give(desk: Desk) -> None:
    """Write the grants in one statement, from the staged rows and what they name."""
    system = desk.batch.system
    people = Identity.objects.filter(system=system, external_id=OuterRef("who")).values("person")
    things = Resource.objects.filter(system=system, external_id=OuterRef("what")).values("pk")
    rows = desk.batch.rows.filter(verdict=Verdict.CREATE).annotate(
        who=KeyTextTransform("user", "payload"), what=KeyTextTransform("permission", "payload")
    )
    put = {
        "user": Subquery(people[:1]),
        "content_object": Subquery(things[:1]),
        "permission": matrix.twin(desk),
        "starts_at": desk.at,
        "until": None,
        "stated_from": None,
        "stated_until": None,
        "source": Source.IMPORT.value,
        "source_ref": desk.source_ref,
        "reason": _("Held on %(system)s") % {"system": system},
        "given_by": desk.actor.pk,
        "ended_by": None,
        "end_reason": "",
        "given_at": desk.at,
        "confirm_by": None,
    }
    given = {field.name for field in PersonObjectGrant._meta.concrete_fields} - {"id"}
    insert_select(PersonObjectGrant, rows, put | dict.fromkeys(given - set(put)))


def _add_people(desk: Desk, named: Sequence[tuple[str, str]]) -> None:
    """Add people who are new: active, unclaimed, called by their id where the file tells no name."""
    zone = desk.once("zone", lambda: instance.get(instance.TIME_ZONE))
    principals = Principal.objects.bulk_create(Principal(kind="person", label=name or one) for one, name in named)
    password = desk.once("password", lambda: make_password(None))
    new = Person.objects.bulk_create(
        Person(principal=principal, name=principal.label, created_at=desk.at, time_zone=zone, password=password)
        for principal in principals
    )
    Identity.objects.bulk_create(
        Identity(person=person, system=desk.batch.system, external_id=one, linked_at=desk.at, linked_by=desk.actor)
        for (one, _name), person in zip(named, new, strict=True)
    )
    details = {"import": desk.batch.pk}
    record_many(Entry(Tag.PERSON_CREATED, desk.actor, desk.at, one, one, details=details) for one in new)


def _add_resources(desk: Desk, named: Sequence[tuple[str, str]]) -> None:
    """Register entitlements that are new."""
    type_ = desk.once("type", lambda: ResourceType.objects.get(key=matrix.TYPE))
    new = Resource.objects.bulk_create(
        Resource(type=type_, system=desk.batch.system, external_id=one, name=name or one, created_at=desk.at)
        for one, name in named
    )
    details = {"import": desk.batch.pk}
    record_many(Entry(Tag.RESOURCE_CREATED, desk.actor, desk.at, one, details=details) for one in new)


def _tell(desk: Desk) -> None:
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
