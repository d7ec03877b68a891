"""Somebody at Kestrel Home who leaves soon."""

from datetime import timedelta

from accounts.models import Leaving, Person, PersonState
from audits.trail.tags import Tag
from cxaccess.demo.giving import KEPT
from cxaccess.demo.town import Town
from cxaccess.jobs.services import enqueue
from cxaccess.lib.clock import end_of_day

AHEAD = timedelta(days=12)


def leavers(town: Town) -> None:
    """Let the last of the staff with a manager and no part in the other stories leave, at the end of a day ahead."""
    there = [one for one in town.staff if one.team and one.claimed and not one.lead and one.state == PersonState.ACTIVE]
    person = next(one for one in reversed(there) if one.manager is not None and one.name not in KEPT and not one.moved)
    priya, asked_at = town.named("Priya Raman").person, town.at - timedelta(days=2)
    moment = end_of_day((town.at + AHEAD).date(), person.zone)
    leaving = Leaving.objects.create(
        person=person.person, leaves_at=moment, time_zone=person.zone, reason="Moves back to university",
        asked_by=priya, asked_at=asked_at,
    )  # fmt: skip
    person.person.leaves_at = moment
    Person.objects.filter(pk=person.person.pk).update(leaves_at=moment)
    enqueue("leaver.leave", slot=str(leaving.pk), at=moment, payload={"leaving": leaving.pk})
    details = {"leaving": leaving.pk, "leaves_at": moment.isoformat(), "reason": leaving.reason}
    told = {"obj": person.person, "about": person.person, "details": details}
    town.tell(Tag.LEAVING_SCHEDULED, actor=priya, at=asked_at, **told)
