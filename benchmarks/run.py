"""Every measurement of the console, from the project's root:

    python benchmarks/run.py pages [--json] [--database sqlite|postgres] [--size demo|americas|large]
    python benchmarks/run.py api [--json] [--database sqlite|postgres]
    python benchmarks/run.py decisions [--json] [--size S|M|L]

The first two build an instance of their own and remove it, the third keeps what it builds. docs/benchmarks.md says what
the figures mean.
"""

import argparse
import sys
from importlib import import_module
from pathlib import Path

if __package__ is None:  # run as a file: the project's root is not on the path yet
    sys.path[0] = str(Path(__file__).resolve().parent.parent)


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(prog="benchmarks/run.py", description=__doc__.partition("\n")[0])
    kinds = parser.add_subparsers(dest="what", required=True)
    decisions = kinds.add_parser("decisions", help="decisions beside pycasbin, Cedar, django-guardian and plain SQL")
    decisions.add_argument("--json", action="store_true", help="print figures as JSON and nothing else")
    decisions.add_argument("--size", choices=("S", "M", "L"), default="M")
    decisions.add_argument("--rounds", type=int, default=7, help="how often everybody is asked")
    pages = kinds.add_parser("pages", help="the main pages over HTTP, beside a page that costs almost nothing")
    pages.add_argument("--json", action="store_true", help="print figures as JSON and nothing else")
    pages.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    pages.add_argument("--size", choices=("demo", "americas", "large"), default="demo")
    pages.add_argument("--matrix", type=Path, help="americas_small.csv itself; else one like it is made")
    pages.add_argument("--rounds", type=int, default=40, help="how often each page is asked for")
    api = kinds.add_parser("api", help="the decision API over HTTP, beside an empty view of the same server")
    api.add_argument("--json", action="store_true", help="print figures as JSON and nothing else")
    api.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    api.add_argument("--rounds", type=int, default=200, help="how often each kind of question is asked")
    options = parser.parse_args()
    import_module(f"benchmarks.{options.what}").main(options)


if __name__ == "__main__":
    main()
