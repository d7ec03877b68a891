"""What the overview shows everybody about themselves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, Person
from audits.models import Event
from audits.trail.selectors import Stretch, stretch
from cxaccess.lib.models import in_force
from permissions import facts
from permissions.grants.held import Holding, held_by

SOON = timedelta(days=14)
RECENT = 6
SHOWN = 6
NOON, EVENING, NIGHT = 12, 18, 4
# Signing in is one's own doing; what others did to one's access is news.
OWN_DOING = Q(tag__startswith="sign_in.") | Q(tag__startswith="factor.") | Q(tag__startswith="access.")


@dataclass(frozen=True, slots=True)
class Own:
    """One person's own part: teams, what they hold riskiest first, what of it ends soon, what changed about them."""

    teams: list[Membership]
    held: list[Holding]
    more: int
    ending: list[Holding]
    recent: Stretch


def own(person: Person, *, at: datetime) -> Own:
    """Return what concerns `person`."""
    found = facts.snapshot(person.pk, at)
    reached = {person.principal_id}
    for membership in found.subject.memberships:
        if membership.window.covers(at):
            reached.update(found.model.chain(membership.principal))
    held = [holding for holding in held_by(reached, at) if holding.begun]
    teams = Membership.objects.filter(in_force(at), person=person).select_related("principal__team")
    about = Event.objects.filter(about_person_id=person.pk).exclude(OWN_DOING)
    return Own(
        teams=list(teams.order_by("principal__label")),
        held=held[:SHOWN],
        more=max(0, len(held) - SHOWN),
        ending=sorted(_ending(held, at), key=lambda holding: (holding.grant.until or at, holding.grant.pk)),
        recent=stretch(about, size=RECENT),
    )


def _ending(held: list[Holding], at: datetime) -> list[Holding]:
    return [holding for holding in held if holding.grant.until is not None and holding.grant.until <= at + SOON]


def greeting(person: Person, *, at: datetime) -> str:
    """Return how to greet `person` at this hour of theirs."""
    hour = timezone.localtime(at).hour
    name = first_name(person.name)
    if NIGHT <= hour < NOON:
        return _("Good morning, %(name)s") % {"name": name}
    if NOON <= hour < EVENING:
        return _("Good afternoon, %(name)s") % {"name": name}
    return _("Good evening, %(name)s") % {"name": name}


def first_name(name: str) -> str:
    """Return the first word of a name that is no title.

    >>> first_name("Dr. Maximilian von Hohenstein"), first_name("Dr.")
    ('Maximilian', 'Dr.')
    """
    words = name.split()
    return next((word for word in words if not word.endswith(".")), name)
