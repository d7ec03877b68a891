"""Whatever door somebody opens, nobody gains what they could not give. Doors, people and places are drawn at random.

Gaining is measured by the engine, before and after: a scope in which a person newly holds a permission, and a place
they newly reach within a scope they held before (trees moved under it). Each such scope must be one in which the
actor could give, and pass on giving where that is what was gained. A refused door must change nothing.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.models import Node, Person, Team
from cxaccess.jobs import stamps
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from permissions import facts, giving, history
from permissions.engine import Scope, Target, allows, scopes_for
from permissions.guards import NotAllowed
from permissions.models import Resource, Role
from permissions.objects import brought
from permissions.places import target, targets
from tests import cast as people
from tests import world
from tests.birthrights import draft, gift, in_force, titled
from tests.cast import Cast
from tests.permissions.giving_doors import (
    ARCHIVE,
    BY_ATTRIBUTE,
    DOORS,
    JOINING,
    LEAVING,
    ON_THINGS,
    RETURNING,
    Door,
)

FULL = bool(os.environ.get("CXACCESS_FULL"))
EXAMPLES = 100 if FULL else 12
WATCHED = ("feedback.view", "feedback.export", "report.edit", "ticket.reply", "person.view", "team.manage_members",
           "role.give", "role.give_onward")  # fmt: skip
IN_THINGS = ("feedback.view", "feedback.export", "feedback.delete")
pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@dataclass(frozen=True)
class Snapshot:
    """What everybody holds: scopes by (person, permission), and which places they reach with it."""

    scopes: dict[tuple[int, str], frozenset[Scope]]
    reach: dict[tuple[int, str], frozenset[int]]
    things: dict[tuple[int, str], frozenset[int]]  # resources, by object grants
    opened: dict[tuple[int, str], frozenset[int]]  # resources of the platform, whatever opens them


def taken(at: Any) -> Snapshot:
    scopes, reach, things, opened = {}, {}, {}, {}
    platform = targets(list(Resource.objects.filter(object_kind=None).select_related("type")), at)
    regions = list(Node.objects.filter(kind="region").values_list("pk", flat=True))
    for pk in Person.objects.order_by("pk").values_list("pk", flat=True):
        found = facts.snapshot(pk, at)
        for action in WATCHED:
            scopes[pk, action] = scopes_for(found.model, found.subject, action, at)
            there = {r: Target(action.partition(".")[0], None, {"region": frozenset({r})}) for r in regions}
            reach[pk, action] = frozenset(
                region for region, target in there.items() if allows(found.model, found.subject, action, target, at)
            )
        for action in ON_THINGS:
            things[pk, action] = found.objects(action, at)
        for action in IN_THINGS:
            opened[pk, action] = frozenset(
                thing for thing, there in platform.items() if allows(found.model, found.subject, action, there, at)
            )
    return Snapshot(scopes, reach, things, opened)


def gains_on_things(before: Snapshot, after: Snapshot) -> set[tuple[int, str, int]]:
    """Return the (person, permission, resource) that anybody newly has by object grants."""
    return _newly(before.things, after.things)


def gains_in_things(before: Snapshot, after: Snapshot) -> set[tuple[int, str, int]]:
    """Return the (person, permission, resource) that anybody newly has on what it holds, by whatever grants."""
    return _newly(before.opened, after.opened)


def _newly(before: dict[tuple[int, str], frozenset[int]], after: dict[tuple[int, str], frozenset[int]]) -> set[Any]:
    return {
        (person, action, thing)
        for (person, action), held in after.items()
        for thing in held - before.get((person, action), frozenset())
    }


def gains(before: Snapshot, after: Snapshot) -> set[tuple[str, Scope]]:
    """Return the (permission, scope) in which anybody holds more than before."""
    new = {
        (action, scope)
        for key, held in after.scopes.items()
        for scope in held - before.scopes.get(key, frozenset())
        for action in key[1:]
    }
    for (person, action), places in after.reach.items():
        if places - before.reach.get((person, action), frozenset()):
            wider = {scope for scope in after.scopes[person, action] if scope.terms}
            new |= {
                (action, scope)
                for scope in wider
                if _is_reason(scope, places - before.reach.get((person, action), frozenset()))
            }
    return new


def _is_reason(scope: Scope, places: frozenset[int]) -> bool:
    model = facts.model(clock.now())
    return any(model.covers(scope, Target("", None, {"region": frozenset({place})})) for place in places)


def _groups(cast: Cast) -> None:
    """Make groups by rule and by hand that hold something, and let rosa and chiara edit groups."""
    titled = {"attribute": "subject.title", "operator": "equals", "value": "Incident lead"}
    ranged = {"attribute": "subject.territories", "operator": "within", "value": [cast.dach.pk]}
    for name, rule, role in (
        ("Leads", titled, cast.administrator), ("Ranged", ranged, cast.analyst), ("Pilot", None, cast.people_reader),
    ):  # fmt: skip
        group = world.group(name, rule, region=cast.emea)
        world.give(group, role, **({"region": cast.mena} if role is cast.analyst else {}))
    world.give(cast.chiara, world.role("Group editor", {"group.edit", "group.manage_members"}))


def _birthrights(cast: Cast) -> None:
    """Have rules in force that give by title, here and there, and one that is a draft; let chiara and rosa enforce."""
    for name, title, gives in (
        ("Clerks", "Clerk", [gift(cast.analyst, "region"), gift(cast.care_dach)]),
        ("Incident leads", "Incident lead", [gift(cast.administrator, region=cast.dach), gift(cast.insights_dach)]),
    ):
        in_force(cast.priya, titled(title), gives, name)
    draft(cast.priya, titled("Clerk"), [gift(cast.people_reader)], "A draft")
    for who in (cast.chiara, cast.rosa):
        world.give(who, world.role(f"Rules of {who.name}", {"birthright.enforce", "birthright.edit"}))


@pytest.fixture
def town(db: None) -> Cast:
    """The cast, with people whose rights are odd on purpose, and grants to teams and of short life."""
    cast = people.build()
    _groups(cast)
    _birthrights(cast)
    world.give(cast.chiara, world.role("Role editor", {"role.edit", "role.create", "structure.edit", "team.edit"}))
    world.give(cast.chiara, cast.regional_admin, region=cast.dach)
    world.give(
        cast.otto, world.role("People keeper", {"team.manage_members", "team.edit", "person.suspend", "grant.end"})
    )
    world.give(cast.care_emea, cast.agent, region=cast.emea)
    world.give(cast.care_dach, cast.team_lead, region=cast.dach, until=world.soon(days=10))
    world.give(cast.maya, cast.feedback_reader, team=cast.care_dach)
    _older_times(cast)
    world.give(cast.chiara, world.role("Registrar", {"resource.edit", "resource.archive"}))
    for place in (cast.germany, cast.mena, cast.world_):
        old = world.resource("Old reviews", "feedback", region=place, archived_at=world.LONG_AGO)
        world.give_on(cast.ali, "feedback.delete", old)
    world.give_on(cast.jonas, "resource.give", cast.german_reviews)
    world.give_on(cast.otto, "team.manage_members", cast.care_dach.resource)
    world.give_on(cast.maya, "feedback.export", cast.mena_reviews, until=world.soon(days=5))
    world.give_on(cast.care_dach, "feedback.delete", cast.mena_reviews)
    _owners(cast)
    return cast


def _owners(cast: Cast) -> None:
    """Let those who may leave own something, and two let people leave: one who may give nothing, one in EMEA."""
    for thing, owner in ((cast.german_reviews, cast.maya), (cast.mena_reviews, cast.ali)):
        Resource.objects.filter(pk=thing.pk).update(owner=owner)
    brought.sync(at=clock.now())
    offboarder = world.role("Offboarder", {"person.offboard", "person.view", "person.create"})
    world.give(cast.otto, offboarder)
    world.give(cast.rosa, offboarder, region=cast.emea)


def _older_times(cast: Cast) -> None:
    """Give roles versions to go back to, and one that is retired while a role that is held includes it."""
    world.reversion(cast.agent, {"ticket.reply"})
    world.reversion(cast.feedback_reader, {"feedback.view", "role.give"})
    world.reversion(cast.feedback_reader, {"feedback.view"})
    inner = world.role("Retired exporter", {"feedback.export", "report.edit"})
    world.give(cast.ali, world.role("Reopened first", {"survey.view"}, [inner]), region=cast.mena)
    Role.objects.filter(pk=inner.pk).update(retired_at=clock.now())
    with transaction.atomic():
        stamps.bump(stamps.MODEL)
    world.give(cast.otto, world.role("Role keeper", {"role.edit", "role.retire"}))


QUICK = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@given(data=st.data())
@settings(max_examples=EXAMPLES, deadline=None, derandomize=not FULL, suppress_health_check=QUICK)
def test_nobody_gains_what_the_actor_could_not_give(town: Cast, data: st.DataObject) -> None:
    _walk(town, data)


@given(data=st.data())
@settings(max_examples=EXAMPLES // 2, deadline=None, derandomize=not FULL, suppress_health_check=QUICK)
def test_nobody_brings_back_what_the_actor_could_not_give(town: Cast, data: st.DataObject) -> None:
    """The doors of what was archived are few among many, so they are drawn by themselves as well."""
    _walk(town, data, ARCHIVE)


@given(data=st.data())
@settings(max_examples=EXAMPLES // 2, deadline=None, derandomize=not FULL, suppress_health_check=QUICK)
def test_nobody_gains_by_a_leaving_or_a_return_what_the_actor_could_not_give(town: Cast, data: st.DataObject) -> None:
    """What a leaver owned goes to others, and who comes back meets the rules of groups."""
    _walk(town, data, LEAVING)


@given(data=st.data())
@settings(max_examples=EXAMPLES, deadline=None, derandomize=not FULL, suppress_health_check=QUICK)
def test_nobody_gives_by_a_rule_what_they_could_not_give(town: Cast, data: st.DataObject) -> None:
    """The doors of birthright rules, by themselves as well: a rule in force, and what it reads."""
    _walk(town, data, BY_ATTRIBUTE)


def test_a_door_that_does_not_ask_is_found_out(town: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The property has teeth: with the giving rule taken out of every door, somebody gains what they must not."""
    monkeypatch.setattr(giving, "require_give_actions", lambda *_args, **_kwargs: None)

    @given(data=st.data())
    @settings(
        max_examples=60, deadline=None, derandomize=True, phases=[Phase.generate], suppress_health_check=QUICK
    )  # fmt: skip
    def walk(data: st.DataObject) -> None:
        _walk(town, data)

    with pytest.raises(AssertionError, match="could not give"):
        walk()


