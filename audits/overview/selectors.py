"""What the overview shows: everybody about themselves, and as much more as they lead, own or administer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership, Part, Person
from audits.models import Event
from audits.overview import steps
from audits.overview.counting import count, ends, of_desk, of_own
from audits.overview.desk import Concern, Desk, desk
from audits.overview.waiting import Owned, owned, waiting
from audits.trail.selectors import Stretch, stretch
from cxaccess.lib import statements
from cxaccess.lib.models import in_force
from permissions import gate
from permissions.grants.held import Holding, of_person
from permissions.objects.held import Things
from permissions.objects.held import of_person as things_of

SOON = timedelta(days=14)
RECENT = 8
SHOWN = 6
LED = 3  # teams that somebody leads which are shown
NOON, EVENING, NIGHT = 12, 18, 4
# Signing in is one's own doing; what others did to one's access is news.
OWN_DOING = Q(tag__startswith="sign_in.") | Q(tag__startswith="factor.") | Q(tag__startswith="access.")


@dataclass(frozen=True, slots=True)
class Own:
    """One person's own part: teams, what they hold riskiest first, what of it ends soon."""

    teams: list[Membership]
    held: list[Holding]
    more: int
    ending: list[Holding]
    things: Things

    @property
    def soon(self) -> int:
        """Return how many grants end soon, of roles and on single resources."""
        return len(self.ending) + len(self.things.ending)


@dataclass(frozen=True, slots=True)
class Page:
    """What concerns the reader. `recent` is what changed: everywhere for who may read the trail, else about them.

    `administers`: there is a desk for them as well, which the page asks for once it stands.
    """

    own: Own
    waiting: Sequence[Concern]
    owned: Owned
    administers: bool
    recent: Stretch
    reads_trail: bool


def page(reader: Person, *, at: datetime) -> Page:
    """Return what `reader` sees; however much there is, in the same number of queries."""
    teams = teams_of(reader, at=at)
    led = [team for one in teams if one.part == Part.LEAD and (team := getattr(one.principal, "team", None))][:LED]
    found = of_own(reader, led, at=at)
    desked = administers(reader, at=at)
    reads_trail = gate.shows_somewhere(reader, "trail.view", at=at)
    return Page(
        own(reader, teams, at=at, whole=not desked),
        waiting(reader, found, led, at=at),
        owned(reader, found, at=at),
        desked,
        _everywhere(reader, at) if reads_trail else _about(reader),
        reads_trail,
    )


def administers(reader: Person, *, at: datetime) -> bool:
    """Return whether `reader` sees enough of people or grants to be shown figures of them."""
    return any(gate.may_somewhere(reader, action, at=at) for action in ("person.view", "grant.view"))


def desk_of(reader: Person, *, at: datetime) -> tuple[Desk, list[steps.Step]]:
    """Return the figures for who administers, and what a new console still needs."""
    found = count({**of_desk(reader, at=at), **steps.rows(reader, at=at)})
    return desk(found, ends(reader, at=at), at=at), steps.steps(found)


def _everywhere(reader: Person, at: datetime) -> Stretch:
    news = Event.objects.exclude(tag__startswith="sign_in.").exclude(tag__startswith="api.")
    rows = gate.visible(reader, "trail.view", news, at=at)
    return stretch(rows, size=RECENT)


def _about(reader: Person) -> Stretch:
    return stretch(Event.objects.filter(about_person_id=reader.pk).exclude(OWN_DOING), size=RECENT)


def teams_of(person: Person, *, at: datetime) -> list[Membership]:
    """Return the memberships of `person` that are in force, by name."""
    found: list[Membership] = statements.rows("teams of one's own", _memberships, at=at, person=person.pk)
    return found


def _memberships(*, at: datetime, person: int) -> QuerySet[Membership]:
    rows = Membership.objects.filter(in_force(at), person=person).select_related("principal__team")
    return rows.only("part", "principal__label", "principal__team__principal").order_by("principal__label")


def own(person: Person, teams: list[Membership], *, at: datetime, whole: bool = True) -> Own:
    """Return what concerns `person`; unless it is the `whole` of it, only what ends soon."""
    until = None if whole else at + SOON
    held = [holding for holding in of_person(person, at, until=until) if holding.begun]
    ending = [one for one in held if one.grant.until is not None and one.grant.until <= at + SOON]
    return Own(
        teams=teams,
        held=held[:SHOWN],
        more=max(0, len(held) - SHOWN),
        ending=sorted(ending, key=lambda holding: (holding.grant.until or at, holding.grant.pk)),
        things=things_of(person, at, until=until),
    )


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
