"""A scratch instance with the demo company, timing, and what a figure is worth without: the environment."""

import gc
import json
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def scratch() -> Path:
    """Make an empty instance in a temporary folder and load the demo company into it. Must come before Django."""
    folder = Path(tempfile.mkdtemp(prefix="cxaccess-bench-"))
    os.environ |= {
        "CXACCESS_DATA": str(folder),
        "CXACCESS_SECRET_KEY": "bench-" + "0123456789" * 6,
        "CXACCESS_ENCRYPTION_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
        "CXACCESS_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "cxaccess.settings",
    }
    (folder / "static").mkdir()
    import django

    django.setup()
    from django.core.management import call_command

    from cxaccess.demo.loader import load
    from cxaccess.lib import clock

    call_command("migrate", verbosity=0)
    load(at=clock.now())
    return folder


def per_second(work: Callable[[], Any], times: int, rounds: int = 5) -> float:
    """Return how many of `times` pieces of `work` run in a second of processor time, the median of `rounds`."""
    return times / statistics.median(_seconds(work) for _ in range(rounds))


def milliseconds(work: Callable[[], Any], rounds: int = 20, warm: int = 3) -> float:
    """Return the median milliseconds of processor time of one `work`."""
    for _ in range(warm):
        work()
    return statistics.median(_seconds(work) for _ in range(rounds)) * 1000


def _seconds(work: Callable[[], Any]) -> float:
    """Return the processor's seconds, not the wall's: on a machine that others use, too, only these compare."""
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began


def wall(work: Callable[[], Any], rounds: int = 20) -> float:
    """Return the median milliseconds on the wall's clock."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return statistics.median(found) * 1000


def rival(what: str, facts: dict[str, Any], folder: Path) -> dict[str, float]:
    """Measure django-guardian and Django itself on the same facts, in a process of their own settings."""
    path = folder / "facts.json"
    path.write_text(json.dumps(facts))
    command = [sys.executable, "-m", "benchmarks.rival", what, str(path)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def close(folder: Path) -> None:
    """Say what it ran on, and clean up."""
    import django

    print()
    print(f"command      python -m benchmarks.{Path(sys.argv[0]).stem}")
    versions = f"Python {platform.python_version()}, Django {django.__version__}, SQLite {sqlite3.sqlite_version}"
    machine = f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}"
    print(f"environment  {versions}, {machine}")
    shutil.rmtree(folder, ignore_errors=True)


def table(title: str, rows: list[tuple[str, float]], unit: str, against: float) -> None:
    """Print figures and their ratio to `against`, the first row's."""
    print(title)
    for name, figure in rows:
        print(f"  {name:<58} {figure:>12,.1f} {unit}   x {figure / against:,.2f}")