def _walk(town: Cast, data: st.DataObject, doors: tuple[Door, ...] = DOORS) -> None:
    """Open up to three doors, one after the other, and look after each."""
    with transaction.atomic():
        try:
            _open_doors(town, data, doors)
        finally:
            transaction.set_rollback(True)
            facts.kept.clear()


def _open_doors(town: Cast, data: st.DataObject, doors: tuple[Door, ...]) -> None:
    actors = [town.priya, town.rosa, town.jonas, town.chiara, town.otto]
    before = taken(clock.now())
    for _ in range(data.draw(st.integers(1, 3), label="doors")):
        actor = data.draw(st.sampled_from(actors), label="actor")
        door = data.draw(st.sampled_from(doors), label="door")
        deed = door(data.draw, town)
        could, could_on, handed = _could_give(actor), _could_give_on(actor), _handed_out(actor, door)
        refused = _do(deed, actor)
        after = taken(clock.now() + timedelta(milliseconds=1))
        found = gains(before, after)
        assert not (refused and found), f"{door.__name__} was refused, yet somebody gained {found}"
        on_things = gains_on_things(before, after)
        assert not (refused and on_things), f"{door.__name__} was refused, yet somebody gained {on_things}"
        taken_on = {gain for gain in on_things if not could_on(*gain) and gain[1:] not in handed}
        assert not taken_on, f"{actor.name} could not give {taken_on}, yet {door.__name__} gave it"
        if door in RETURNING:
            inside = gains_in_things(before, after)
            assert not (refused and inside), f"{door.__name__} was refused, yet somebody gained {inside}"
            returned = {gain for gain in inside if not could_on(*gain)}
            assert not returned, f"{actor.name} could not give {returned}, yet {door.__name__} gave it"
        stolen = {gain for gain in found if not could(*gain) and gain not in handed}
        assert not stolen, f"{actor.name} could not give {stolen}, yet {door.__name__} gave it"
        before = after


