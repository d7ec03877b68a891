"""No main page asks more of the database where there is more: as many queries at ten times the rows, and few."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.copies import tenfold
from benchmarks.main_pages import main_pages
from permissions.models import Policy, Sensitivity
from tests import birthrights as by
from tests import world
from tests.cast import Cast
from tests.leaving import next_week, schedule
from tests.policies import enact
from tests.sessions import signed_in

MOST = 20


def beside(cast: Cast, policy: Policy) -> list[tuple[str, str]]:
    """Return pages that the main ones lead to, and lists as filters narrow them."""
    people, grants = reverse("people:list"), reverse("grants:list")
    return [
        ("a person's teams", reverse("people:teams", args=[cast.maya.pk])),
        ("members", reverse("teams:members", args=[cast.insights_dach.pk])),
        ("a team's roles", reverse("teams:roles", args=[cast.insights_dach.pk])),
        ("people at risk", f"{people}?view=high-risk&sort=-risk"),
        ("people of a place", f"{people}?region={cast.emea.pk}"),
        ("teams as a tree", f"{reverse('teams:list')}?as=tree"),
        ("grants that ended", f"{grants}?view=ended"),
        ("leavers", reverse("people:leavers")),
        ("those who left", f"{reverse('people:leavers')}?view=left"),
        ("a leaving", reverse("people:leaving", args=[cast.chiara.leavings.get().pk])),
        ("letting somebody leave", reverse("people:leave", args=[cast.maya.pk])),
        ("departments", f"{reverse('structure:index')}?kind=department"),
        ("search", f"{reverse('search')}?q=ma"),
        ("policies", reverse("policies:list")),
        ("a policy", reverse("policies:detail", args=[policy.pk])),
        ("who gains by it", reverse("policies:effect", args=[policy.pk])),
        *birthright_pages(cast),
    ]


def birthright_pages(cast: Cast) -> list[tuple[str, str]]:
    """Return the pages of a rule in force and of one that is a draft."""
    gives = [by.gift(cast.feedback_reader, "region"), by.gift(cast.care_emea)]
    rule = by.in_force(cast.priya, by.within(cast.emea), gives, "People of EMEA")
    draft = by.draft(cast.priya, by.within(cast.world_), gives, "Everybody")
    return [
        ("birthright rules", reverse("birthrights:list")),
        ("a birthright rule", reverse("birthrights:detail", args=[rule.pk])),
        ("whom it takes in", reverse("birthrights:people", args=[rule.pk])),
        ("who gains by the rule", reverse("birthrights:enforce", args=[draft.pk])),
        ("access by a rule", reverse("people:access", args=[cast.maya.pk])),
    ]


def asked(client: Client, address: str) -> int:
    client.get(address)  # the first time a process keeps what stays: content types, the model
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.slow
@pytest.mark.realdb
def test_pages_ask_as_much_at_ten_times_the_rows(transactional_db: None, cast: Cast) -> None:
    world.resource("Voice of DACH", region=cast.dach)
    world.resource("Complaints of DACH", region=cast.dach, sensitivity=Sensitivity.RESTRICTED)
    for name in ("Reader", "Reader too"):  # of roles that give the same, one list says so
        world.role(name, ["ticket.view", "survey.view", "feedback.view"])
    own = {"attribute": "resource.region", "operator": "within", "other": "subject.region"}
    policy = enact("only", types=["feedback"], condition=own, stage=None).policy
    client = signed_in(cast.priya)
    schedule(cast.priya, cast.chiara, next_week())
    client.get(reverse("resources:list"))  # so that the trail has an event from the start, as it has after it
    pages = [*main_pages(), *beside(cast, policy)]
    few = {name: asked(client, address) for name, address in pages}
    tenfold()
    many = {name: asked(client, address) for name, address in pages}
    assert many == few
    assert {name: few[name] for name, _address in main_pages() if few[name] > MOST} == {}
