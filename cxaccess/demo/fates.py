"""What happened to some of the staff: who left, is away, moved, has not begun, was suspended."""

from datetime import timedelta
from random import Random

from accounts.models import PersonState
from cxaccess.demo.company import TEAMS
from cxaccess.demo.main_people import MAIN
from cxaccess.demo.plan import KNOWN, LEADS, Clock, Hire, countries

NAMED = (
    {person.name for person in MAIN}
    | {name for name, _country in LEADS.values()}
    | {name for known in KNOWN.values() for name, _country in known}
)
LEFT, AWAY, MOVED, STARTING, SUSPENDED = 14, 7, 12, 4, 1


def befall(rng: Random, clock: Clock, staff: list[Hire]) -> None:
    """Let things happen to the staff, in place."""
    plain = [one for one in staff if one.team and not one.lead and one.name not in NAMED]
    settled = [one for one in plain if one.since < clock.at - timedelta(days=300)]
    chosen = rng.sample(settled, LEFT + AWAY + MOVED + SUSPENDED)
    for one in chosen[:LEFT]:
        one.state, one.gone = PersonState.LEFT, clock.ago(rng.randint(6, 280))
    for one in chosen[LEFT : LEFT + AWAY]:
        one.state, one.gone = PersonState.LEAVE, clock.ago(rng.randint(3, 120))
    for one in chosen[LEFT + AWAY : LEFT + AWAY + MOVED]:
        _move(rng, clock, one)
    for one in [chosen[-1], next(one for one in staff if one.name == "Sofia Lindqvist")]:
        one.state, one.gone = PersonState.SUSPENDED, clock.ago(rng.randint(9, 40))
    rest = [one for one in plain if one not in chosen]
    for one in rng.sample(rest, STARTING):
        one.state, one.claimed = PersonState.PREHIRE, False
        one.since, one.known = clock.ahead(rng.randint(4, 30)), clock.ago(rng.randint(1, 9))


def _move(rng: Random, clock: Clock, one: Hire) -> None:
    """Say where somebody was before they came to the team they are in now."""
    now = next(row for row in TEAMS if row.code == one.team)
    others = [row for row in TEAMS if row.lead and row.code not in (now.code, "access", "audit") and row.size > 5]
    before = rng.choice([row for row in others if row.region != now.region])
    one.moved = clock.ago(rng.randint(40, 260))
    one.moved_from = (rng.choice(countries(before.region)), before.department, before.code)
