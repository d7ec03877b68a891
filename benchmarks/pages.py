"""How long the main pages take over HTTP, beside the floor: the same frame around fifty rows of one table.

    python benchmarks/run.py pages

One process serves both, as the embedded console does. Each page is asked for in turn with the floor just before it, so
that whatever else the machine does meets both; a page's figure is compared with the floors asked for beside it. Then
everything is there ten times, and the queries are counted again.
"""

import argparse
import json
import statistics
from dataclasses import dataclass, field
from typing import Any

from benchmarks.common import close, scratch

READER = "Priya Raman"  # administers everything, so sees the most
FLOOR = "/floor/"
WARM = 3


@dataclass
class Measured:
    """What one page took, asked for many times, and the floors between."""

    name: str
    took: list[float] = field(default_factory=list)
    floors: list[float] = field(default_factory=list)
    queries: int = 0
    queries_10x: int | None = None

    def summary(self) -> dict[str, Any]:
        p50 = statistics.median(self.took)
        return {
            "name": self.name,
            "p50_ms": round(p50, 1),
            "p95_ms": round(statistics.quantiles(self.took, n=20)[-1], 1),
            "queries": self.queries,
            "queries_10x": self.queries_10x,
            "vs_floor": round(p50 / statistics.median(self.floors), 2),
        }


def main(options: argparse.Namespace) -> None:
    """Build, measure, print."""
    scratch(options.database)
    from accounts.models import Person
    from benchmarks import copies, organisation
    from benchmarks.main_pages import main_pages
    from benchmarks.server import Reader, running
    from tests.sessions import signed_in

    there = organisation.fill(options.size, options.matrix)
    session = signed_in(Person.objects.get(name=READER)).cookies["sessionid"].value
    measured = {address: Measured(name) for name, address in main_pages()}
    with running() as port:
        reader = Reader(port, session)
        for _ in range(options.rounds):
            _round(reader, measured)
        if options.size != "large":
            copies.tenfold()
            _count_again(Reader(port, session), measured)  # the server has closed the connection that slept
    found = {address: page.summary() for address, page in measured.items()}
    floors = [took for page in measured.values() for took in page.floors]
    if options.json:
        print(json.dumps({"pages": found, "floor_ms": round(statistics.median(floors), 1)}, indent=2))
    else:
        _print(found, floors, there)


def _round(reader: Any, measured: dict[str, Measured]) -> None:
    for address, page in measured.items():
        if not page.took:
            for _ in range(WARM):
                _asked(reader, address)
        page.floors.append(_asked(reader, FLOOR).milliseconds)
        answer = _asked(reader, address)
        page.took.append(answer.milliseconds)
        page.queries = answer.queries


def _count_again(reader: Any, measured: dict[str, Measured]) -> None:
    for address, page in measured.items():
        _asked(reader, address)  # the first reads anew what everybody's decisions share
        page.queries_10x = _asked(reader, address).queries


def _asked(reader: Any, address: str) -> Any:
    """Ask for a page. Raises SystemExit where it is not one."""
    answer = reader.get(address)
    if answer.status != 200:
        raise SystemExit(f"{address} answers {answer.status}")
    return answer


def _print(found: dict[str, dict[str, Any]], floors: list[float], there: str) -> None:
    print(f"{there}; milliseconds on the wall's clock, read by {READER}")
    print(f"  {'':<28} {'p50':>8} {'p95':>8} {'x floor':>8} {'queries':>8} {'at 10x':>7}")
    print(f"  {'floor':<28} {statistics.median(floors):>8.1f} {statistics.quantiles(floors, n=20)[-1]:>8.1f} {1:>8.2f}")
    for page in found.values():
        again = "" if page["queries_10x"] is None else page["queries_10x"]
        print(
            f"  {page['name']:<28} {page['p50_ms']:>8.1f} {page['p95_ms']:>8.1f} {page['vs_floor']:>8.2f}"
            f" {page['queries']:>8} {again:>7}"
        )
    close()
