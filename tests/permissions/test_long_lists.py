"""Lists too long to be sorted for a page: they are walked from where the page begins, and hold the same rows."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest
from django.http import QueryDict

from cxaccess.lib.listing import BACK, ONWARD, Count, Page
from permissions.grants.views import GRANTS
from permissions.models import RoleGrant
from tests import world
from tests.cast import Cast

LONG = Count(1, capped=True)  # nobody knows how many there are


def pages(sort: str, way: str = ONWARD, cursor: str = "") -> Iterator[Page]:
    """Yield the pages of the list of grants, two rows each, from a cursor or from the beginning."""
    while True:
        page = replace(GRANTS, size=2).page(RoleGrant.objects.all(), QueryDict(f"sort={sort}&{way}={cursor}"), LONG)
        yield page
        cursor = page.onward if way == ONWARD else page.back
        if not cursor:
            return


def keys(found: Iterable[Page]) -> list[list[int]]:
    return [[grant.pk for grant in page] for page in found]


@pytest.mark.parametrize("sort", ["holder", "-holder", "role", "-until"])
def test_a_long_list_of_grants_holds_each_once_in_order(cast: Cast, sort: str) -> None:
    for name in ("Zoe Zander", "Zoe Zander", "Adam Aster"):
        someone = world.person(name, email="")
        for role in (cast.analyst, cast.agent):
            world.give(someone, role)
    ordered = list(RoleGrant.objects.order_by(*GRANTS.order(sort)).values_list("pk", flat=True))
    assert [pk for page in keys(pages(sort)) for pk in page] == ordered


def test_a_long_list_of_grants_leads_back_the_way_it_came(cast: Cast) -> None:
    for name in ("Zoe Zander", "Zoe Zander"):
        world.give(world.person(name, email=""), cast.agent)
    there = list(pages("holder"))
    assert keys(pages("holder", BACK, there[-1].back)) == keys(there)[-2::-1]
