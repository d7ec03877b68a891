"""What is asked: who, what, of which thing, in which moment. Half is allowed, a quarter stopped by policies."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Person
from benchmarks.decisions.drawn import COUNTRIES, PURPOSES
from permissions import facts, gate, places
from permissions.engine.combine import Context
from permissions.models import Action, PersonObjectGrant, Resource

ASKED, PEOPLE, POOL, TRIES = 2_000, 200, 4_000, 400_000
ADDRESSES = ("10.1.2.3", "192.168.7.7", "192.0.2.7", "fd00::7")


@dataclass(frozen=True)
class Question:
    """One question; `moment` is the number of a context."""

    person: int
    action: str
    thing: int
    moment: int
    allowed: bool


@dataclass
class Questions:
    """The same questions every time, with what is there of those whom and of what they are about."""

    at: datetime
    asked: list[Question]
    people: dict[int, Person]
    things: dict[int, Resource]
    targets: dict[int, Any]
    contexts: list[Context]


def contexts(rng: random.Random, at: datetime) -> list[Context]:
    """Return moments of asking; in each something may be unknown."""
    found = []
    for _ in range(16):
        known: dict[str, object] = {
            "context.at": at - timedelta(hours=rng.randrange(0, 200)),
            "context.managed_device": rng.random() < 0.7,
            "context.address": rng.choice(ADDRESSES),
            "context.country": rng.choice(COUNTRIES),
            "context.factor_minutes": rng.randrange(0, 300),
            "context.purpose": rng.choice(PURPOSES),
        }
        for key in list(known)[1:]:
            if rng.random() < 0.15:
                del known[key]
        found.append(Context(known))
    return found


def chosen(at: datetime, seed: int) -> Questions:
    """Return questions about people drawn at random and things drawn at random, or things given to them."""
    rng = random.Random(seed)
    ids = list(Person.objects.filter(state="active").order_by("pk").values_list("pk", flat=True))
    people = Person.objects.in_bulk(rng.sample(ids, min(PEOPLE, len(ids) - 20)))
    things = Resource.objects.select_related("type").in_bulk(sorted(_pool(rng, list(people), at)))
    actions: dict[str, list[str]] = {}
    for key, kind in Action.objects.filter(type__console=False).order_by("key").values_list("key", "type__key"):
        actions.setdefault(kind, []).append(key)
    found = Questions(at, [], people, things, dict(places.targets(list(things.values()), at)), contexts(rng, at))
    with facts.pinned():
        facts.prepare(people, at)
        found.asked = list(_half(_drawn(rng, found, actions), found))
    rng.shuffle(found.asked)
    return found


def batch(put: Questions, many: int) -> dict[int, Any]:
    """Return `many` things of the type that the first allowed question is about."""
    kind = next(one.action for one in put.asked if one.allowed).partition(".")[0]
    rows = Resource.objects.filter(type__key=kind).select_related("type").order_by("created_at")[:many]
    found = list(rows)
    put.things |= {row.pk: row for row in found}
    return places.targets(found, put.at)


def _pool(rng: random.Random, people: list[int], at: datetime) -> set[int]:
    every = list(Resource.objects.filter(object_kind=None).order_by("pk").values_list("pk", flat=True))
    given = PersonObjectGrant.objects.in_force(at).filter(user__in=people).order_by("pk")
    return {*rng.sample(every, min(POOL, len(every))), *given.values_list("content_object", flat=True)[:POOL]}


def _drawn(rng: random.Random, found: Questions, actions: dict[str, list[str]]) -> Iterator[tuple[int, str, int, int]]:
    """Yield questions to choose from: one in three about a thing that the person was given something on."""
    people, things = list(found.people), list(found.things)
    given = {pk: sorted(facts.snapshot(pk, found.at).subject.objects.keys() & found.things.keys()) for pk in people}
    for _ in range(TRIES):
        person = rng.choice(people)
        thing = rng.choice(given[person] if given[person] and rng.random() < 0.3 else things)
        action = rng.choice(actions[found.things[thing].type.key])
        yield person, action, thing, rng.randrange(len(found.contexts))


def _half(drawn: Iterator[tuple[int, str, int, int]], found: Questions) -> Iterator[Question]:
    """Yield ASKED questions, so many of each sort: allowed, stopped by a policy though granted, not granted."""
    wanted = {"allowed": ASKED // 2, "stopped": ASKED // 4, "not granted": ASKED // 4}
    seen = set()
    for one in drawn:
        person, action, thing, moment = one
        if not any(wanted.values()):
            return
        if one in seen:
            continue
        answer = gate.may(
            found.people[person], action, found.targets[thing], at=found.at, context=found.contexts[moment]
        )
        granted = _granted(person, action, found.targets[thing], found.at)
        sort = "allowed" if answer else "stopped" if granted else "not granted"
        if wanted[sort]:
            wanted[sort] -= 1
            seen.add(one)
            yield Question(person, action, thing, moment, answer)
    if any(wanted.values()):  # all were tried
        raise SystemExit(f"Too few questions of a sort: {wanted}")


def _granted(person: int, action: str, target: Any, at: datetime) -> bool:
    mine = facts.snapshot(person, at)
    return target.exists and (
        target.resource in mine.objects(action, at)
        or any(mine.model.covers(scope, target) for scope in mine.scopes(action, at))
    )
