"""The catalogue and its why cards."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audits.models import Event
from audits.trail.tags import Tag
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.models import Risk
from permissions.catalogue import selectors
from permissions.catalogue.cards import edit_card
from permissions.guards import NotAllowed
from permissions.models import Action
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in


@pytest.fixture
def export(cast: Cast) -> Action:
    return Action.objects.get(key="feedback.export")


def test_a_card_is_edited_and_the_difference_is_kept(cast: Cast, export: Action) -> None:
    changes = {"example": "A quarterly sample", "owner": cast.rosa}
    edit_card(cast.priya, action=export, row_version=1, changes=changes, at=clock.now())
    event = Event.objects.get(tag=Tag.CATALOGUE_EDITED)
    assert event.changes["example"][1] == "A quarterly sample"
    assert event.changes["owner"] == [None, cast.rosa.pk]


def test_a_higher_risk_lifts_the_roles_that_give_it_however_indirectly(cast: Cast) -> None:
    view = Action.objects.get(key="feedback.view")
    edit_card(cast.priya, action=view, row_version=1, changes={"risk": Risk.CRITICAL}, at=clock.now())
    for role in (cast.feedback_reader, cast.analyst):
        role.refresh_from_db()
        assert role.risk == Risk.CRITICAL
    cast.agent.refresh_from_db()
    assert cast.agent.risk == Risk.LOW


def test_the_second_of_two_editors_is_told(cast: Cast, export: Action) -> None:
    edit_card(cast.priya, action=export, row_version=1, changes={"example": "One"}, at=clock.now())
    with pytest.raises(Stale):
        edit_card(cast.priya, action=export, row_version=1, changes={"example": "Two"}, at=clock.now())


def test_only_who_may_edit_the_catalogue_does(cast: Cast, export: Action) -> None:
    with pytest.raises(NotAllowed):
        edit_card(cast.otto, action=export, row_version=1, changes={"example": "One"}, at=clock.now())


@pytest.mark.parametrize("changes", [{"purpose": " "}, {"key": "other.key"}, {}])
def test_a_card_keeps_its_purpose_and_its_key(cast: Cast, export: Action, changes: dict[str, str]) -> None:
    with pytest.raises(Refused):
        edit_card(cast.priya, action=export, row_version=1, changes=changes, at=clock.now())


def test_a_card_says_which_roles_give_it_and_how(cast: Cast) -> None:
    view = Action.objects.get(key="feedback.view")
    found = {giver.role.name: giver for giver in selectors.givers(cast.priya, view, at=clock.now())}
    assert found["Feedback reader"].itself
    assert found["Analyst"].by == "feedback.export" or found["Analyst"].inner == "Feedback reader"


def test_a_card_counts_people_once(cast: Cast, export: Action) -> None:
    world.give(cast.maya, cast.analyst)
    assert selectors.holders(export, at=clock.now()) == 2


def test_the_list_narrows_and_costs_the_same(cast: Cast) -> None:
    client = signed_in(cast.priya)
    url = reverse("catalogue:list")
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(url)
    assert len(queries) <= 40  # of which two loads of the model, kept between requests outside of a test
    assert "Customer profiles" not in client.get(f"{url}?q=survey").content.decode()
    found = client.get(f"{url}?risk=4&q=profile").context["areas"]
    assert [entry.action.key for area in found for section in area.sections for entry in section.entries] == [
        "profile.export", "profile.erase",
    ]  # fmt: skip
    assert page.status_code == 200


def test_the_second_editor_of_a_card_gets_409_with_the_difference(cast: Cast, export: Action) -> None:
    client = signed_in(cast.priya)
    url = reverse("catalogue:edit", args=[export.pk])
    form = {"purpose": "First", "exposes": "", "example": "", "risk": "3", "row_version": 1}
    assert client.post(url, form).status_code == 302
    answer = client.post(url, form | {"purpose": "Second", "initial-purpose": export.purpose})
    assert answer.status_code == 409
    assert "+ First" in answer.content.decode()
