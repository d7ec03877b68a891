"""The file broker, mended: kombu's own lets a reader see a message that is still being written, and the worker dies.

A message appears whole, by a rename, and is taken by one reader, by another rename in the same folder's file system.
"""

import contextlib
import json
import uuid
from pathlib import Path
from queue import Empty
from time import time_ns
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem

SCHEME = "cxfiles"


class Channel(filesystem.Channel):
    """Messages as files called ``<time>_<id>.<queue>.msg``; the oldest comes first."""

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # as in its base
        folder = Path(self.data_folder_out)
        half = folder / f"{uuid.uuid4()}.half"
        half.write_text(json.dumps(payload))
        half.rename(folder / f"{time_ns()}_{half.stem}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        for file in sorted(Path(self.data_folder_in).glob(f"*.{queue}.msg")):
            taken = file.with_suffix(".taken")
            with contextlib.suppress(FileNotFoundError):  # another reader was first
                file.rename(taken)
                payload = json.loads(taken.read_text())
                taken.unlink()
                return payload
        raise Empty


class Transport(filesystem.Transport):
    """The file transport with that channel."""

    Channel = Channel


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
