"""Supervises two children that do nothing, for test_supervisor: ``python -m tests.cxaccess.children FOLDER``."""

import os
import subprocess
import sys
import time
from pathlib import Path

from cxaccess.lib import lifeline
from cxaccess.supervisor import Child, Supervisor


def note(folder: Path, name: str) -> None:
    with (folder / name).open("a") as file:
        file.write(f"{os.getpid()}\n")


def idle(folder: Path, name: str) -> None:
    """Be a child with a child of its own, as a server with its worker process is."""
    lifeline.hold_if_supervised()
    note(folder, name)
    subprocess.Popen([sys.executable, "-m", "tests.cxaccess.children", str(folder), f"{name}-below"])
    while True:
        time.sleep(1)


def below(folder: Path, name: str) -> None:
    lifeline.hold()
    note(folder, name)
    while True:
        time.sleep(1)


def main() -> None:
    folder = Path(sys.argv[1])
    if len(sys.argv) == 2:
        argv = [sys.executable, "-m", "tests.cxaccess.children", str(folder)]
        supervisor = Supervisor([Child("one", [*argv, "one"]), Child("two", [*argv, "two"])])
        sys.exit(supervisor.run())
    name = sys.argv[2]
    (below if name.endswith("-below") else idle)(folder, name)


if __name__ == "__main__":
    main()
