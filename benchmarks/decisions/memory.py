"""How much memory the engine takes: the shared model, and as many people's facts as a process keeps, all just asked."""

import sys
from pathlib import Path

from benchmarks.common import kept

kept(sys.argv[1], lambda: None)

from accounts.models import Person  # noqa: E402 - Django must be set up first
from benchmarks.peers.speaking import serve  # noqa: E402
from cxaccess.lib import clock  # noqa: E402
from permissions import facts  # noqa: E402
from permissions.models import Action  # noqa: E402

ACTIONS = 5  # that each of them is asked


def resident() -> float:
    """Return the resident memory of this process, in MB (Linux)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1024


def memory() -> float:
    at = clock.now()
    people = list(
        Person.objects.filter(state="active").order_by("pk").values_list("pk", flat=True)[: facts.KEPT_PEOPLE]
    )
    actions = list(Action.objects.filter(type__console=False).order_by("key").values_list("key", flat=True))
    before = resident()
    for number, person in enumerate(people):
        found = facts.snapshot(person, at)
        for action in [actions[(number + n) % len(actions)] for n in range(ACTIONS)]:
            found.standing(action, at)
    return round(resident() - before, 1)


serve({"memory": memory})
