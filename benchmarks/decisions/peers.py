"""The peers' processes: started once, asked in turn, so that whatever else the machine does meets all."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.common import KEPT, ROOT

LOCK = ROOT / "benchmarks" / "peers.lock"


class Peer:
    """One process. `ask` has it do something and returns its seconds of processor time and what came out."""

    def __init__(self, command: Sequence[str]) -> None:
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.deeds = self._line()["ready"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)

    def ask(self, deed: str) -> tuple[float, Any]:
        """Return (seconds, result)."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(deed) + "\n")
        self.process.stdin.flush()
        answer = self._line()
        return float(answer["seconds"]), answer["result"]

    def _line(self) -> Mapping[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"A peer ended with {self.process.wait()}.")
        found: Mapping[str, Any] = json.loads(line)
        return found


def python() -> str:
    """Return the Python of the peers' own environment, made of `peers.lock` the first time."""
    folder = KEPT / f"peers-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    found = folder / "bin" / "python"
    if not (folder / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(found), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*install, "--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)], check=True)
        (folder / "made").touch()
    return str(found)


def started(name: str, path: Path) -> Peer:
    """Start a peer on what it is handed in `path`; guardian runs in our environment, on its own tables."""
    if name == "guardian":
        return Peer([sys.executable, "-m", "benchmarks.peers.by_guardian", str(path)])
    return Peer([python(), f"benchmarks/peers/by_{name}.py", str(path)])
