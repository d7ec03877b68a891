"""The demo company stays away from real people and from production."""

from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from accounts.models import Person
from audits.models import Event
from cxaccess.demo import loader
from permissions.models import RoleGrant
from tests.cast import Cast

MARCH = datetime(2026, 3, 3, 12, tzinfo=UTC)


def test_it_does_not_load_beside_real_people(cast: Cast) -> None:
    people = Person.objects.count()
    with pytest.raises(CommandError, match=f"already {people} real people"):
        call_command("load_demo")
    assert Person.objects.count() == people


@pytest.mark.django_db
def test_it_never_loads_in_production() -> None:
    with override_settings(PRODUCTION=True), pytest.raises(CommandError, match="never loads in production"):
        call_command("load_demo")
    with pytest.raises(CommandError, match="is not here"):
        call_command("demo_people")


@pytest.mark.django_db
def test_the_same_seed_and_moment_write_the_same_company_at_any_moment() -> None:
    from django.db import transaction

    def written() -> tuple[object, ...]:
        with transaction.atomic():
            loader.load(at=MARCH, seed=3)
            grants = RoleGrant.objects.order_by("pk").values_list("principal__label", "role__key", "starts_at", "until")
            told = Event.objects.order_by("pk").values_list("tag", "timestamp", "cid", "remote_addr")
            found = (list(grants), list(told))
            transaction.set_rollback(True)
        return found

    once = written()
    assert once == written()
    assert any(until and MARCH < until < datetime(2026, 3, 10, tzinfo=UTC) for *_rest, until in once[0])  # type: ignore[misc, union-attr]
