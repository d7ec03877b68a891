"""How many people hold each role of the list: asked for once it stands, of what the reader may see alone."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from tests import world
from tests.cast import Cast
from tests.sessions import signed_in


@pytest.fixture
def priya(cast: Cast) -> Client:
    return signed_in(cast.priya)


def test_the_list_of_roles_stands_before_their_holders_are_counted(cast: Cast, priya: Client) -> None:
    world.give(cast.maya, cast.analyst)
    page = priya.get(reverse("roles:list"))
    there, counts = f'id="held-{cast.analyst.pk}"', page.context["counts"]
    link = f'<a class="plain" href="{reverse("roles:holders", args=[cast.analyst.pk])}">'
    assert f'{link}<span class="figure" {there}>Show</span></a>' in page.content.decode()
    assert f'hx-get="{escape(counts)}"' in page.content.decode()
    part = priya.get(counts, headers={"HX-Request": "true"}).content.decode()
    assert f'<span class="figure" {there} hx-swap-oob="true">2</span>' in part
    assert f'id="through-{cast.analyst.pk}" hx-swap-oob="true">1 through teams</small>' in part
    assert f'id="through-{cast.agent.pk}" hx-swap-oob="true"></small>' in part


def test_holders_are_counted_only_of_roles_that_the_reader_may_see(cast: Cast, priya: Client) -> None:
    counts = priya.get(reverse("roles:list")).context["counts"]
    assert signed_in(cast.rosa).get(reverse("roles:list")).context["page"].rows == []
    asked = {"HX-Request": "true"}
    assert "held-" not in signed_in(cast.rosa).get(counts, headers=asked).content.decode()
    assert signed_in(cast.maya).get(counts, headers=asked).status_code == 404
    odd = f"{reverse('roles:counts')}?role=²&role={'9' * 40}&role={cast.agent.pk}"
    assert priya.get(odd, headers=asked).content.decode().count("held-") == 1


def test_the_counts_of_a_page_cost_the_same_however_many_roles_it_has(cast: Cast, priya: Client) -> None:
    def asked() -> int:
        counts = priya.get(reverse("roles:list")).context["counts"]
        with CaptureQueriesContext(connection) as queries:
            assert priya.get(counts, headers={"HX-Request": "true"}).status_code == 200
        return len(queries)

    asked()
    few = asked()
    for number in range(15):
        world.give(cast.maya, world.role(f"Role {number:02}", {"report.view"}))
    asked()
    assert asked() <= few
