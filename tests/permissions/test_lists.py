"""The condition of a list is written once and kept: until what it came from changes, and for no other moment."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext

from accounts.models import Person
from cxaccess.lib import clock
from cxaccess.lib.listing import Count
from cxaccess.lib.ready import Ready, written
from permissions import facts, gate, lists
from permissions.engine.combine import Context
from permissions.models import Resource, RoleGrant
from tests import policies, world
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
MANAGED = {"attribute": "context.managed_device", "operator": "equals", "value": True}


@pytest.fixture
def at() -> datetime:
    return clock.now()


def shown(person: Person, now: datetime, **known: object) -> set[Resource]:
    """Return what the list shows, having asked about each thing, too."""
    context = Context({f"context.{key}": value for key, value in known.items()})
    rows = Resource.objects.filter(type__key="feedback")
    found = set(gate.visible(person, "feedback.view", rows, at=now, context=context))
    assert found == {row for row in rows if gate.may(person, "feedback.view", row, at=now, context=context)}
    return found


@pytest.mark.parametrize(("effect", "condition", "expected"), [
    ("only", MANAGED, (True, False, False)),
    ("only", {"not": MANAGED}, (False, True, False)),
    ("block", MANAGED, (False, True, False)),
    ("block", {"not": MANAGED}, (True, False, False)),
])  # fmt: skip
def test_each_moment_of_asking_has_its_own_list_and_the_unknown_is_neither(
    cast: Cast, at: datetime, effect: str, condition: dict, expected: tuple[bool, bool, bool]
) -> None:
    policies.enact(effect, permissions=["feedback.view"], condition=condition)
    with facts.pinned():
        for _again in range(2):
            found = [shown(cast.maya, at, managed_device=True), shown(cast.maya, at, managed_device=False)]
            found.append(shown(cast.maya, at))
            assert tuple(bool(one) for one in found) == expected


def test_a_comparison_of_a_thing_with_the_moment_is_of_that_moment(cast: Cast, at: datetime) -> None:
    late = {"attribute": "resource.created_at", "operator": "before", "other": "context.at"}
    policies.enact("only", permissions=["feedback.view"], condition=late)
    with facts.pinned():
        assert shown(cast.maya, at, at=at + timedelta(minutes=1))
        assert not shown(cast.maya, at, at=at - timedelta(days=9_000))
        assert shown(cast.maya, at, at=at + timedelta(minutes=1))


def test_the_second_question_writes_nothing_anew(cast: Cast, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    policies.enact("only", permissions=["feedback.view"], condition={"not": MANAGED})
    with facts.pinned():
        first = shown(cast.maya, at, managed_device=False)
        monkeypatch.setattr(lists, "whole", lambda *_asked: pytest.fail("written anew"))
        assert shown(cast.maya, at + timedelta(seconds=1), managed_device=False) == first


def test_a_list_ends_with_the_grant_and_with_its_window(cast: Cast, at: datetime) -> None:
    assert shown(cast.maya, at)
    RoleGrant.objects.filter(starts_at__lte=at).update(until=at + timedelta(hours=1))
    world._changed(0, cast.maya.principal_id, *(one.principal_id for one in cast.maya.memberships.all()))
    facts.kept.clear()
    with facts.pinned():
        assert shown(cast.maya, at + timedelta(minutes=59))
        assert not shown(cast.maya, at + timedelta(minutes=60))
        assert shown(cast.maya, at + timedelta(minutes=59))


def test_a_condition_serves_in_any_statement(cast: Cast, at: datetime) -> None:
    mine = gate.visible(cast.maya, "feedback.view", Resource.objects.all(), at=at)
    ids = set(mine.values_list("pk", flat=True))
    assert ids == {cast.german_reviews.pk}
    within = Resource.objects.filter(pk__in=mine.values("pk"))
    nested = Resource.objects.filter(pk__in=within.filter(pk__in=mine.values("pk")).values("pk"))
    either = mine | gate.visible(cast.maya, "feedback.view", Resource.objects.filter(type__key="feedback"), at=at)
    for rows in (within, nested, either, mine.filter(type__key="feedback"), mine.order_by("type__label", "name")):
        assert set(rows.values_list("pk", flat=True)) == ids
    others = Resource.objects.filter(type__key="feedback").exclude(pk__in=mine.values("pk"))
    assert set(others) == {cast.mena_reviews}
    assert mine.filter(pk=cast.german_reviews.pk).update(name="Renamed") == 1


def test_a_count_takes_one_statement_and_counts_rows_not_joins(cast: Cast, at: datetime) -> None:
    mine = gate.visible(cast.maya, "feedback.view", Resource.objects.all(), at=at)
    with CaptureQueriesContext(connection) as queries:
        assert Count.of(mine) == Count(1)
        assert Count.of(Resource.objects.none()) == Count(0)
    assert len(queries) == 1
    assert Count.of(Resource.objects.order_by("name"), cap=1) == Count(1, capped=True)
    twice = Resource.objects.filter(type__actions__isnull=False)
    assert Count.of(twice.distinct()).value == twice.distinct().count() < Count.of(twice).value == twice.count()
    assert Count.of(twice.values("type").distinct()).value == twice.values("type").distinct().count()


def test_more_things_than_a_statement_takes_values_stand_in_it_as_numbers(cast: Cast, at: datetime) -> None:
    ready = written(Q(pk__in=range(1, 30_000), name="Half %s", sensitivity=1), Resource, "default")
    assert isinstance(ready, Ready)
    assert ready.params == ("Half %s",)
    assert not Resource.objects.filter(ready).exists()
    assert Resource.objects.filter(written(Q(pk__in=[cast.german_reviews.pk]), Resource, "default")).count() == 1
