"""Lowering a sensitivity is no way to read unseen: reading stays on record for some weeks."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person
from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions.models import Resource, Sensitivity
from permissions.resources.export import record_reading
from permissions.resources.listed import record_listed
from permissions.resources.opening import STAYS_GUARDED
from permissions.resources.services import edit_resource
from tests import importing
from tests.cast import Cast
from tests.sessions import signed_in

pytestmark = pytest.mark.django_db
READ = (Tag.RESOURCE_READ, Tag.RESOURCES_LISTED, Tag.RESOURCES_READ)


@pytest.fixture
def thing(cast: Cast) -> Resource:
    """A restricted stream in Germany."""
    Resource.objects.filter(pk=cast.german_reviews.pk).update(sensitivity=Sensitivity.RESTRICTED)
    return Resource.objects.get(pk=cast.german_reviews.pk)


def rate(actor: Person, thing: Resource, level: Sensitivity) -> Resource:
    row = Resource.objects.get(pk=thing.pk)
    changes = {"sensitivity": level}
    return edit_resource(actor, resource=row, row_version=row.row_version, changes=changes, at=clock.now())


def events_of_reading(reader: Person, thing: Resource) -> list[str]:
    """Open it, list it and take it out; return the events that this left."""
    before = Event.objects.order_by("pk").last()
    signed_in(reader).get(reverse("resources:detail", args=[thing.pk]))
    row = Resource.objects.get(pk=thing.pk)
    record_listed(reader, [row], page="list", at=clock.now())
    record_reading(reader, [row], at=clock.now())
    found = Event.objects.filter(pk__gt=before.pk if before else 0, actor=reader, tag__in=READ)
    return sorted(found.values_list("tag", flat=True))


def test_reading_stays_on_record_for_weeks_after_a_lowering_and_no_longer(cast: Cast, thing: Resource) -> None:
    rate(cast.rosa, thing, Sensitivity.INTERNAL)
    assert events_of_reading(cast.rosa, thing) == sorted(READ)
    began = clock.now()
    with time_machine.travel(began + STAYS_GUARDED - timedelta(hours=1)):
        assert events_of_reading(cast.rosa, thing) == sorted(READ)
    with time_machine.travel(began + STAYS_GUARDED + timedelta(hours=1)):
        assert events_of_reading(cast.rosa, thing) == []


def test_its_page_says_until_when(cast: Cast, thing: Resource) -> None:
    address = reverse("resources:detail", args=[thing.pk])
    said = "It was lowered: who reads it stays on record until"
    assert said not in signed_in(cast.rosa).get(address).content.decode()
    rate(cast.rosa, thing, Sensitivity.PUBLIC)
    assert said in signed_in(cast.rosa).get(address).content.decode()


def test_lowering_it_by_a_file_is_the_same(cast: Cast, thing: Resource) -> None:
    text = f"external_id,sensitivity\n{thing.external_id},internal\n{cast.mena_reviews.external_id},public\n"
    importing.applied(cast.priya, "resources", text, system="voice")
    assert Resource.objects.get(pk=thing.pk).sensitivity == Sensitivity.INTERNAL
    assert events_of_reading(cast.priya, thing) == sorted(READ)
    assert events_of_reading(cast.priya, cast.mena_reviews) == [], "it never was guarded"


@pytest.mark.parametrize("level", [Sensitivity.PUBLIC, Sensitivity.INTERNAL])
def test_what_never_was_guarded_and_what_still_is_take_no_weeks(cast: Cast, thing: Resource, level: int) -> None:
    rate(cast.rosa, cast.mena_reviews, level)
    rate(cast.rosa, thing, Sensitivity.CONFIDENTIAL)
    assert not Resource.objects.exclude(guarded_until=None).exists()


def test_lowering_it_again_begins_anew(cast: Cast, thing: Resource) -> None:
    first = rate(cast.rosa, thing, Sensitivity.INTERNAL).guarded_until
    later = clock.now() + timedelta(days=20)
    with time_machine.travel(later):
        assert rate(cast.rosa, thing, Sensitivity.PUBLIC).guarded_until == first, "lower still is no new lowering"
        rate(cast.rosa, thing, Sensitivity.CONFIDENTIAL)
        assert rate(cast.rosa, thing, Sensitivity.INTERNAL).guarded_until >= later + STAYS_GUARDED


def test_knowing_it_costs_no_question(cast: Cast, thing: Resource) -> None:
    client, costs = signed_in(cast.rosa), []
    for level in (Sensitivity.RESTRICTED, Sensitivity.INTERNAL):
        rate(cast.rosa, thing, level)
        client.get(reverse("resources:list"))
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("resources:list"))
        costs.append(len(queries))
    assert costs[0] == costs[1]
