"""What `bin/up` settles before Django starts: the port is free, the folder is ours, the secrets exist.

Each failure is one line on standard error and exit code 2. Django is not imported: its settings need the secrets.
"""

import argparse
import os
import secrets
import socket
import sys
from pathlib import Path

from cryptography.fernet import Fernet

SECRETS = "secrets.env"


class Unready(Exception):
    """The machine is not ready; the message is the one line to show."""


def main(argv: list[str] | None = None) -> int:
    """Prepare the data folder and return the exit code."""
    parser = argparse.ArgumentParser(prog="bin/up")
    parser.add_argument("--port", required=True)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--empty", action="store_true")
    options = parser.parse_args(argv)
    try:
        require_free(options.port)
        prepare(options.data, empty=options.empty)
    except Unready as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    return 0


def require_free(port: str) -> None:
    """Raise Unready unless `port` is a port number that nothing listens on."""
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
        raise Unready(f"--port is {port!r}; it must be a number between 1 and 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except PermissionError:
            raise Unready(f"Port {port} needs more rights than this user has; choose one above 1023.") from None
        except OSError:
            raise Unready(f"Port {port} is taken; choose another with --port.") from None


def prepare(data: Path, *, empty: bool) -> None:
    """Make the folder and, once, the secrets in it. Raises Unready."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in ("broker", "mail"):
            (data / folder).mkdir(exist_ok=True, mode=0o700)
        known = (data / SECRETS).exists()
        if not known:
            write_secrets(data / SECRETS, demo=not empty)
        if not os.access(data, os.W_OK | os.X_OK):
            raise PermissionError
        demo = "CXACCESS_DEMO=true" in (data / SECRETS).read_text()
    except OSError:
        raise Unready(f"The data folder {data} cannot be written; choose another with --data.") from None
    if known and empty and demo:
        raise Unready(f"{data} already holds the demo company; choose another folder with --data.")


def write_secrets(path: Path, *, demo: bool) -> None:
    """Write new secrets to `path`, readable by its owner alone; it appears whole or not at all."""
    lines = [
        "# Made once by bin/up. Whoever loses this file loses every second factor; back it up with the database.",
        f"CXACCESS_SECRET_KEY={secrets.token_urlsafe(64)}",
        f"CXACCESS_ENCRYPTION_KEYS={Fernet.generate_key().decode()}",
        f"CXACCESS_DEMO={str(demo).lower()}",
    ]
    half = path.with_suffix(".half")
    half.unlink(missing_ok=True)
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(lines) + "\n")
    half.replace(path)


if __name__ == "__main__":
    sys.exit(main())
