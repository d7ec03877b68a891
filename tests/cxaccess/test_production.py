"""The production set-up of docs/operator.md, on a real PostgreSQL: the owner migrates, another role runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from cxaccess.lib.crypto import new_key

ROOT = Path(__file__).resolve().parents[2]
ROLES = ("cxaccess_owner", "cxaccess")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.realdb, pytest.mark.slow]


@pytest.fixture
def server():
    """A database with the roles and grants that the manual says, and a way to run SQL in it as any role."""
    if connection.vendor != "postgresql":
        pytest.skip("production runs on PostgreSQL")
    import psycopg

    def sql(text, role="postgres", name="production"):
        host = os.environ["CXACCESS_TEST_POSTGRES"]
        with psycopg.connect(host=host, user=role, dbname=name, autocommit=True) as opened:
            cursor = opened.execute(text)
            return cursor.fetchall() if cursor.description else []

    manual = re.search(r"```sql\n(.*?)```", (ROOT / "docs/operator.md").read_text(), re.DOTALL).group(1)
    before, after = manual.replace("DATABASE cxaccess", "DATABASE production").split("\\c cxaccess")
    for statement in before.split(";"):
        if statement.strip():
            sql(statement, name="postgres")
    for statement in after.split(";"):
        if statement.strip():
            sql(statement)
    yield sql
    sql("DROP DATABASE production WITH (FORCE)", name="postgres")
    for role in ROLES:
        sql(f"DROP ROLE {role}", name="postgres")


@pytest.fixture
def manage(tmp_path):
    """Run manage.py, or any program, with production's settings."""

    def url(role):
        return f"postgres://{role}@/production"

    environment = {key: value for key, value in os.environ.items() if not key.startswith(("CXACCESS", "DJANGO"))} | {
        "CXACCESS_MODE": "production",
        "CXACCESS_URL": "https://access.example.com",
        "CXACCESS_SECRET_KEY": new_key() + new_key(),
        "CXACCESS_ENCRYPTION_KEYS": new_key(),
        "CXACCESS_EMAIL_URL": "smtp://localhost",
        "CXACCESS_DATA": str(tmp_path),
        "DATABASE_URL": url("cxaccess"),
        "REDIS_URL": os.environ.get("CXACCESS_TEST_REDIS", "redis://localhost"),
        "PGHOST": os.environ.get("CXACCESS_TEST_POSTGRES", "localhost"),
    }

    def run(*arguments, program=("manage.py",), **more):
        argv = [sys.executable, *program, *arguments]
        return subprocess.run(argv, cwd=ROOT, env=environment | more, capture_output=True, text=True, check=False)

    run.url = url
    return run


def load_web(manage, **more):
    return manage("-c", "import cxaccess.wsgi", program=(), **more)


def test_the_manual_makes_an_instance_whose_application_cannot_change_the_trail(server, manage):
    migrated = manage(
        "migrate", "--database", "owner", "--verbosity", "0", DATABASE_OWNER_URL=manage.url("cxaccess_owner")
    )
    assert migrated.returncode == 0, migrated.stderr
    checked = manage("check", "--deploy", "--database", "default", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr
    started = load_web(manage)
    assert started.returncode == 0, started.stderr
    assert server("SELECT count(*) FROM audits_event", role="cxaccess")
    for door in ("ALTER TABLE audits_event DISABLE TRIGGER USER", "TRUNCATE audits_event", "DROP TABLE audits_event"):
        with pytest.raises(Exception, match=r"must be owner|permission denied"):
            server(door, role="cxaccess")
    refused = load_web(manage, DATABASE_URL=manage.url("cxaccess_owner"))
    assert refused.returncode != 0
    assert "owns the trail's table" in refused.stderr


@pytest.mark.parametrize(
    "name", ["CXACCESS_SECRET_KEY", "CXACCESS_ENCRYPTION_KEYS", "CXACCESS_URL", "CXACCESS_EMAIL_URL"]
)
def test_a_missing_secret_stops_the_start_with_its_name(manage, name):
    refused = load_web(manage, **{name: ""})
    assert refused.returncode != 0
    assert f"{name} is not set" in refused.stderr


def test_no_database_and_no_redis_stop_the_start_too(manage):
    refused = load_web(manage, DATABASE_URL="", REDIS_URL="")
    assert refused.returncode != 0
    assert "DATABASE_URL" in refused.stderr
