"""Lists are read from the address; nothing that stands there fails."""

import doctest

import pytest
from django.http import QueryDict

from accounts.models import Person
from cxaccess.lib import listing, pictures
from cxaccess.lib.listing import Count, Listing
from tests import world
from tests.cast import Cast

PEOPLE = Listing({"name": ["name"], "state": ["state", "name"]}, default="name", size=4)


def page(query: str = "", rows: listing.QuerySet | None = None) -> listing.Page:
    return PEOPLE.page(Person.objects.all() if rows is None else rows, QueryDict(query))


def test_the_examples_in_the_docstrings_run() -> None:
    assert doctest.testmod(listing).failed == 0
    assert doctest.testmod(pictures).failed == 0


def test_pages_follow_each_other_without_gap_or_repeat(cast: Cast) -> None:
    everyone = [person.pk for number in (1, 2, 3) for person in page(f"page={number}")]
    assert everyone == [person.pk for person in Person.objects.order_by("name", "pk")]


def test_the_page_knows_where_it_stands(cast: Cast) -> None:
    second = page("page=2")
    assert (second.first, second.last, str(second.count), list(second.near)) == (5, 8, "11", [1, 2, 3])
    assert second.has_next
    assert not page("page=3").has_next


def test_past_the_end_is_the_last_page(cast: Cast) -> None:
    assert page("page=99").number == 3
    assert page("page=99", Person.objects.none()).number == 1


@pytest.mark.parametrize("query", ["page=-1", "page=x", "page=%00", "page=" + "9" * 50, "sort=password", "sort=--name",
                                   "q=%00", "page=1&page=2", "sort=", "page=²"])  # fmt: skip
def test_garbage_shows_the_first_page(cast: Cast, query: str) -> None:
    found = page(query)
    assert found.sort == "name"
    assert found.number in (1, 2)


def test_sorting_turns_round_and_ties_keep_one_order(cast: Cast) -> None:
    assert [p.pk for p in page("sort=-name")] == [p.pk for p in Person.objects.order_by("-name", "-pk")[:4]]
    assert PEOPLE.order("-state") == ["-state", "-name", "-pk"]


def test_counting_stops_at_the_cap(cast: Cast) -> None:
    assert Count.of(Person.objects.all(), cap=5) == Count(5, capped=True)
    world.person("One More")
    assert str(Count.of(Person.objects.all())) == "12"


def test_a_search_is_never_endless_and_never_breaks_the_database() -> None:
    assert listing.search_text({"q": " a\x00  b "}) == "a b"
    assert len(listing.search_text({"q": "x" * 999})) == listing.LONGEST_QUERY
