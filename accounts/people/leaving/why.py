"""What the steps of leaving read of the leaving itself: why, and who takes over."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from accounts.models import Leaving, Person
from cxaccess.lib.clock import last_day


def why(person: Person) -> str:
    """Return why they leave, which every end keeps."""
    found = _latest(person)
    return found.reason if found is not None else ""


def heir_of(person: Person, at: datetime) -> Person | None:
    """Return who takes over what they own: who was named, else the nearest manager above who is here; None: nobody."""
    found = _latest(person)
    named = found.heir if found is not None else None
    if named is not None and named.pk != person.pk and named.is_here(at):
        return named
    return manager_above(person, at)


def manager_above(person: Person, at: datetime) -> Person | None:
    """Return the nearest manager above who is here."""
    seen, above = {person.pk}, person.manager
    while above is not None and above.pk not in seen:
        if above.is_here(at):
            return above
        seen.add(above.pk)
        above = above.manager
    return None


def last_day_of(person: Person, leaves_at: datetime) -> date:
    """Return the last day that they were here, in the zone in which the moment was stated."""
    found = _latest(person)
    return last_day(leaves_at, ZoneInfo(found.time_zone if found is not None else person.time_zone))


def _latest(person: Person) -> Leaving | None:
    rows = Leaving.objects.filter(person=person, cancelled_at=None).select_related("heir__principal")
    return rows.order_by("-pk").first()
