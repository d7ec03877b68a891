"""A statement that is put together once comes out as if it had been put together for each."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models import QuerySet

from accounts.models import Membership, Person
from audits.models import Event
from cxaccess.lib import statements
from cxaccess.lib.listing import Count, counting
from permissions.models import UsageActionDay
from tests.cast import Cast

NOW = datetime(2026, 11, 30, 12, 30, 5, 7, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "_kept", {})


def soon(*, person: int, at: datetime, day: date) -> tuple[str, list[Any]]:
    lists: list[QuerySet[Any]] = [
        Membership.objects.in_force(at).filter(person=person, until__lte=at + timedelta(days=14)),
        UsageActionDay.objects.filter(day__lte=day - timedelta(days=3)),
        Event.objects.filter(tag__startswith="2 grants", timestamp__gte=at - timedelta(hours=1)),
    ]
    return counting(lists)


def test_ids_moments_and_days_are_filled_in_and_what_lies_a_span_away_follows_them() -> None:
    for person, at, day in ((7, NOW, NOW.date()), (8, NOW + timedelta(seconds=90), date(2024, 2, 29))):
        filled = statements.kept("soon", soon, person=person, at=at, day=day)
        plain, params = soon(person=person, at=at, day=day)
        assert filled == (plain, params)
        assert [type(one) for one in filled[1]] == [type(one) for one in params]
        with connection.cursor() as cursor:
            cursor.execute(*filled)
    assert len(statements._kept) == 1


def test_what_was_found_is_not_kept(cast: Cast) -> None:
    def named(*, person: int) -> tuple[str, list[Any]]:
        return counting([Person.objects.filter(pk=person, title="Anew")])

    person = cast.chiara
    assert Count.asked(*statements.kept("named", named, person=person.pk)) == [Count(0)]
    Person.objects.filter(pk=person.pk).update(title="Anew")
    assert Count.asked(*statements.kept("named", named, person=person.pk)) == [Count(1)]


@pytest.mark.parametrize("column", ["created_at__lte", "created_at__gt"])
def test_a_moment_that_is_no_value_is_refused_for_it_would_stay(column: str) -> None:
    def of_now(*, person: int) -> Any:
        return counting([Person.objects.filter(**{column: NOW}, pk=person)])

    with pytest.raises(ImproperlyConfigured, match="would be kept"):
        statements.kept("of now", of_now, person=7)


def test_a_statement_that_depends_on_more_than_its_kind_is_found_where_statements_are_checked() -> None:
    def of(title: str) -> Any:
        return lambda *, person: counting([Person.objects.filter(title=title, pk=person)])

    statements.kept("titled", of("Analyst"), person=7)
    with pytest.raises(ImproperlyConfigured, match="Not of one kind"):
        statements.kept("titled", of("Lead"), person=7)


def test_no_more_are_kept_than_there_can_be_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "KEPT", 3)
    for number in range(9):
        statements.kept(number, lambda *, person: counting([Person.objects.filter(pk=person)]), person=number)
    assert len(statements._kept) <= 3
