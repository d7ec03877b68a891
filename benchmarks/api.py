"""How long the decision API takes over HTTP, beside an empty view of the same server.

    python benchmarks/run.py api

One process serves both, as the embedded console does. The survey tool of the demo company asks about people it knows
and feedback that is registered, so answers come of grants through teams, groups and scopes. Before each question the
empty view gets the very same body, so that whatever else the machine does meets both.
"""

import argparse
import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import Any

from benchmarks.common import close, scratch

BATCH = 50
WARM = 5
AIMS = {"evaluation": 4, "evaluations": 8}
Json = dict[str, Any]


@dataclass
class Kind:
    """One kind of question: where it is asked, what is sent time after time, what it took, the empty views between."""

    name: str
    endpoint: str
    bodies: Iterator[bytes]
    took: list[float] = field(default_factory=list)
    empty: list[float] = field(default_factory=list)
    queries: int = 0

    def summary(self) -> Json:
        p50 = statistics.median(self.took)
        return {
            "p50_ms": round(p50, 2),
            "p95_ms": round(statistics.quantiles(self.took, n=20)[-1], 2),
            "queries": self.queries,
            "vs_empty": round(p50 / statistics.median(self.empty), 2),
            "aim": AIMS[self.endpoint],
        }


def main(options: argparse.Namespace) -> None:
    """Build, measure, print."""
    scratch(options.database)
    from benchmarks.server import Caller, running
    from cxaccess.demo.connected import TOKEN

    kinds = list(_kinds())
    with running() as port:
        caller = Caller(port, TOKEN)
        for kind in kinds:
            for _ in range(WARM):
                _ask(caller, kind)
            kind.took.clear()
            kind.empty.clear()
        for _ in range(options.rounds):
            for kind in kinds:
                _ask(caller, kind)
    found = {kind.name: kind.summary() for kind in kinds}
    empty = [took for kind in kinds for took in kind.empty]
    if options.json:
        print(json.dumps({"api": found, "empty_ms": round(statistics.median(empty), 2)}, indent=2))
    else:
        _print(found, empty)


def _kinds() -> Iterator[Kind]:
    """Yield what is measured. What is refused is written down before it is answered; what is allowed is not."""
    yes, no = _questions()
    yield Kind("one evaluation, allowed", "evaluation", cycle(map(_sent, yes)))
    yield Kind("one evaluation, refused", "evaluation", cycle(map(_sent, no)))
    yield Kind(f"a batch of {BATCH}, allowed", "evaluations", _batches(yes))
    yield Kind(f"a batch of {BATCH}, half refused", "evaluations", _batches(_in_turn(yes, no)))


def _questions() -> tuple[list[Json], list[Json]]:
    """Return questions that are allowed, and questions that are refused: many people, many resources."""
    from accounts.models import Person
    from cxaccess.lib import clock
    from permissions import gate
    from permissions.models import Resource

    at, found = clock.now(), ([], [])
    people = Person.objects.filter(state="active", department__code__in=["analytics", "insights"])
    things = Resource.objects.filter(type__key="feedback", system="kestrel-cx").select_related("type").order_by("pk")
    for number, person in enumerate(people.order_by("pk")):
        for thing in things[number % 3 :: 3]:
            allowed = gate.may(person, "feedback.view", thing, at=at)
            found[0 if allowed else 1].append(
                {
                    "subject": {"type": "user", "id": person.email},
                    "action": {"name": "view"},
                    "resource": {"type": "feedback", "id": thing.external_id},
                    "context": {"managed_device": True, "ip_address": "192.0.2.7"},
                }
            )
    return found


def _in_turn(one: list[Json], other: list[Json]) -> list[Json]:
    return [each for both in zip(one, other, strict=False) for each in both]


def _batches(rows: list[Json]) -> Iterator[bytes]:
    questions = cycle(rows)
    while True:
        yield _sent({"evaluations": list(islice(questions, BATCH))})


def _sent(body: Json) -> bytes:
    return json.dumps(body).encode()


def _ask(caller: Any, kind: Kind) -> None:
    """Send one body to the empty view, then where it belongs. Raises SystemExit where it is not answered."""
    body = next(kind.bodies)
    kind.empty.append(caller.post("/-/empty/", body).milliseconds)
    answer = caller.post(f"/access/v1/{kind.endpoint}", body)
    if answer.status != 200:
        raise SystemExit(f"{kind.endpoint} answers {answer.status}")
    kind.took.append(answer.milliseconds)
    kind.queries = answer.queries


def _print(found: dict[str, Json], empty: list[float]) -> None:
    print("milliseconds on the wall's clock, asked by one connected system of the demo company")
    print(f"  {'':<32} {'p50':>8} {'p95':>8} {'x empty':>8} {'aim':>5} {'queries':>8}")
    print(
        f"  {'empty view':<32} {statistics.median(empty):>8.2f} {statistics.quantiles(empty, n=20)[-1]:>8.2f} {1:>8.2f}"
    )
    for name, row in found.items():
        print(
            f"  {name:<32} {row['p50_ms']:>8.2f} {row['p95_ms']:>8.2f} {row['vs_empty']:>8.2f} {row['aim']:>5}"
            f" {row['queries']:>8}"
        )
    close()
