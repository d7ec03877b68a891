"""Nothing that somebody writes into an address or a field ends in a 500: it narrows nothing, is absent, or is told."""

import pytest
from django.urls import reverse

from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

FIRST, LAST = "0001-01-01", "9999-12-31"
ENDLESS = "9" * 30
ADDRESSES = (
    *(f"/{page}{day}" for page in ("trail/?since=", "trail/?upto=", "grants/?ends=") for day in (FIRST, LAST)),
    *(f"/{page}²" for page in ("catalogue/?risk=", "roles/?page=", "structure/new/?parent=", "teams/new/?owner=")),
    *(f"/{page}{ENDLESS}/" for page in ("people", "trail", "roles")),
    f"/me/access/why/?action=person.view&resource={ENDLESS}",
    f"/roles/new/?copy={ENDLESS}",
    "/check/?person=²&action=person.view&resource=²",
    "/search/?q=%00",
)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles"])
def test_an_odd_address_is_no_error(cast: Cast, zone: str) -> None:
    cast.priya.time_zone = zone
    cast.priya.save()
    client = signed_in(cast.priya)
    asked = f"/check/?person={cast.maya.pk}&action=person.view&at="
    for address in (*ADDRESSES, f"{asked}{FIRST}T00:00", f"{asked}{LAST}T23:59"):
        assert client.get(address).status_code in (200, 404), address


def test_a_start_at_the_end_of_time_is_told_at_its_field(cast: Cast) -> None:
    gift = {"to": cast.maya.principal_id, "role": cast.agent.pk, "lasts": "30", "reason": "Helps out"}
    answer = signed_in(cast.priya).post(reverse("grants:give"), gift | {"starts_at_date": LAST})
    assert "This date is too far away" in answer.content.decode()


def test_an_end_at_the_end_of_time_is_told_at_its_field(cast: Cast) -> None:
    row = world.join(cast.chiara, cast.care_dach)
    answer = signed_in(cast.priya).post(reverse("teams:until", args=[row.pk]), {"until_date": LAST})
    assert "This date is too far away" in answer.content.decode()
