"""Files at rest, sealed piece by piece, so that they are written and read as a stream.

Each piece is a Fernet token that carries the file's name, its own place and whether it is the last: a piece that was
swapped, left out or cut off is noticed.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from cryptography.fernet import InvalidToken

from cxaccess.lib.crypto import CannotUnseal, box

PIECE = 512 * 1024
LENGTH = 4


def seal_to(path: Path, chunks: Iterable[bytes], keys: Sequence[str]) -> int:
    """Write `chunks` to `path`, sealed under the first of `keys`; return how many bytes they were. Raises BadKey."""
    key, size, place, held = box(keys), 0, 0, b""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    with path.open("wb") as file:
        for chunk in chunks:
            held += chunk
            size += len(chunk)
            while len(held) > PIECE:
                piece, held = held[:PIECE], held[PIECE:]
                _write(file, key.encrypt(_label(path.name, place, last=False) + piece))
                place += 1
        _write(file, key.encrypt(_label(path.name, place, last=True) + held))
    return size


def unseal_from(path: Path, keys: Sequence[str]) -> Iterator[bytes]:
    """Yield what `seal_to` wrote to `path`. Raises CannotUnseal, BadKey, FileNotFoundError."""
    key, place = box(keys), 0
    with path.open("rb") as file:
        while True:
            length = int.from_bytes(file.read(LENGTH), "big")
            try:
                piece = key.decrypt(file.read(length))
            except InvalidToken:
                raise CannotUnseal("The file cannot be unsealed: it was changed, or its key is gone.") from None
            label, _end, content = piece.partition(b"\n")
            last = label + b"\n" == _label(path.name, place, last=True)
            if not last and label + b"\n" != _label(path.name, place, last=False):
                raise CannotUnseal("The pieces of the file are not in their order.")
            yield content
            if last:
                return
            place += 1


def _label(name: str, place: int, *, last: bool) -> bytes:
    return f"{name}:{place}:{'last' if last else 'more'}\n".encode()


def _write(file: BinaryIO, token: bytes) -> None:
    file.write(len(token).to_bytes(LENGTH, "big") + token)