def _could_give(actor: Person) -> Callable[[str, Scope], bool]:
    """Return what says whether the actor may give a permission within a scope, as they stood before the deed."""
    at = clock.now()
    found = facts.snapshot(actor.pk, at)

    def could(action: str, scope: Scope) -> bool:
        there = Target("role", None, {dimension: frozenset({ref}) for dimension, ref in scope.terms})
        needed = [giving.GIVE, *([giving.GIVE_ONWARD] if action in (giving.GIVE, giving.GIVE_ONWARD) else [])]
        return all(allows(found.model, found.subject, need, there, at) for need in needed)

    return could


def _could_give_on(actor: Person) -> Callable[[int, str, int], bool]:
    """Return what says whether the actor may give on a resource: as who gives where it lies, or as who shares it."""
    at = clock.now()
    found = facts.snapshot(actor.pk, at)
    shared = found.objects("resource.give", at)

    def could(_person: int, action: str, thing: int) -> bool:
        row = Resource.objects.select_related("type").get(pk=thing)
        there = replace(target(row, at, as_type="role"), id=None, resource=None)
        own = action.partition(".")[0] == row.type.key and row.object_kind is None
        return allows(found.model, found.subject, giving.GIVE, there, at) or (own and thing in shared)

    return could


def _handed_out(actor: Person, door: Door) -> set[tuple[str, Scope | int]]:
    """Return what the teams hold whose members the actor keeps by a grant on the team; never the right to give.

    Whoever made them keeper could give all of it. Nothing but the doors of membership hands it out.
    """
    at = clock.now()
    if door not in JOINING:
        return set()
    found = facts.snapshot(actor.pk, at)
    kept = Team.objects.filter(resource__in=found.objects("team.manage_members", at))
    chains = {above for team in kept for above in found.model.chain(team.principal_id)}
    held = giving.gains_of(chains, at=at)
    scopes = history.scopes({scope for _role, scope in held.roles})
    by_role = {(action, scopes[scope]) for role, scope in held.roles for action in found.model.holding.get(role, ())}
    on_one = {
        (action, thing) for key, thing in held.objects for action, keys in found.model.implied_by.items() if key in keys
    }
    return {gain for gain in by_role | on_one if gain[0] not in (giving.GIVE, giving.GIVE_ONWARD)}


def _do(deed: Any, actor: Person) -> bool:
    """Do it; return whether it was refused."""
    try:
        with transaction.atomic():
            deed(actor)
    except (NotAllowed, Refused):
        return True
    return False
