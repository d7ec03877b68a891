"""Pages that go on from a row: every row exactly once, whatever comes and goes meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Node, Person
from cxaccess.lib import keyset, listing
from cxaccess.lib.listing import Listing, Page
from permissions.models import Resource, ResourceType
from tests import world

SORTS = {
    "name": ["name"],
    "created": ["created_at"],
    "sensitivity": ["-sensitivity", "name"],
    "place": ["region__name", "name"],
    "type": ["type__position", "name"],
}
THINGS = Listing(SORTS, default="name", size=3)
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.realdb]

texts = st.text("abAB é", max_size=3)
rows = st.tuples(texts, st.integers(0, 3), st.integers(1, 4), st.none() | st.integers(0, 1), st.integers(0, 1))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "CAP", 0)
    monkeypatch.setattr(listing.Count.of.__func__, "__defaults__", (0,))


def page(query: str, things: listing.QuerySet | None = None) -> Page:
    return THINGS.page(Resource.objects.all() if things is None else things, QueryDict(query))


class Shelf:
    """Makes resources from what hypothesis draws."""

    def __init__(self) -> None:
        self.types = list(ResourceType.objects.order_by("pk")[:2])
        self.regions = [Node.objects.create(kind="region", code=f"r{n}", name=f"R{n}") for n in range(2)]
        self.made = 0

    def add(self, row: tuple) -> int:
        name, day, sensitivity, region, type_ = row
        self.made += 1
        return Resource.objects.create(
            type=self.types[type_], external_id=f"x{self.made}", name=name, sensitivity=sensitivity,
            region=None if region is None else self.regions[region], created_at=NOON + timedelta(days=day),
        ).pk  # fmt: skip


@given(
    start=st.lists(rows, max_size=9),
    later=st.lists(st.lists(rows, max_size=3), max_size=5),
    sort=st.sampled_from([name for base in SORTS for name in (base, f"-{base}")]),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_row_is_seen_exactly_once_although_others_come_and_go(start: list, later: list, sort: str) -> None:
    Resource.objects.all().delete()
    Node.objects.all().delete()
    shelf = Shelf()
    there = [shelf.add(row) for row in start]
    seen: list[int] = []
    came: set[int] = set()
    found = page(f"sort={sort}")
    while True:
        seen += [row.pk for row in found]
        if not found.onward:
            break
        for row in later.pop() if later else ():
            came.add(shelf.add(row))
        found = page(f"sort={sort}&next={found.onward}")
    assert [pk for pk in seen if pk not in came] == [
        pk for pk in Resource.objects.order_by(*THINGS.order(sort)).values_list("pk", flat=True) if pk in there
    ]
    assert len(seen) == len(set(seen))


@given(start=st.lists(rows, min_size=1, max_size=9), sort=st.sampled_from(sorted(THINGS.names)))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_way_back_shows_the_same_pages(start: list, sort: str) -> None:
    Resource.objects.all().delete()
    Node.objects.all().delete()
    shelf = Shelf()
    for row in start:
        shelf.add(row)
    ahead = [page(f"sort={sort}")]
    while ahead[-1].onward:
        ahead.append(page(f"sort={sort}&next={ahead[-1].onward}"))
    behind = [ahead[-1]]
    while behind[-1].back:
        behind.append(page(f"sort={sort}&prev={behind[-1].back}"))
    pages = [[row.pk for row in found] for found in ahead]
    assert [[row.pk for row in found] for found in reversed(behind)] == pages


@pytest.mark.parametrize("cursor", ["x", "%00", "W10", "a" * 2000, "WyJuYW1lIiwxLDJd", "WyJuYW1lIiwiXHUwMDAwMTIiLDJd",
                                    "WyJuYW1lIiwiYSIsMTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMF0",
                                    "WyJuYW1lIixbXSx7fV0", "²"])  # fmt: skip
def test_a_cursor_that_nobody_made_shows_the_first_page(cursor: str) -> None:
    made = [world.resource(name).pk for name in ("a", "b", "c", "d")]
    things = Resource.objects.filter(pk__in=made)
    assert [row.name for row in page(f"next={cursor}", things)][:1] == ["a"]
    assert [row.name for row in page(f"prev={cursor}", things)][:1] == ["a"]


def test_a_cursor_of_another_order_is_none(cast: object) -> None:
    found = page("sort=created")
    assert keyset.read(found.onward, THINGS.order("created"), "created")
    assert keyset.read(found.onward, THINGS.order("name"), "name") is None


def test_when_all_that_followed_is_gone_it_is_the_last_page() -> None:
    made = [world.resource(name) for name in "abcde"]
    things = Resource.objects.filter(pk__in=[row.pk for row in made])
    first = page("", things)
    for row in made[3:]:
        row.delete()
    again = page(f"next={first.onward}", things)
    assert [row.name for row in again] == ["a", "b", "c"]
    assert not again.onward


def test_a_short_list_keeps_its_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "CAP", 1000)
    monkeypatch.setattr(listing.Count.of.__func__, "__defaults__", (1000,))
    made = [world.resource(name).pk for name in "abcde"]
    found = page("page=2", Resource.objects.filter(pk__in=made))
    assert (found.keyed, [row.name for row in found]) == (False, ["d", "e"])


def test_nobody_who_signs_in_first_is_last(cast: object) -> None:
    """A column that may be empty sorts where the database puts it, and no page forgets those."""
    people = Listing({"seen": ["last_login", "name"]}, default="seen", size=2)
    Person.objects.filter(name__startswith="M").update(last_login=NOON)
    seen, found = [], people.page(Person.objects.all(), QueryDict(""))
    while True:
        seen += [row.pk for row in found]
        if not found.onward:
            break
        found = people.page(Person.objects.all(), QueryDict(f"next={found.onward}"))
    assert seen == list(Person.objects.order_by("last_login", "name", "pk").values_list("pk", flat=True))
