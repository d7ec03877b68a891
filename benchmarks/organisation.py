"""Fills the demo company up to the sizes that pages are measured at, set by set."""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from accounts.models import Identity, Person, Principal
from benchmarks import copies
from cxaccess.jobs import stamps
from cxaccess.lib import clock
from permissions.models import Action, PersonObjectGrant, Resource, ResourceType

USERS, PERMISSIONS, ASSIGNMENTS = 3_477, 1_587, 105_205  # of americas_small
SYSTEM = "legacy"
BATCH = 2_000


def fill(size: str, matrix: Path | None) -> str:
    """Make the demo company as big as `size` says; return what is there in words."""
    if size == "americas":
        legacy(list(_read(matrix) if matrix else _made()))
    if size == "large":
        copies.people_times(251)
        copies.resources_times(1_000_000 // Resource.objects.filter(object_kind=None).count() + 1, 251)
    return counted()


def counted() -> str:
    """Return how much there is."""
    found = {
        "people": Person.objects.count(),
        "resources": Resource.objects.count(),
        "object grants": PersonObjectGrant.objects.count(),
    }
    return ", ".join(f"{number:,} {name}" for name, number in found.items())


def _read(matrix: Path) -> Iterator[tuple[str, str]]:
    with matrix.open(newline="") as rows:
        for row in csv.DictReader(rows):
            yield row["user"], row["permission"]


def _made() -> Iterator[tuple[str, str]]:
    """Yield as many assignments of as many people and permissions, a few of them held by many."""
    rng = random.Random(7)
    seen: set[tuple[int, int]] = {(user, user % PERMISSIONS) for user in range(USERS)}
    while len(seen) < ASSIGNMENTS:
        seen.add((rng.randrange(USERS), int(PERMISSIONS * rng.random() ** 2)))
    yield from ((f"u{user:05}", f"p{permission:05}") for user, permission in sorted(seen))


@transaction.atomic
def legacy(rows: list[tuple[str, str]]) -> None:
    """Write people, entitlements and grants of a platform without roles."""
    at = clock.now()
    users, names = sorted({user for user, _ in rows}), sorted({name for _, name in rows})
    principals = Principal.objects.bulk_create([Principal(kind="person", label=user) for user in users], BATCH)
    people = Person.objects.bulk_create(
        [Person(principal=one, name=one.label, password="!", created_at=at) for one in principals], BATCH
    )
    Identity.objects.bulk_create(
        [Identity(person=one, system=SYSTEM, external_id=one.name) for one in people], BATCH
    )  # fmt: skip
    type_, _ = ResourceType.objects.get_or_create(
        key="entitlement", defaults={"label": "Entitlement", "plural": "Entitlements", "area": "Platform"}
    )
    use, _ = Action.objects.get_or_create(key="entitlement.use", type=type_, name="use", defaults={"label": "Use"})
    use.auth_permission, _ = Permission.objects.get_or_create(
        content_type=ContentType.objects.get_for_model(Resource), codename="entitlement_use", defaults={"name": use.key}
    )
    use.save()
    things = Resource.objects.bulk_create(
        [Resource(type=type_, system=SYSTEM, external_id=name, name=name, created_at=at) for name in names], BATCH
    )
    holders, held = dict(zip(users, people, strict=True)), dict(zip(names, things, strict=True))
    PersonObjectGrant.objects.bulk_create(
        [
            PersonObjectGrant(
                user=holders[user], content_object=held[name], permission_id=use.auth_permission_id,
                starts_at=at, given_at=at, source="import", source_ref=SYSTEM,
            )
            for user, name in rows
        ],
        BATCH,
    )  # fmt: skip
    stamps.bump(stamps.MODEL)
