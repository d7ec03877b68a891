"""A child that must not outlive its supervisor: killed at once by the kernel on Linux, by a watch elsewhere."""

import ctypes
import os
import signal
import sys
import threading
import time

SUPERVISOR = "CXACCESS_SUPERVISOR"  # the process id that a supervised child expects as its parent
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def hold(expected_parent: int | None = None) -> None:
    """Tie this process to its parent: once that is gone, however it went, this one is killed.

    `expected_parent` closes the gap in which the parent died before this ran. A kill and not a request:
    work is rows with leases (`cxaccess.jobs`), so nothing is lost, while a polite end could take minutes.
    """
    parent = os.getppid()
    if expected_parent is not None and parent != expected_parent:
        os.kill(os.getpid(), signal.SIGKILL)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True, name="lifeline").start()


def hold_if_supervised() -> None:
    """Tie this process to the supervisor that started it; do nothing where none did."""
    if SUPERVISOR in os.environ:
        hold(int(os.environ[SUPERVISOR]))


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
