"""Who is told of a leaving: the manager, and whoever takes something over. One notice for each, whatever it is."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from accounts.models import Leaving, Person
from accounts.people.leaving.why import heir_of, manager_above
from cxaccess.jobs.notices import notify
from cxaccess.lifecycle import Ended

NAMED = 50  # things that one notice names


def of_schedule(leaving: Leaving, person: Person, at: datetime) -> None:
    """Tell the manager and who takes over that somebody leaves, and when."""
    told = {one.pk for one in (manager_above(person, at), heir_of(person, at)) if one is not None}
    facts = {"name": person.name, "whom": person.pk, "leaves_at": leaving.leaves_at.isoformat()}
    for pk in sorted(told - {leaving.asked_by_id}):
        notify(pk, "leaving_scheduled", facts=facts, once=f"leaving-scheduled:{leaving.pk}:{pk}", at=at)


def of_leaving(leaving: Leaving, person: Person, ended: Iterable[Ended], at: datetime) -> None:
    """Tell the manager that somebody has left, and each who has something of theirs now what that is."""
    lines = list(ended)
    gone = Counter(one.kind for one in lines)
    passed: dict[int, list[str]] = {}
    for one in lines:
        if one.to is not None:
            passed.setdefault(one.to, []).append(one.label if one.kind != "report" else "")
    manager = manager_above(person, at)
    whom = set(passed) | ({manager.pk} if manager is not None else set())
    for pk in sorted(whom):
        mine = passed.get(pk, [])
        facts = {
            "name": person.name,
            "whom": person.pk,
            "things": sorted(label for label in mine if label)[:NAMED],
            "more": max(0, len(mine) - mine.count("") - NAMED),
            "reports": mine.count(""),
            "tokens": gone["token"],
            "vacant": sum(one.vacant for one in lines),
        }
        notify(pk, "leaving_done", facts=facts, once=f"leaving-done:{leaving.pk}:{pk}", at=at)
