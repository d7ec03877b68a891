"""A backup of an embedded instance: one file with the database, its secrets and what they belong to.

PostgreSQL has its own tools, which docs/operator.md names. Restoring puts everything in place or changes nothing, and
leaves no session of the past open.
"""

import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import django
from django.conf import settings
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from cxaccess.bootstrap import SECRETS
from cxaccess.lib.errors import Refused

DATABASE, MANIFEST = "cxaccess.sqlite3", "manifest.json"
FORMAT = 1
LONGEST = 64 * 1024 * 1024 * 1024  # bytes of a database that a restore takes


def write(target: Path, *, at: datetime) -> dict[str, Any]:
    """Write the backup to `target`, which must not exist; return its manifest. Safe while the console runs.

    Raises Refused.
    """
    _require_embedded()
    if target.exists():
        raise Refused(f"{target} exists already. Choose another name.")
    manifest = {"format": FORMAT, "at": at.isoformat(), "django": django.__version__, "migrations": _migrations()}
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        copy = Path(folder) / DATABASE
        with closing(sqlite3.connect(_database())) as source, closing(sqlite3.connect(copy)) as destination:
            source.backup(destination)
        (Path(folder) / MANIFEST).write_text(json.dumps(manifest, indent=1))
        half = Path(folder) / "half.tar.gz"
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            _pack(file, {MANIFEST: Path(folder) / MANIFEST, DATABASE: copy, SECRETS: settings.DATA_DIR / SECRETS})
        half.rename(target)
    return manifest


def restore(source: Path) -> dict[str, Any]:
    """Put the backup in place of what is there, which is kept beside it as ``.before-restore``; return its manifest.

    Nothing may run meanwhile. The caller ends the sessions that came along. Raises Refused.
    """
    _require_embedded()
    data = settings.DATA_DIR
    with tempfile.TemporaryDirectory(dir=data) as folder:
        manifest = _unpack(source, Path(folder))
        _require_known(manifest)
        _require_sound(Path(folder) / DATABASE)
        with _alone():
            _swap(Path(folder) / DATABASE, _database())
            _swap(Path(folder) / SECRETS, data / SECRETS)
    return manifest


def _require_embedded() -> None:
    if connection.vendor != "sqlite":
        raise Refused("This instance is on PostgreSQL: use pg_dump and pg_restore, as docs/operator.md says.")


def _database() -> Path:
    return Path(connection.settings_dict["NAME"])


def _migrations() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def _pack(file: IO[bytes], members: dict[str, Path]) -> None:
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, path in members.items():
            if path.exists():
                archive.add(path, arcname=name, recursive=False)


def _unpack(source: Path, folder: Path) -> dict[str, Any]:
    """Write the three known members into `folder`, nothing else, whatever names the archive holds."""
    try:
        with tarfile.open(source, mode="r:gz") as archive:
            for name in (MANIFEST, DATABASE, SECRETS):
                member = archive.getmember(name)
                content = archive.extractfile(member) if member.isfile() and member.size <= LONGEST else None
                if content is None:
                    raise Refused(f"{source} holds no usable {name}. Nothing was changed.")
                with os.fdopen(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    while chunk := content.read(1 << 20):
                        file.write(chunk)
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except (OSError, EOFError, tarfile.TarError, KeyError, ValueError) as error:
        raise Refused(f"{source} is no backup of CX Access, or is damaged ({error}). Nothing was changed.") from error
    return manifest


def _require_known(manifest: dict[str, Any]) -> None:
    if manifest.get("format") != FORMAT:
        raise Refused("The backup is of a newer format. Install the version that made it. Nothing was changed.")
    from django.db.migrations.loader import MigrationLoader

    here = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    foreign = sorted(set(manifest["migrations"]) - here)
    if foreign:
        raise Refused(f"The backup is of a newer version: {foreign[0]} is unknown here. Nothing was changed.")


def _require_sound(database: Path) -> None:
    try:
        with closing(sqlite3.connect(database)) as opened:
            found = opened.execute("PRAGMA quick_check").fetchone()
    except sqlite3.DatabaseError as error:
        raise Refused(f"The database in the backup is damaged ({error}). Nothing was changed.") from error
    if found != ("ok",):
        raise Refused(f"The database in the backup is damaged ({found[0]}). Nothing was changed.")


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the present database alone, with nothing of it left beside the file. Raises Refused while anything runs."""
    connection.close()
    path = _database()
    if not path.exists():
        yield
        return
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as held:
        try:
            # Leaving WAL takes being alone, and puts what stands beside the file into it.
            mode = held.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
            held.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            raise Refused("The console is running. Stop it first; nothing was changed.") from error
        except sqlite3.DatabaseError:
            mode = "delete"  # what is there is damaged, which may be why somebody restores
        if mode != "delete":
            raise Refused("The console is running. Stop it first; nothing was changed.")
        yield


def _swap(new: Path, old: Path) -> None:
    if old.exists():
        old.replace(old.with_name(f"{old.name}.before-restore"))
    new.replace(old)
