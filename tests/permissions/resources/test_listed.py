"""Lists that show guarded resources are on record before they are shown, once an hour for the same ones."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Person
from audits.models import Event
from audits.trail.stories import describe
from audits.trail.tags import Tag
from cxaccess.lib import clock
from permissions.models import Resource, Sensitivity
from permissions.resources import listed
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

LIST = reverse("resources:list")
pytestmark = pytest.mark.django_db


@pytest.fixture
def guarded(cast: Cast) -> list[Resource]:
    """A restricted and a confidential stream among the others."""
    things = [cast.german_reviews, cast.mena_reviews]
    for thing, level in zip(things, (Sensitivity.RESTRICTED, Sensitivity.CONFIDENTIAL), strict=True):
        Resource.objects.filter(pk=thing.pk).update(sensitivity=level)
    world.resource("Everybody's board", region=cast.dach)
    return things


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """All happens within one hour, whenever the tests run."""
    monkeypatch.setattr(listed, "SPAN", 10**10)


def told(reader: Person) -> list[tuple[str, list[int]]]:
    events = Event.objects.filter(tag=Tag.RESOURCES_LISTED, actor=reader).order_by("pk")
    return [(event.additional_data["page"], event.additional_data["resources"]) for event in events]


def pages(thing: Resource) -> list[tuple[str, str]]:
    """Return every list that may show it, with the word that its event has."""
    chosen = f"?resource={thing.pk}"
    return [
        ("list", LIST),
        ("list", f"{LIST}?sensitivity={thing.sensitivity}"),
        ("search", f"{reverse('search')}?q=App"),
        ("archive", reverse("resources:archive_many") + chosen),
        ("edit", reverse("resources:change_owner") + chosen),
        ("give", reverse("objects:give")),
    ]


def test_a_list_of_guarded_resources_is_one_event_with_their_ids(cast: Cast, guarded: list[Resource]) -> None:
    assert signed_in(cast.priya).get(LIST).status_code == 200
    assert told(cast.priya) == [("list", sorted(thing.pk for thing in guarded))]


def test_the_same_ones_again_write_nothing_more(cast: Cast, guarded: list[Resource]) -> None:
    client = signed_in(cast.priya)
    for address in (LIST, LIST, f"{LIST}?sort=-name", f"{reverse('search')}?q=App", f"{reverse('search')}?q=App+rev"):
        client.get(address)
    assert len(told(cast.priya)) == 1


def test_others_of_them_and_other_readers_have_an_event_of_their_own(cast: Cast, guarded: list[Resource]) -> None:
    german, mena = guarded
    client = signed_in(cast.priya)
    client.get(LIST)
    client.get(f"{LIST}?region={cast.germany.pk}")
    assert told(cast.priya) == [("list", sorted([german.pk, mena.pk])), ("list", [german.pk])]
    signed_in(cast.rosa).get(LIST)
    assert len(told(cast.rosa)) == 1


def test_the_next_hour_has_its_own_event(
    cast: Cast, guarded: list[Resource], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.undo()
    now = clock.now()
    whole = datetime.fromtimestamp(int(now.timestamp()) // 3600 * 3600, tz=now.tzinfo)
    for moment in (whole, whole + timedelta(minutes=59), whole + timedelta(minutes=60)):
        with time_machine.travel(moment, tick=False):
            listed.record_listed(cast.priya, Resource.objects.all(), page="list", at=moment)
    assert [event.timestamp for event in Event.objects.filter(tag=Tag.RESOURCES_LISTED).order_by("pk")] == [
        whole, whole + timedelta(hours=1),
    ]  # fmt: skip


def test_a_list_without_any_is_no_event(cast: Cast) -> None:
    signed_in(cast.priya).get(LIST)
    assert told(cast.priya) == []


@pytest.mark.parametrize("number", range(5))
def test_what_cannot_be_recorded_is_not_listed(
    cast: Cast, guarded: list[Resource], number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_more: object) -> None:
        raise OSError("the disk is full")

    thing = Resource.objects.get(pk=guarded[0].pk)
    word, address = pages(thing)[number]
    client = signed_in(cast.priya)
    client.raise_request_exception = False
    with monkeypatch.context() as patched:
        patched.setattr(listed, "record_many", broken)
        answer = client.get(address)
    assert answer.status_code == 500
    assert thing.name not in answer.content.decode()
    assert thing.name in client.get(address).content.decode()
    assert told(cast.priya)[0][0] == word


def test_it_costs_one_question_once_it_is_on_record(cast: Cast, guarded: list[Resource]) -> None:
    client = signed_in(cast.priya)
    client.get(LIST)
    with CaptureQueriesContext(connection) as queries:
        client.get(LIST)
    with_some = len(queries)
    Resource.objects.update(sensitivity=Sensitivity.INTERNAL)
    with CaptureQueriesContext(connection) as queries:
        client.get(LIST)
    assert with_some == len(queries) + 1


def test_the_trail_says_how_many_and_its_page_which(cast: Cast, guarded: list[Resource]) -> None:
    client: Client = signed_in(cast.priya)
    client.get(LIST)
    event = Event.objects.get(tag=Tag.RESOURCES_LISTED)
    assert str(describe([event])[0].sentence) == "Priya Raman saw 2 confidential or restricted resources in a list"
    shown = client.get(reverse("trail:detail", args=[event.pk])).content.decode()
    for thing in guarded:
        assert f'<a href="/resources/{thing.pk}/">{thing.name}</a>' in shown
