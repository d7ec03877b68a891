"""Who gains and who loses by a policy: what is worked out for everybody at once is what asking one by one would say."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Person, Team
from cxaccess.lib import clock
from permissions import facts, places
from permissions.engine import allows
from permissions.models import AttributeDefinition, Entity, Policy, PolicyVersion, Resource, Role
from permissions.policies import trial
from permissions.policies.consequences import Consequences, lines
from permissions.policies.shift import Shift
from tests import policies, world
from tests.cast import Cast
from tests.organisation import NOON, plans
from tests.permissions.test_engine_properties import examples, town
from tests.policies import enact

pytestmark = [pytest.mark.django_db, pytest.mark.realdb]
TABLES = {"person": Person, "team": Team, "role": Role}


def rows_of(type_: str) -> list[Any]:
    if type_ in TABLES:
        return list(TABLES[type_].objects.all())
    return list(Resource.objects.filter(type__key=type_, archived_at=None).select_related("type"))


def one_by_one(found: Consequences) -> Iterator[Shift]:
    """Yield what happens of what has a list, asking the engine about each person, permission and thing by itself."""
    change = found.change
    for person, action in product(Person.objects.order_by("pk"), change.rules):
        subject, type_ = trial.subject_of(person, at=found.at), action.partition(".")[0]
        if type_ == "grant":
            continue
        rows = rows_of(type_)
        targets = places.targets(rows, found.at)
        open_ = [
            {pk for pk, target in targets.items() if allows(model, subject, action, target, found.at, change.context)}
            for model in (change.before, change.after)
        ]
        gained, lost = len(open_[1] - open_[0]), len(open_[0] - open_[1])
        if gained or lost:
            yield Shift(person.pk, action, len(open_[0]), len(open_[1]), gained, lost)


def by_key(shifts: Any) -> Mapping[tuple[int, str], Shift]:
    return {(shift.person, shift.action): shift for shift in shifts}


@given(plan=plans, how=policies.people, what=policies.things, ruled=st.lists(policies.drawn, min_size=2, max_size=3),
       moment=policies.contexts, retires=st.booleans())  # fmt: skip
@examples(8, 60)
def test_all_at_once_is_what_asking_one_by_one_says(plan, how, what, ruled, moment, retires) -> None:
    with town(plan) as org:
        policies.shape(org, how, what)
        *_others, old, new = policies.enact_drawn(org, ruled)
        new.states.all().delete()
        PolicyVersion.objects.filter(pk=new.pk).update(policy=old.policy, number=2)
        new.refresh_from_db()
        world._changed(0)
        with facts.pinned():
            found = Consequences(old.policy, None if retires else new, moment, NOON)
            told = by_key(found.shifts)
            listed = {key: shift for key, shift in told.items() if not shift.action.startswith("grant.")}
            assert listed == by_key(one_by_one(found))
            for shift in (told[key] for key in told.keys() - listed.keys()):
                subject = trial.subject_of(Person.objects.get(pk=shift.person), at=NOON)
                models = (found.change.before, found.change.after)
                there = [trial.somewhere(one, subject, shift.action, found.change.context, at=NOON) for one in models]
                assert [shift.before > 0, shift.after > 0] == there


def told(cast: Cast, version: PolicyVersion | None, policy: Policy | None = None, **known: object) -> dict[str, object]:
    """Return {name and permission: held before and after} of everybody who gains or loses."""
    moment = {f"context.{key}": value for key, value in known.items()}
    found = Consequences(policy or version.policy, version, moment, clock.now())  # type: ignore[union-attr, arg-type]
    names = dict(Person.objects.values_list("pk", "name"))
    return {f"{names[one.person]}: {one.action}": (one.before, one.after) for one in found.shifts}


OWN = {"attribute": "resource.region", "operator": "within", "other": "subject.region"}


def test_a_limit_takes_away_what_lies_elsewhere(cast: Cast) -> None:
    world.give(cast.maya, cast.feedback_reader)
    version = enact("only", types=["feedback"], condition=OWN, stage=None)
    # Jonas is of DACH and keeps what lies in Germany; Maya is of Germany and loses what lies in MENA.
    assert told(cast, version) == {"Maya Okafor: feedback.view": (2, 1)}
    block = enact("block", permissions=["feedback.view"], condition=None, stage=None)
    assert told(cast, block) == {
        "Maya Okafor: feedback.view": (2, 0), "Maya Okafor: feedback.export": (1, 0),
        "Jonas Weber: feedback.view": (1, 0), "Jonas Weber: feedback.export": (1, 0),
    }  # fmt: skip


def test_retiring_gives_back_what_was_closed(cast: Cast) -> None:
    version = enact("block", types=["feedback"], condition=None)
    assert told(cast, None, version.policy)["Maya Okafor: feedback.view"] == (0, 1)
    assert told(cast, None, enact("block", types=["feedback"], condition=None, stage=None).policy) == {}


def test_what_allows_opens_also_to_whoever_holds_nothing(cast: Cast) -> None:
    mine = {"attribute": "subject.title", "operator": "equals", "value": "CX researcher"}
    version = enact("allow", permissions=["feedback.view"], condition=mine, stage=None)
    assert told(cast, version) == {"Chiara Bellini: feedback.view": (0, 2)}


def test_the_moment_that_is_assumed_decides(cast: Cast) -> None:
    managed = {"attribute": "context.managed_device", "operator": "equals", "value": True}
    version = enact("only", types=["feedback"], condition=managed, stage=None)
    assert told(cast, version, managed_device=True) == {}
    assert "Maya Okafor: feedback.view" in told(cast, version)


def test_rights_on_single_things_count_once(cast: Cast) -> None:
    world.give_on(cast.ali, "feedback.view", cast.mena_reviews)
    world.give_on(cast.maya, "feedback.view", cast.german_reviews)  # which her team's role gives her, too
    version = enact("block", permissions=["feedback.view"], condition=None, stage=None)
    found = told(cast, version)
    assert (found["Ali Haddad: feedback.view"], found["Maya Okafor: feedback.view"]) == ((1, 0), (1, 0))


def test_what_has_no_list_is_told_as_somewhere_and_everywhere(cast: Cast) -> None:
    version = enact("block", permissions=["grant.end"], condition=None, stage=None)
    assert told(cast, version) == {"Priya Raman: grant.end": (2, 0), "Rosa Lind: grant.end": (1, 0)}


def test_permissions_that_the_same_people_lose_are_one_line(cast: Cast) -> None:
    version = enact("block", permissions=["feedback.view"], condition=None, stage=None)
    found = Consequences(version.policy, version, {}, clock.now())
    assert [(line.gains, line.actions, line.people) for line in lines(found.shifts)] == [
        (False, ("feedback.export", "feedback.view"), 2)
    ]


def test_it_asks_as_much_however_many_people_there_are(cast: Cast) -> None:
    version = enact("only", types=["feedback"], condition=OWN, stage=None)

    def asked() -> int:
        with facts.pinned(), CaptureQueriesContext(connection) as queries:
            assert Consequences(version.policy, version, {}, clock.now()).shifts is not None
        return len(queries)

    few = asked()
    for number in range(30):
        world.join(world.person(f"Reader {number}", region=cast.dach), cast.insights_dach)
    assert asked() == few
    assert few <= 40


def test_own_attributes_of_resources_tell_them_apart(cast: Cast) -> None:
    made = {"entity": Entity.RESOURCE, "name": "brand", "label": "Brand", "type": "text", "created_at": clock.now()}
    AttributeDefinition.objects.create(**made)
    world.give(cast.maya, cast.feedback_reader)
    for thing, brand in ((cast.german_reviews, {"brand": "Kestrel"}), (cast.mena_reviews, {"brand": "Merlin"})):
        Resource.objects.filter(pk=thing.pk).update(custom=brand)
    kestrel = {"attribute": "resource.custom.brand", "operator": "equals", "value": "Kestrel"}
    version = enact("only", permissions=["feedback.view"], condition=kestrel, stage=None)
    assert told(cast, version)["Maya Okafor: feedback.view"] == (2, 1)
