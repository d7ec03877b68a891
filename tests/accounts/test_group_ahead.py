"""A change that lets somebody into a group only later is a door as well: nobody is asked when the time has come."""

from datetime import timedelta
from typing import Any

import pytest

from accounts.groups import rules, services
from accounts.models import Group, Person, PersonDimension
from accounts.people.ranges import add_places
from accounts.people.services import create_person, edit_person
from accounts.teams.memberships import add_member, change_membership_end
from cxaccess.lib import clock
from permissions.guards import NotAllowed
from tests import world
from tests.cast import Cast
from tests.sessions import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
TERRITORY, TEAMS = "subject.territories", "subject.teams"


@pytest.fixture
def keeper(cast: Cast) -> Person:
    """Otto edits everybody and keeps the members of every team, and gives nothing."""
    keeps = {"person.edit", "person.create", "person.suspend", "team.manage_members"}
    world.give(cast.otto, world.role("People keeper", keeps))
    return cast.otto


def readers(cast: Cast, rule: Any) -> Group:
    """Return a group that holds what Otto cannot give."""
    group = services.create_group(cast.priya, name="Readers", rule=rules.parsed(rule), at=clock.now())
    world.give(group, cast.feedback_reader, region=cast.dach)
    return group


def within(place: Any, key: str = TERRITORY) -> dict[str, Any]:
    return {"attribute": key, "operator": "within", "value": [place.pk]}


def test_a_territory_from_monday_on(cast: Cast, keeper: Person) -> None:
    readers(cast, within(cast.emea))
    soon = clock.now() + timedelta(days=3)
    with pytest.raises(NotAllowed):
        add_places(keeper, person=cast.chiara, places=[cast.germany], starts_at=soon, at=clock.now())
    assert not PersonDimension.objects.filter(person=cast.chiara).exists()
    assert add_places(cast.priya, person=cast.chiara, places=[cast.germany], starts_at=soon, at=clock.now())


def test_a_territory_that_takes_over_when_another_ends(cast: Cast, keeper: Person) -> None:
    """Who is in until Friday does not stay beyond by somebody who could not let them in."""
    friday = clock.now() + timedelta(days=2)
    readers(cast, within(cast.emea))
    add_places(cast.priya, person=cast.chiara, places=[cast.germany], until=friday, at=clock.now())
    with pytest.raises(NotAllowed):
        add_places(keeper, person=cast.chiara, places=[cast.mena], starts_at=friday, at=clock.now())
    assert add_places(keeper, person=cast.chiara, places=[cast.mena], until=friday, at=clock.now()), "not a day longer"


def test_what_somebody_else_arranged_hinders_nobody(cast: Cast, keeper: Person) -> None:
    readers(cast, within(cast.emea))
    soon = clock.now() + timedelta(days=3)
    add_places(cast.priya, person=cast.chiara, places=[cast.germany], starts_at=soon, at=clock.now())
    asia = world.node("Asia", cast.world_)
    assert add_places(keeper, person=cast.chiara, places=[asia], at=clock.now())


def test_a_territory_that_ends_lets_in_where_a_rule_says_not(cast: Cast, keeper: Person) -> None:
    friday = clock.now() + timedelta(days=2)
    readers(cast, {"all": [within(cast.world_), {"not": within(cast.mena)}]})
    add_places(cast.priya, person=cast.ali, places=[cast.mena], until=friday, at=clock.now())
    with pytest.raises(NotAllowed):
        add_places(keeper, person=cast.ali, places=[cast.germany], at=clock.now())
    assert add_places(keeper, person=cast.ali, places=[cast.germany], until=friday, at=clock.now())


def test_a_place_in_a_team_from_monday_on(cast: Cast, keeper: Person) -> None:
    readers(cast, within(cast.care_dach, TEAMS))
    soon, later = clock.now() + timedelta(days=3), clock.now() + timedelta(days=9)
    with pytest.raises(NotAllowed):
        add_member(keeper, team=cast.care_dach, person=cast.chiara, starts_at=soon, at=clock.now())
    place = add_member(cast.priya, team=cast.care_dach, person=cast.chiara, until=soon, at=clock.now())
    with pytest.raises(NotAllowed):
        change_membership_end(keeper, membership=place, until=later, at=clock.now())


def test_a_first_day_that_lies_ahead(cast: Cast, keeper: Person) -> None:
    started = {"attribute": "subject.employed_from", "operator": "before", "value": {"days_from_now": 1}}
    readers(cast, started)
    tomorrow = (clock.now() + timedelta(days=1)).date()
    with pytest.raises(NotAllowed):
        edit_person(
            keeper, person=cast.chiara, row_version=cast.chiara.row_version, changes={"employed_from": tomorrow},
            at=clock.now(),
        )  # fmt: skip
    with pytest.raises(NotAllowed):
        create_person(keeper, name="New One", employed_from=tomorrow, at=clock.now())
    assert create_person(keeper, name="New One", title="Anything", at=clock.now()).pk


def test_a_rule_is_no_list_of_people_whom_one_may_not_see(cast: Cast) -> None:
    """Rosa edits groups of EMEA: a rule that takes in the whole world tells her neither who nor how many."""
    rule = rules.parsed(within(cast.germany, "subject.region"))
    group = services.create_group(cast.priya, name="Everybody", region=cast.emea, rule=rule, at=clock.now())
    wider = rules.parsed(within(cast.world_, "subject.region"))
    services.change_rule(cast.rosa, group=group, row_version=group.row_version, rule=wider, at=clock.now())
    rosa = signed_in(cast.rosa)
    page = rosa.get(f"/groups/{group.pk}/members/").content.decode()
    assert cast.maya.name in page
    assert cast.otto.name not in page
    assert "Others may be in it, too." in page
    assert group.name not in rosa.get("/groups/", {"q": "Otto"}).content.decode(), "nor does a search for them"
    assert cast.otto.name in signed_in(cast.priya).get(f"/groups/{group.pk}/members/").content.decode()


def test_a_rule_names_nobody_who_is_not_offered(cast: Cast) -> None:
    """Ids are easily counted up: a draft must not turn them into the names of people and teams."""
    world.give(cast.chiara, world.role("Group maker", {"group.create"}), region=cast.emea)
    browser = signed_in(cast.chiara)
    for key, pk, name in (("manager", cast.jonas.pk, cast.jonas.name), ("teams", cast.care_dach.pk, "Care DACH")):
        for operator in ("one_of", "contains_any"):
            row = {
                "rule": ["root", "row:0"], "rule-kind": "all", "rule-0-attribute": f"subject.{key}",
                "rule-0-operator": operator, "rule-0-value": [str(pk)], "name": "Mine", "rule-do": "look",
            }  # fmt: skip
            answer = browser.post("/groups/new/rule/", row)
            assert answer.status_code in (200, 422)
            assert name not in answer.content.decode()
    answer = signed_in(cast.priya).post("/groups/new/rule/", row | {"rule-0-attribute": "subject.manager",
                                        "rule-0-operator": "one_of", "rule-0-value": [str(cast.jonas.pk)]})  # fmt: skip
    assert "Jonas Weber" in answer.content.decode()
