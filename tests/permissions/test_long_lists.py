"""Lists too long to be sorted for a page: they are walked from where the page begins, and hold the same rows."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db.models import QuerySet
from django.http import QueryDict

from accounts.models import Team
from accounts.teams.listing import LISTING as TEAMS
from cxaccess.lib.listing import BACK, ONWARD, Count, Listing, Page
from permissions.grants.views import GRANTS
from permissions.models import RoleGrant
from tests import world
from tests.cast import Cast

LONG = Count(1, capped=True)  # nobody knows how many there are


def pages(sort: str, way: str = ONWARD, cursor: str = "", of: Listing = GRANTS) -> Iterator[Page]:
    """Yield the pages of the list of grants, or of teams, two rows each, from a cursor or from the beginning."""
    rows: QuerySet[Any] = RoleGrant.objects.all() if of is GRANTS else Team.objects.all()
    while True:
        page = replace(of, size=2).page(rows, QueryDict(f"sort={sort}&{way}={cursor}"), LONG)
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


@pytest.mark.parametrize("sort", ["name", "-name", "place"])
def test_a_long_list_of_teams_holds_each_once_in_order(cast: Cast, sort: str) -> None:
    for name in ("Zeppelins", "Aardvarks", "Middle"):
        world.team(name, region=cast.emea)
    ordered = list(Team.objects.order_by(*TEAMS.order(sort)).values_list("pk", flat=True))
    assert [team.pk for page in pages(sort, of=TEAMS) for team in page] == ordered


def test_a_long_list_of_grants_leads_back_the_way_it_came(cast: Cast) -> None:
    for name in ("Zoe Zander", "Zoe Zander"):
        world.give(world.person(name, email=""), cast.agent)
    there = list(pages("holder"))
    assert keys(pages("holder", BACK, there[-1].back)) == keys(there)[-2::-1]
