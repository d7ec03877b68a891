"""A committed change is honoured by the next answer of another process, however it is asked: none is ever stale.

One process changes what decisions are made of, at random and through the use cases; another one answers, and keeps
between answers what a web process or a worker keeps between requests. After each change it is asked about several
people. What it says is compared with what the oracles of the tests read out of the tables at that very moment.
"""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from accounts.models import Person
from cxaccess.lib import clock
from permissions.models import Resource
from tests import integrations
from tests.cast import Cast
from tests.permissions.changing import ACTIONS, Changes, drawn
from tests.policy_oracle import PolicyOracle
from tests.served import ROOT, Started

FULL = bool(os.environ.get("CXACCESS_FULL"))
# 50,000 answers, each the first about somebody after a change; or 300.
PARTS, CHANGES, ASKED, CROWD = (10, 200, 25, 25) if FULL else (1, 30, 10, 10)
AT_ONCE, ONE_BY_ONE = ("listed", "many", "batch"), ("may", "explained", "django", "single")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb, pytest.mark.slow]


class Decider:
    """The process that decides."""

    def __init__(self, token: str, *more: str) -> None:
        command = [sys.executable, "-m", "tests.permissions.asking_worker", token, *more]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=Started().environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            process_group=0, text=True,
        )  # fmt: skip

    def ask(self, **question: Any) -> list[bool]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the process that decides is gone"
        return json.loads(answer)


@contextmanager
def deciding(*more: str) -> Iterator[Decider]:
    found = Decider(integrations.token(integrations.integration()), *more)
    try:
        yield found
    finally:
        found.process.kill()
        found.process.communicate(timeout=20)


@dataclass
class Seen:
    """What came out: how many answers, which were stale, and that both a yes and a no came often."""

    answers: int = 0
    said: Counter[bool] = field(default_factory=Counter)
    flips: int = 0
    stale: list[str] = field(default_factory=list)


def run(changes: Changes, decider: Decider) -> Seen:
    """Change and ask, change and ask, until an answer is stale.

    Nobody is asked about twice between two changes, so each answer is the first about them after the change.
    """
    seen, before = Seen(), dict[tuple[int, str, int], bool]()
    for number in range(CHANGES):
        change = changes.one()  # committed
        at, oracle = clock.now(), PolicyOracle()
        rows = {row.pk: row for row in oracle.people}
        every = list(Resource.objects.select_related("type").filter(pk__in=[row.pk for row in changes.things]))
        every.sort(key=lambda row: row.pk)
        for person, action in asked(changes):
            how = changes.chance.choice(AT_ONCE + ONE_BY_ONE)
            things = [changes.chance.choice(every)] if how in ONE_BY_ONE else every
            wanted = [oracle.decide(rows[person.pk], action, thing, at, {}) for thing in things]
            ids = [thing.pk for thing in things]
            for pk, is_so in zip(ids, wanted, strict=True):
                seen.flips += before.get((person.pk, action, pk), is_so) is not is_so
                before[person.pk, action, pk] = is_so
            said = decider.ask(how=how, person=person.pk, action=action, things=ids, at=at.isoformat())
            seen.answers += 1
            seen.said.update(said)
            if said != wanted:
                seen.stale.append(f"{number} {change}: {person.name} {action} by {how}: {said}, not {wanted}")
        if seen.stale:
            break
    return seen


def asked(changes: Changes) -> list[tuple[Person, str]]:
    return [(person, changes.chance.choice(ACTIONS)) for person in changes.chance.sample(changes.people, ASKED)]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_answer_after_a_committed_change_is_stale(cast: Cast, part: int) -> None:
    seed = int.from_bytes(os.urandom(4), "big")
    changes = drawn(cast, seed, crowd=CROWD)
    with deciding() as decider:
        seen = run(changes, decider)
    told = f"seed {seed}: {seen.said}, {seen.flips} flips, {dict(changes.done)}"
    assert not seen.stale, f"{told}\n" + "\n".join(seen.stale)
    assert seen.answers == CHANGES * ASKED
    assert min(seen.said[True], seen.said[False]) > seen.answers / 10, told
    assert seen.flips > CHANGES / 10, told  # else nobody could tell a stale answer


def test_a_process_that_does_not_look_at_stamps_is_found_out(cast: Cast) -> None:
    with deciding("--blind") as decider:
        seen = run(drawn(cast, 7, crowd=CROWD), decider)
    assert seen.stale
