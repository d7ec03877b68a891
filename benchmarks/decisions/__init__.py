"""Decisions beside pycasbin, Cedar, django-guardian and hand-written SQL, on a CX organisation of three sizes.

    python benchmarks/run.py decisions --size S|M|L [--json]

Everybody answers the same questions, which a slow reference has answered first; everybody is asked in turn within one
run, in processor time. The organisation is built once and kept on this machine.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.common import close, kept, seconds
from benchmarks.decisions.peers import Peer, started
from benchmarks.decisions.sizes import SEED, SIZES

THINGS = 1_000  # asked about together, for one person
AHEAD = timedelta(hours=2)  # a moment more than a minute back is answered from history, and a run takes longer
Seconds = dict[str, list[float]]


def main(options: argparse.Namespace) -> None:
    """Build or open the organisation, measure, print."""
    size = SIZES[options.size]

    def fill() -> None:
        from benchmarks.decisions.organisation import Organisation
        from cxaccess.lib import clock

        Organisation(size, SEED, clock.now()).write()

    kept(f"decisions-{options.size}-{SEED}", fill)
    measured = Measured(options.rounds)
    measured.run()
    there = measured.there()
    found = {"size": options.size, **there, "ratios": measured.ratios(options.size), "agree": measured.agree}
    found |= {"milliseconds": {name: statistics.median(took) * 1000 for name, took in measured.took.items()}}
    found["memory_mb"] = _memory(options.size)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        _print(found)


class Measured:
    """Puts the questions to everybody and keeps how long each took."""

    def __init__(self, rounds: int) -> None:
        from benchmarks.decisions.ours import Ours
        from benchmarks.decisions.questions import batch, chosen
        from benchmarks.decisions.reference import Reference
        from cxaccess.lib import clock
        from permissions import facts

        self.rounds, self.took = rounds, defaultdict(list)
        self.put = chosen(clock.now() + AHEAD, SEED)
        with facts.pinned():
            self.things = batch(self.put, THINGS)
            self.ours = Ours(self.put, list(self.things.values()))
            self.reference = Reference(list(self.put.people), list(self.put.things), self.put.at)
            self.agree = self._agreed()

    def there(self) -> dict[str, Any]:
        from benchmarks.decisions.organisation import counted

        return {"there": counted(), "questions": len(self.put.asked)}

    def _agreed(self) -> dict[str, int]:
        """Return how many questions the slow reference was asked, too, and how often both agree."""
        said = [
            self.reference.decide(
                self.put.people[one.person], one.action, self.put.things[one.thing], self.put.at,
                dict(self.put.contexts[one.moment].known),
            )
            for one in self.put.asked
        ]  # fmt: skip
        agreed = sum(one.allowed == answer for one, answer in zip(self.put.asked, said, strict=True))
        if agreed != len(said):
            raise SystemExit(f"The slow reference agrees on {agreed} of {len(said)} questions.")
        return {"checked": agreed, "total": len(said)}

    def run(self) -> None:
        """Measure, with everybody in turn."""
        from benchmarks.decisions.grants import Laid
        from benchmarks.decisions.handed import handed
        from benchmarks.decisions.ours import without_policies
        from permissions import facts

        ours, handed_over = self.ours, {}
        with facts.pinned():
            handed_over["casbin"] = handed_over["cedar"] = handed(self.put, self.reference, ours)
            handed_over["guardian"] = Laid(self.put).handed(ours.points, ours.lists, ours.who, self.put)
            by_hand = ours.by_hand(self.reference)
        with tempfile.TemporaryDirectory(prefix="cxaccess-bench-") as folder, ExitStack() as stack:
            peers = {}
            for name, what in handed_over.items():
                path = Path(folder) / f"{name}.json"
                path.write_text(json.dumps(what))
                peers[name] = stack.enter_context(started(name, path))
            handed_over.clear()
            everything: list[tuple[str, Callable[[], Any], Any, list[tuple[Peer, str]]]] = [
                ("point", ours.point, facts.pinned, [(peers["casbin"], "point"), (peers["cedar"], "point")]),
                ("apart", ours.point, facts.pinned, [(peers["casbin"], "rows"), (peers["cedar"], "apart")]),
                ("one", ours.point, facts.pinned, [(peers["cedar"], "one")]),
                ("reasons", ours.reasons, facts.pinned, [(peers["casbin"], "reasons")]),
                ("many", ours.many, facts.pinned, [(peers["casbin"], "batch"), (peers["cedar"], "batch")]),
                ("cold", ours.cold, nullcontext, [(peers["guardian"], "cold")]),
                ("list", ours.listed, facts.pinned, []),
                ("granted", ours.granted, lambda: without_policies(ours), [(peers["guardian"], "list")]),
                ("who", ours.who_can, lambda: without_policies(ours), [(peers["guardian"], "who")]),
            ]
            for name, work, within, others in everything:
                for turn in range(self.rounds + 1):  # the first is to warm up, and to compare
                    with within():
                        work()
                        answer, took = seconds(work)
                    self._note(name, answer, took, turn)
                    if name == "list":
                        self._note("list by hand", *seconds(by_hand), turn)
                    for peer, deed in others:
                        if turn < 3 or deed not in ("rows", "apart", "list", "who"):
                            theirs, result = peer.ask(deed)
                            who = next(key for key, one in peers.items() if one is peer)
                            self._note(f"{name} {who}", result, theirs, turn)

    def _note(self, name: str, answer: Any, took: float, turn: int) -> None:
        if turn:
            self.took[name].append(took)
        else:
            self._compare(name, answer)

    def _compare(self, name: str, answer: Any) -> None:
        """Raise SystemExit where somebody says something else than we do, or than the reference."""
        what, _, who = name.partition(" ")
        if not who:
            self.answers = answer
            if what in ("point", "apart", "reasons"):
                self._same(name, answer, [one.allowed for one in self.put.asked][: len(answer)])
        elif what == "cold":
            people, things = self.put.people, self.put.things
            granted = [
                self.reference.may(people[one.person], one.action, things[one.thing], self.put.at)
                and self.put.targets[one.thing].exists
                for one in self.ours.points
            ]
            self._same(name, answer, granted)
        else:
            self._same(name, answer, self.answers[: len(answer)])

    def _same(self, name: str, answer: list[Any], expected: list[Any]) -> None:
        plain = [[list(one[0]), one[1]] if isinstance(one, list) else one for one in answer]
        if plain != expected:
            wrong = [n for n, (one, other) in enumerate(zip(plain, expected, strict=True)) if one != other]
            raise SystemExit(f"{name}: another answer to {len(wrong)} of {len(expected)}, the first number {wrong[0]}.")

    def each(self, name: str) -> float:
        """Return the median seconds of one answer."""
        counts = {
            "point": len(self.put.asked),
            "apart": len(self.put.asked),
            "one": len(self.put.asked),
            "reasons": 500,
            "many": THINGS,
        }
        counts |= {"cold": len(self.ours.points), "apart casbin": 300, "apart cedar": 300}
        return statistics.median(self.took[name]) / counts.get(name, counts.get(name.partition(" ")[0], 1))

    def ratios(self, size: str) -> dict[str, float | None]:
        """Return what is compared; of the list beside hand-written SQL, less is better."""
        each = self.each
        found: dict[str, float | None] = {
            "point_vs_pycasbin": each("point casbin") / each("point"),
            "point_vs_cedarpy": each("point cedar") / each("point"),
            "reasons_vs_pycasbin": each("reasons casbin") / each("reasons"),
            "cold_vs_guardian": each("cold guardian") / each("cold"),
            "batch1000_vs_pycasbin": each("many casbin") / each("many"),
            "list_vs_ideal_sql": each("list") / each("list by hand"),
            "list_vs_guardian": each("granted guardian") / each("granted"),
            "who_can_vs_guardian": each("who guardian") / each("who"),
        }
        found = {name: round(ratio, 2) for name, ratio in found.items() if ratio is not None}
        found["cost_m_to_l"] = _beside_m(size, each("point"), each("point casbin"))
        return found


def _beside_m(size: str, ours: float, casbin: float) -> float | None:
    """Return what a decision costs at L beside M, from the last run at M on this machine; None at other sizes."""
    from benchmarks.common import KEPT

    path = KEPT / "decisions-M-point.json"
    if size == "M":
        path.write_text(json.dumps(ours))
    if size != "L" or not path.exists():
        return None
    return round(ours / json.loads(path.read_text()), 2)


def _memory(size: str) -> float:
    with Peer([sys.executable, "-m", "benchmarks.decisions.memory", f"decisions-{size}-{SEED}"]) as peer:
        return float(peer.ask("memory")[1])


def _print(found: dict[str, Any]) -> None:
    print(", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in found["there"].items()))
    print(f"{found['questions']:,} questions, half of them allowed; {found['agree']} agree with the slow reference")
    for name, ratio in found["ratios"].items():
        print(f"  {name:<24} {'-' if ratio is None else ratio:>10}")
    print(f"  {'memory, MB':<24} {found['memory_mb']:>10}")
    for name, took in found["milliseconds"].items():
        print(f"  {name:<24} {took:>10.2f} ms")
    close()
