"""Mail as files: the embedded way to send it, and the demo's way to read it."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage as Message
from email.policy import default
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

NEWEST = 100


def folder() -> Path:
    """Return the folder that holds the mail."""
    path: Path = settings.DATA_DIR / "mail"
    return path


class FileBackend(BaseEmailBackend):
    """Writes each mail to a file named after its Message-ID, so that a mail sent again stays one."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write `email_messages`; returns how many."""
        folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        for mail in email_messages:
            message = mail.message()
            name = hashlib.sha256(str(message["Message-ID"]).encode()).hexdigest()[:24]
            half = folder() / f"{name}.half"
            half.touch(mode=0o600)
            half.write_bytes(message.as_bytes())
            half.replace(folder() / f"{name}.eml")
        return len(email_messages)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, read. `key` names it in addresses; `at` is when it was written, in UTC."""

    key: str
    at: datetime
    to: str
    subject: str
    body: str


def newest() -> list[Mail]:
    """Return the newest mails, newest first."""
    files = sorted(folder().glob("*.eml"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    return [read(file) for file in files[:NEWEST]]


def find(key: str) -> Mail | None:
    """Return the mail called `key`, or None."""
    file = folder() / f"{key}.eml"
    return read(file) if re.fullmatch(r"[0-9a-f]{24}", key) and file.is_file() else None


def read(file: Path) -> Mail:
    """Return the mail in `file`."""
    message: Any = message_from_bytes(file.read_bytes(), _class=Message, policy=default)
    part = message.get_body(preferencelist=("plain",))
    return Mail(
        key=file.stem,
        at=datetime.fromtimestamp(file.stat().st_mtime, UTC),
        to=str(message["To"]),
        subject=str(message["Subject"]),
        body=part.get_content() if part else "",
    )
