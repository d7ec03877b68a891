"""Whatever door somebody opens while policies are in force, nobody comes by what the actor could not give.

Each policy reads something that some door changes: a title, a territory, a membership, a role, the thing's place or
owner. What is opened is measured on the things themselves, by grants and policies together, before and after, now and
next week: what begins or ends by itself counts as if it had.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from accounts.groups import rules
from accounts.groups.recompute import recompute
from accounts.models import Group, Membership, Node, Person
from accounts.people.ranges import add_places
from accounts.people.services import edit_person
from accounts.structure.services import move_node
from accounts.teams.memberships import change_membership_end, end_membership
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions import facts, giving
from permissions.guards import NotAllowed
from permissions.models import Policy, PolicyVersion, Resource
from permissions.policies.services import enforce_policy, retire_policy
from permissions.resources import bulk
from permissions.resources.services import edit_resource
from tests import policies, world
from tests.cast import Cast
from tests.permissions import giving_doors as doors
from tests.permissions import test_giving_property as walks
from tests.permissions.test_giving_property import EXAMPLES, FULL, QUICK, town

__all__ = ["town"]  # the fixture, with people whose rights are odd on purpose
pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TITLED = {"attribute": "subject.title", "operator": "equals", "value": "Incident lead"}
RANGED = {"attribute": "resource.region", "operator": "within", "other": "subject.territories"}
NEXT_WEEK = timedelta(days=7)
OWN = {"attribute": "resource.region", "operator": "within", "other": "subject.region"}
VIEW, EXPORT = {"permissions": ["feedback.view"]}, {"permissions": ["feedback.export"]}


def drafts(cast: Cast) -> list[dict[str, Any]]:
    """Return the policies of which some are in force."""
    in_dach = {"attribute": "resource.region", "operator": "within", "value": [cast.dach.pk]}
    in_mena = {"attribute": "subject.region", "operator": "within", "value": [cast.mena.pk]}
    owned = {"attribute": "resource.owner", "operator": "is_set"}
    mine = {"attribute": "resource.owner", "operator": "equals", "other": "subject.person"}
    here, there = ({"attribute": "resource.region", "operator": "within", "value": [one.pk]} for one in (
        cast.germany, cast.mena))  # fmt: skip
    ways = {"any": [{"all": [TITLED, here]}, {"all": [in_mena, there]}]}
    leads, ranged = Group.objects.filter(rule__isnull=False).order_by("pk")
    return [
        {"effect": "allow", **VIEW, "condition": ways},
        {"effect": "only", **EXPORT, "condition": {"not": ways}},
        {"effect": "block", **VIEW, "groups": [leads.pk]},
        {"effect": "allow", **EXPORT, "condition": TITLED, "groups": [ranged.pk]},
        {"effect": "allow", **VIEW, "condition": TITLED},
        {"effect": "allow", **EXPORT, "condition": RANGED},
        {"effect": "allow", **VIEW, "condition": OWN},
        {"effect": "allow", **EXPORT, "condition": mine},
        {"effect": "allow", **VIEW, "condition": in_dach, "teams": [cast.care_emea.pk]},
        {"effect": "allow", **EXPORT, "condition": owned, "roles": [cast.agent.pk]},
        {"effect": "block", **VIEW, "condition": {"not": in_mena}},
        {"effect": "block", **VIEW, "condition": in_dach},
        {"effect": "block", "types": ["feedback"], "teams": [cast.insights_dach.pk]},
        {"effect": "only", **VIEW, "condition": {"any": [TITLED, OWN]}},
        {"effect": "only", **EXPORT, "condition": {"not": owned}},
    ]


def opened(cast: Cast) -> dict[str, set[tuple[int, str, int]]]:
    """Return the (person, permission, thing) that are a yes, now and next week."""
    at = {"now": clock.now() + timedelta(milliseconds=1), "next week": clock.now() + NEXT_WEEK}
    return {when: _opened(moment) for when, moment in at.items()}


def _opened(at: datetime) -> set[tuple[int, str, int]]:
    found = walks.taken(at).opened
    return {(person, action, thing) for (person, action), things in found.items() for thing in things}


def _leave(draw: Any, cast: Cast) -> Any:
    row = draw(st.sampled_from(list(Membership.objects.order_by("pk"))))
    return lambda actor: end_membership(actor, membership=row, reason="Goes", at=clock.now())


def _answer_later(draw: Any, cast: Cast) -> Any:
    who, place = draw(st.sampled_from([cast.maya, cast.ali])), draw(st.sampled_from([cast.dach, cast.mena]))
    return lambda actor: add_places(actor, person=who, places=[place], starts_at=world.soon(days=3), at=clock.now())


def _leave_later(draw: Any, cast: Cast) -> Any:
    row = draw(st.sampled_from(list(Membership.objects.order_by("pk"))))
    until = world.soon(days=3)
    return lambda actor: change_membership_end(actor, membership=row, until=until, reason="Goes", at=clock.now())


def _retitle(draw: Any, cast: Cast) -> Any:
    who = Person.objects.get(pk=draw(st.sampled_from([cast.maya, cast.ali, cast.chiara])).pk)
    changes = draw(
        st.sampled_from([{"title": "Incident lead"}, {"title": ""}, {"region": cast.dach}, {"region": cast.mena}])
    )
    return lambda actor: edit_person(actor, person=who, row_version=who.row_version, changes=changes, at=clock.now())


def _replace(draw: Any, cast: Cast) -> Any:
    thing = Resource.objects.get(pk=draw(st.sampled_from([cast.german_reviews, cast.mena_reviews])).pk)
    changes = draw(
        st.sampled_from([{"region": cast.dach}, {"region": cast.mena}, {"region": None}, {"owner": cast.ali}])
    )
    return lambda actor: edit_resource(
        actor, resource=thing, row_version=thing.row_version, changes=changes, at=clock.now()
    )


def _own_many(draw: Any, cast: Cast) -> Any:
    to = draw(st.sampled_from([cast.maya, cast.ali, None]))
    ids = [cast.german_reviews.pk, cast.mena_reviews.pk]
    return lambda actor: bulk.change_owner(actor, ids=ids, owner=to, at=clock.now())


def _move_node(draw: Any, cast: Cast) -> Any:
    row = Node.objects.get(pk=draw(st.sampled_from([cast.germany, cast.mena, cast.dach])).pk)
    parent = draw(st.sampled_from([cast.world_, cast.emea, cast.dach, cast.mena]))
    return lambda actor: move_node(actor, node=row, row_version=row.row_version, parent=parent, at=clock.now())


def _enforce(draw: Any, cast: Cast) -> Any:
    version = policies.enact(stage=None, **draw(st.sampled_from(drafts(cast))))
    row = Policy.objects.get(pk=version.policy_id)
    return lambda actor: enforce_policy(
        actor, policy=row, row_version=row.row_version, reason="Wanted", at=clock.now()
    )  # fmt: skip


def _retire(draw: Any, cast: Cast) -> Any:
    row = draw(st.sampled_from(list(Policy.objects.order_by("pk"))))
    return lambda actor: retire_policy(actor, policy=row, row_version=row.row_version, reason="Gone", at=clock.now())


DOORS: tuple[Callable[[Any, Cast], Any], ...] = (
    _leave, _retitle, _retitle, _replace, _own_many, _move_node, _enforce, _retire, _retire,
    doors._answer, doors._join, doors._give, doors._end, doors._save, doors._reopen, doors._move_team,
    _answer_later, _leave_later, doors._restate, doors._rule, doors._gather, doors._put_away, doors._bring_back,
)  # fmt: skip


@given(data=st.data())
@settings(max_examples=EXAMPLES, deadline=None, derandomize=not FULL, suppress_health_check=QUICK)
def test_nobody_comes_by_what_the_actor_could_not_give(town: Cast, data: st.DataObject) -> None:
    _walk(town, data)


def test_a_door_that_does_not_ask_is_found_out(town: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving, "require_give_actions", lambda *_args, **_kwargs: None)

    @given(data=st.data())
    @settings(max_examples=400, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=QUICK)
    def walk(data: st.DataObject) -> None:
        _walk(town, data)

    with pytest.raises(AssertionError, match="could not give"):
        walk()


def _walk(cast: Cast, data: st.DataObject) -> None:
    with transaction.atomic():
        try:
            _ready(cast, data)
            for _ in range(data.draw(st.integers(1, 2), label="doors")):
                _open(cast, data)
        finally:
            transaction.set_rollback(True)
            facts.kept.clear()


def _ready(cast: Cast, data: st.DataObject) -> None:
    keeper = world.role("Policy keeper", {"policy.enforce", "policy.edit", "policy.view", "person.edit"})
    for one in (cast.chiara, cast.otto):
        world.give(one, keeper)
    for draft in data.draw(st.lists(st.sampled_from(drafts(cast)), min_size=1, max_size=3), label="in force"):
        policies.enact(**draft)
    assert PolicyVersion.objects.exists()
    recompute(rules.standing(), at=clock.now())


def _open(cast: Cast, data: st.DataObject) -> None:
    actor = data.draw(st.sampled_from([cast.priya, cast.rosa, cast.jonas, cast.chiara, cast.otto]), label="actor")
    door = data.draw(st.sampled_from(DOORS), label="door")
    deed = door(data.draw, cast)
    before, could_on, handed = opened(cast), walks._could_give_on(actor), walks._handed_out(actor, door)
    try:
        with transaction.atomic():
            deed(actor)
        refused = False
    except (NotAllowed, Refused):
        refused = True
    gained = {gain for when, found in opened(cast).items() for gain in found - before[when]}
    assert not (refused and gained), f"{door.__name__} was refused, yet somebody gained {gained}"
    stolen = {gain for gain in gained if not could_on(*gain) and gain[1:] not in handed}
    assert not stolen, f"{actor.name} could not give {stolen}, yet {door.__name__} gave it"
