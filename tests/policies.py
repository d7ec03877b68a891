"""Policies for tests: straight into the tables (`enact`), and drawn at random for a random organisation.

A drawn condition names rows by number, modulo how many there are; `written` puts their ids in.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from accounts.models import Person, PersonDimension
from cxaccess.jobs import stamps
from permissions.models import Policy, PolicyState, PolicyVersion, Resource
from permissions.policies.schema import whole
from tests import world
from tests.organisation import ACTIONS, NOON, Organisation, day

LONG_AGO = world.LONG_AGO
few = st.integers(0, 3)
LEAVES = (
    ("subject.region", "within", "region"), ("subject.region", "equals", "region 1"),
    ("subject.department", "one_of", "departments"), ("subject.title", "starts_with", "Senior"),
    ("subject.title", "is_missing", None), ("subject.clearance", "at_least", 3), ("subject.clearance", "is_set", None),
    ("subject.territories", "within", "region"), ("subject.territories", "contains_all", "regions"),
    ("subject.teams", "contains_any", "teams"), ("subject.state", "equals", "active"),
    ("resource.region", "within", "region"), ("resource.region", "within", "@subject.region"),
    ("resource.region", "within", "@subject.territories"), ("resource.region", "one_of", "@subject.territories"),
    ("resource.region", "equals", "@subject.region"), ("resource.region", "is_set", None),
    ("resource.department", "equals", "@subject.department"), ("resource.teams", "shares_any", "@subject.teams"),
    ("resource.teams", "within", "@subject.teams"), ("resource.teams", "subset_of", "teams"),
    ("resource.teams", "is_missing", None), ("resource.sensitivity", "at_most", "@subject.clearance"),
    ("resource.sensitivity", "one_of", [1, 4]), ("resource.owner", "equals", "@subject.person"),
    ("resource.owner", "is_missing", None), ("resource.channel", "starts_with", "m"),
    ("resource.created_at", "before", "2024-06-01T00:00:00+00:00"),
    ("context.managed_device", "equals", True), ("context.address", "network", ["10.0.0.0/8", "fd00::/8"]),
    ("context.address", "is_set", None), ("context.at", "after", "2026-06-15T06:00:00+00:00"),
    ("context.at", "weekday", {"days": [1, 2, 3], "zone": "Europe/Berlin"}),
    ("context.at", "hours", {"from": "22:00", "until": "13:30", "zone": "Asia/Kolkata"}),
)  # fmt: skip
leaf = st.tuples(st.sampled_from(LEAVES), few)
conditions = st.recursive(
    leaf,
    lambda part: st.one_of(
        part.map(lambda inner: ("not", inner)),
        st.tuples(st.sampled_from(["all", "any"]), st.lists(part, min_size=1, max_size=3)),
    ),
    max_leaves=4,
)
named = st.sets(st.sampled_from(ACTIONS), min_size=1, max_size=4).map(sorted)
# Roles are named only by what allows: ending a grant never opens anything.
drawn = st.one_of(
    st.tuples(st.just("allow"), named, st.none() | st.tuples(st.sampled_from(["roles", "teams"]), few), conditions),
    st.tuples(st.sampled_from(["block", "only"]), named, st.none() | st.tuples(st.just("teams"), few), conditions),
)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "context.managed_device": st.sampled_from([True, False, None, "yes"]),
        "context.address": st.sampled_from(["10.1.2.3", "192.0.2.7", "fd00::7", "nowhere", ""]),
    },
)
# How somebody and something are: (title, clearance, territory or none), (sensitivity, owner or none, channel).
people = st.lists(
    st.tuples(
        st.sampled_from(["", "Senior analyst", "Agent"]), st.none() | st.integers(1, 4), st.none() | few,
        st.sampled_from([(-3, None), (-3, 1), (1, None)]),
    ), min_size=4, max_size=4,
)  # fmt: skip
things = st.lists(
    st.tuples(st.integers(1, 4), st.none() | few, st.sampled_from(["", "mail", "web"])), min_size=4, max_size=4
)


def shape(org: Organisation, how: Sequence[Any], what: Sequence[Any]) -> None:
    """Give the people and things of `org` the attributes that policies read."""
    for person, (title, clearance, territory, (start, end)) in zip(org.people, how, strict=False):
        Person.objects.filter(pk=person.pk).update(title=title, clearance=clearance)
        if territory is not None:
            PersonDimension.objects.create(
                person=person, node=_at(org.places["region"], territory), starts_at=day(start),
                until=None if end is None else day(end),
            )  # fmt: skip
        person.refresh_from_db()
    for thing, (sensitivity, owner, channel) in zip(org.resources, what, strict=False):
        to = None if owner is None else _at(org.people, owner)
        Resource.objects.filter(pk=thing.pk).update(sensitivity=sensitivity, owner=to, channel=channel)
        thing.refresh_from_db()
    world._changed(stamps.MODEL)


def _at(rows: Sequence[Any], number: int) -> Any:
    return rows[number % len(rows)]


def written(org: Organisation, condition: Any) -> dict[str, Any]:
    """Return a drawn condition as JSON with the ids of `org`."""
    if condition[0] == "not":
        return {"not": written(org, condition[1])}
    if condition[0] in ("all", "any"):
        return {condition[0]: [written(org, part) for part in condition[1]]}
    (attribute, operator, right), number = condition
    found: dict[str, Any] = {"attribute": attribute, "operator": operator}
    if right is None:
        return found
    if isinstance(right, str) and right.startswith("@"):
        return found | {"other": right[1:]}
    rows = {"region": "region", "region 1": "region", "regions": "region", "departments": "department", "teams": "team"}
    if isinstance(right, str) and right in rows:
        pk = _at(org.places[rows[right]], number).pk
        return found | {"value": pk if right == "region 1" else [pk]}
    return found | {"value": right}


def enact(
    effect: str,
    *,
    permissions: Sequence[str] = (),
    types: Sequence[str] = (),
    condition: Any = None,
    obligations: Sequence[Mapping[str, Any]] = (),
    stage: str | None = "enforced",
    since: datetime = LONG_AGO,
    until: datetime | None = None,
    name: str = "",
    **to: Sequence[int],
) -> PolicyVersion:
    """Put a policy into the tables, in force unless `stage` is None."""
    number = Policy.objects.count() + 1
    policy = Policy.objects.create(name=name or f"Policy {number}", purpose="To be tested", created_at=LONG_AGO)
    targets = {"permissions": list(permissions), "types": list(types), **{key: list(ids) for key, ids in to.items()}}
    version = PolicyVersion.objects.create(
        policy=policy, number=1, effect=effect, targets=targets, condition=condition, obligations=list(obligations),
        at=LONG_AGO,
    )  # fmt: skip
    policy.current = version
    policy.save(update_fields=["current"])
    if stage:
        PolicyState.objects.create(policy=policy, version=version, stage=stage, starts_at=since, until=until)
    world._changed(stamps.MODEL)
    return version


def enact_drawn(org: Organisation, rows: Sequence[Any], stage: str = "enforced") -> list[PolicyVersion]:
    """Put drawn policies into the tables."""
    made = []
    for effect, permissions, to, condition in rows:
        who: dict[str, list[int]] = {}
        if to is not None:
            kind, number = to
            who = {kind: [_at(org.roles if kind == "roles" else org.teams, number).pk]}
        found = written(org, condition)
        made.append(enact(effect, permissions=permissions, condition=found, stage=stage, **who))
    return made


__all__ = ["NOON", "conditions", "contexts", "drawn", "enact", "enact_drawn", "people", "shape", "things", "whole"]
