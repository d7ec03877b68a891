"""Backups of an embedded instance: whole, private, and restored whole or not at all."""

import io
import json
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session as BrowserSession
from django.db import connection
from django.urls import reverse

from accounts.models import Session
from accounts.signin.operator import after_restore
from audits.models import Event
from cxaccess import backup
from cxaccess.bootstrap import SECRETS
from cxaccess.lib import clock
from cxaccess.lib.errors import Refused
from tests.cast import Cast
from tests.sessions import signed_in

pytestmark = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has its own tools")


@pytest.fixture
def instance(tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a database of one table and its secrets."""
    settings.DATA_DIR = tmp_path
    database = tmp_path / backup.DATABASE
    monkeypatch.setattr(backup, "_database", lambda: database)
    monkeypatch.setattr(backup, "_migrations", lambda: ["accounts.0001_initial"])
    monkeypatch.setattr(connection, "close", lambda: None)  # this test's own has another file
    write(database, "as it was")
    (tmp_path / SECRETS).write_text("CXACCESS_SECRET_KEY=first\n")
    return tmp_path


def write(database: Path, word: str) -> None:
    with closing(sqlite3.connect(database)) as opened:
        opened.executescript(f"PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS said (word TEXT);"
                             f"INSERT INTO said VALUES ('{word}')")  # fmt: skip


def words(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as opened:
        return [word for (word,) in opened.execute("SELECT word FROM said ORDER BY rowid")]


def backed_up(instance: Path) -> Path:
    target = instance / "monday.tar.gz"
    backup.write(target, at=clock.now())
    write(instance / backup.DATABASE, "changed since")
    (instance / SECRETS).write_text("CXACCESS_SECRET_KEY=second\n")
    return target


def test_what_was_backed_up_comes_back_and_what_was_there_is_kept(instance: Path) -> None:
    target = backed_up(instance)
    assert target.stat().st_mode & 0o777 == 0o600
    backup.restore(target)
    assert words(instance / backup.DATABASE) == ["as it was"]
    assert (instance / SECRETS).read_text() == "CXACCESS_SECRET_KEY=first\n"
    assert (instance / backup.DATABASE).stat().st_mode & 0o777 == 0o600
    assert words(instance / f"{backup.DATABASE}.before-restore") == ["as it was", "changed since"]


def test_a_backup_is_never_written_over(instance: Path) -> None:
    target = backed_up(instance)
    with pytest.raises(Refused, match="exists already"):
        backup.write(target, at=clock.now())


def test_while_the_console_runs_nothing_is_restored(instance: Path) -> None:
    target = backed_up(instance)
    with closing(sqlite3.connect(instance / backup.DATABASE)) as running:
        running.execute("SELECT * FROM said").fetchall()
        running.execute("BEGIN")
        running.execute("SELECT * FROM said").fetchone()
        with pytest.raises(Refused, match="is running"):
            backup.restore(target)
    assert words(instance / backup.DATABASE) == ["as it was", "changed since"]


def altered(source: Path, name: str, content: bytes) -> Path:
    """Return a copy of a backup in which one member is something else."""
    target = source.with_name("altered.tar.gz")
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for member in old.getmembers():
            held = content if member.name == name else old.extractfile(member).read()
            member.size = len(held)
            new.addfile(member, io.BytesIO(held))
    return target


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (backup.DATABASE, b"no database", "damaged"),
        (backup.MANIFEST, b"{", "damaged"),
        (backup.MANIFEST, json.dumps({"format": 2, "migrations": []}).encode(), "newer format"),
        (backup.MANIFEST, json.dumps({"format": 1, "migrations": ["accounts.9999_later"]}).encode(), "newer version"),
    ],
)
def test_a_damaged_or_foreign_backup_changes_nothing(instance: Path, name: str, content: bytes, said: str) -> None:
    target = altered(backed_up(instance), name, content)
    with pytest.raises(Refused, match=said):
        backup.restore(target)
    assert words(instance / backup.DATABASE) == ["as it was", "changed since"]


def test_a_file_that_is_no_backup_is_refused(instance: Path) -> None:
    (instance / "letter.txt").write_text("Dear colleague")
    with pytest.raises(Refused, match="no backup"):
        backup.restore(instance / "letter.txt")


def test_nobody_comes_in_by_a_session_of_the_past(cast: Cast) -> None:
    client = signed_in(cast.maya)
    assert after_restore(of="2026-03-02T08:00:00+00:00", at=clock.now()) == 1
    assert client.get(reverse("my-access")).status_code == 302
    assert not BrowserSession.objects.exists()
    assert not Session.objects.filter(ended_at=None).exists()
    assert Event.objects.get(tag="instance.restored").additional_data["sessions"] == 1
