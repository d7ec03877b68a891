"""What the overview shows who administers: figures that each lead to a list, and where to look first.

Every figure is counted over what the gate lets the reader see, so a regional administrator reads those of the region.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext_lazy

from accounts.integrations.listing import ENDING, UNOWNED, UNUSED
from accounts.models import PersonState
from accounts.people.selectors import NO_FACTOR
from audits.overview.counting import UNUSED_ON, Counted, week_ago
from cxaccess.lib.listing import Count
from cxaccess.lib.models import Risk
from permissions.objects.rows import COLLECTIVES, PEOPLE

MANY = 10
SATURDAY = 5
FILLS = {Risk.LOW: "2", Risk.MEDIUM: "1", Risk.HIGH: "warn", Risk.CRITICAL: "bad"}
STATE_FILLS = {
    PersonState.ACTIVE: "ok", PersonState.PREHIRE: "1", PersonState.LEAVE: "warn", PersonState.SUSPENDED: "bad",
    PersonState.LEFT: "2",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figure:
    """A key figure: of what, how many, compared with what, and the list behind it."""

    label: str
    count: Count
    note: str
    url: str


@dataclass(frozen=True, slots=True)
class Concern:
    """Something to look at: a sentence with its count, how grave, the list behind it."""

    text: str
    count: Count
    note: str
    tone: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the strip and how many grants end on it."""

    day: date
    count: int
    tone: str
    weekend: bool
    url: str


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a picture, and the list of it."""

    label: str
    count: Count
    fill: str
    url: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole in parts. It is drawn only where every part was counted to its end; the list of parts always stands."""

    shares: Sequence[Share]
    finding: str

    @property
    def total(self) -> int:
        """Return the whole."""
        return sum(share.count.value for share in self.shares)

    @property
    def exact(self) -> bool:
        """Return whether the parts may be compared."""
        return self.total > 0 and not any(share.count.capped for share in self.shares)

    @property
    def parts(self) -> list[tuple[str, int, str]]:
        """Return the parts as pictures take them."""
        return [(share.label, share.count.value, share.fill) for share in self.shares]


@dataclass(frozen=True, slots=True)
class Desk:
    """The part for who administers; parts that the reader may not see are empty."""

    figures: Sequence[Figure]
    concerns: Sequence[Concern]
    days: Sequence[Day]
    people: Picture | None
    risks: Picture | None
    factors: Picture | None

    @property
    def is_empty(self) -> bool:
        """Return whether the reader administers nothing."""
        return not (self.figures or self.days)


class Look(NamedTuple):
    """One thing that may be worth a look: the name of its count, its words, and the list behind it."""

    name: str
    text: Any
    note: Any
    tone: str
    icon: str
    url_name: str
    query: str


NEED_USE = ("unused", *UNUSED_ON.values(), "idle")  # say something only once use has been counted for long enough
LOOK = (
    Look("away", ngettext_lazy("%(n)s suspended person holds a high-risk role",
                               "%(n)s suspended people hold high-risk roles", "count"),
         _lazy("It counts again the day they return"), "bad", "no",
         "people:list", f"state=suspended&risk={Risk.HIGH.value}"),
    Look("risky", ngettext_lazy("%(n)s person holds a high-risk role and has no second factor",
                                "%(n)s people hold high-risk roles and have no second factor", "count"),
         _lazy("A password is all that stands before it"), "bad", "second-factor",
         "people:list", f"sign_in={NO_FACTOR}&risk={Risk.HIGH.value}"),
    Look(f"integrations:{ENDING}",
         ngettext_lazy("%(n)s integration has a token that runs out within 14 days",
                       "%(n)s integrations have a token that runs out within 14 days", "count"),
         _lazy("From then on it is answered nothing"), "warn", "integration", "integrations:list", f"view={ENDING}"),
    Look("leaderless", ngettext_lazy("%(n)s team has no lead", "%(n)s teams have no lead", "count"),
         _lazy("Nobody answers for who is in it"), "warn", "team", "teams:list", "view=no-lead"),
    Look("ownerless", ngettext_lazy("%(n)s role has no owner", "%(n)s roles have no owner", "count"),
         _lazy("Nobody answers for what it allows"), "warn", "role", "roles:list", "owner=nobody"),
    Look("nobodys", ngettext_lazy("%(n)s resource has no owner", "%(n)s resources have no owner", "count"),
         _lazy("Nobody answers for who may see it"), "warn", "resource", "resources:list", "owner=nobody"),
    Look(f"integrations:{UNOWNED}",
         ngettext_lazy("%(n)s integration has no owner", "%(n)s integrations have no owner", "count"),
         _lazy("Only administrators hear before its tokens run out"), "warn", "integration",
         "integrations:list", f"view={UNOWNED}"),
    Look(f"integrations:{UNUSED}",
         ngettext_lazy("%(n)s integration asked nothing for 90 days",
                       "%(n)s integrations asked nothing for 90 days", "count"),
         _lazy("Tokens that nobody would miss when they leak"), "warn", "integration",
         "integrations:list", f"view={UNUSED}"),
    Look("unused", ngettext_lazy("%(n)s grant of a role was not used for 90 days",
                                 "%(n)s grants of roles were not used for 90 days", "count"),
         _lazy("Access that nobody would miss"), "warn", "grant", "grants:list", "view=unused"),
    Look(UNUSED_ON[PEOPLE], ngettext_lazy("%(n)s grant of a person on one resource was not used for 90 days",
                                          "%(n)s grants of people on one resource were not used for 90 days", "count"),
         _lazy("Exceptions that nobody would miss"), "warn", "grant", "objects:list", f"view=unused&of={PEOPLE}"),
    Look(UNUSED_ON[COLLECTIVES],
         ngettext_lazy("%(n)s grant of a team or group on one resource was not used for 90 days",
                       "%(n)s grants of teams and groups on one resource were not used for 90 days", "count"),
         _lazy("Exceptions that nobody would miss"), "warn", "grant", "objects:list", f"view=unused&of={COLLECTIVES}"),
    Look("idle", ngettext_lazy("%(n)s role was not used for 90 days", "%(n)s roles were not used for 90 days", "count"),
         _lazy("Nobody who holds it needed it"), "warn", "role", "roles:list", "view=idle"),
    Look("unclaimed", ngettext_lazy("%(n)s unclaimed account", "%(n)s unclaimed accounts", "count"),
         _lazy("Nobody has signed in as them yet"), "", "person", "people:list", "view=unclaimed"),
    Look("refused", ngettext_lazy("%(n)s refusal in the last 7 days", "%(n)s refusals in the last 7 days", "count"),
         _lazy("Somebody asked for what they may not do"), "", "trail", "trail:list", "refused=on&since={since}"),
)  # fmt: skip


def desk(found: Counted, ends: Mapping[date, int], *, at: datetime) -> Desk:
    """Return the desk from what was counted; `ends`: how many grants end on which day."""
    return Desk(
        figures=list(_figures(found)),
        concerns=_concerns(found, at),
        days=_days(ends),
        people=_people(found) if "new" in found else None,
        risks=_risks(found) if "grants" in found else None,
        factors=_factors(found) if "claimed" in found else None,
    )


def _figures(found: Counted) -> list[Figure]:
    people, grants = reverse("people:list"), reverse("grants:list")
    shown: list[Figure] = []
    if "new" in found:
        note = _("%(n)s added in the last 30 days") % {"n": found["new"]}
        shown.append(Figure(_("Active people"), found["state:active"], note, f"{people}?state=active"))
    if "grants" in found:
        shown.append(Figure(_("Grants in force"), found["grants"], _("Roles of people and teams"), grants))
        note = _("Ask who still needs them")
        shown.append(Figure(_("End within 14 days"), found["soon"], note, f"{grants}?view=soon"))
    if found.some("counted") and "unused" in found:
        note = _("Nobody would miss them")
        shown.append(Figure(_("Unused for 90 days"), found["unused"], note, f"{grants}?view=unused"))
    return shown


def _days(ends: Mapping[date, int]) -> list[Day]:
    """Return the next days in the reader's zone; a grant that ends at midnight ends on the day before."""
    url = reverse("grants:list")
    return [
        Day(day, count, _tone(count), day.weekday() >= SATURDAY, f"{url}?view=soon&ends={day.isoformat()}")
        for day, count in ends.items()
    ]


def _tone(count: int) -> str:
    if count >= MANY:
        return "hi"
    return "n" if count else "z"


def _people(found: Counted) -> Picture:
    url = reverse("people:list")
    shares = [
        Share(str(state.label), found[f"state:{state}"], STATE_FILLS[state], f"{url}?state={state}")
        for state in STATE_FILLS
    ]
    told = {"active": found["state:active"], "away": found["state:leave"]}
    return Picture(shares, _("%(active)s people are active, %(away)s on leave") % told)


def _risks(found: Counted) -> Picture:
    """Return the grants in force by the risk of their role, the highest first."""
    url = reverse("grants:list")
    shares = [
        Share(str(level.label), found[f"risk:{level.value}"], FILLS[level], f"{url}?risk={level.value}")
        for level in reversed(Risk)
    ]
    told = {"high": found[f"risk:{Risk.HIGH.value}"], "critical": found[f"risk:{Risk.CRITICAL.value}"]}
    return Picture(shares, _("%(critical)s grants are of critical risk, %(high)s of high risk") % told)


def _factors(found: Counted) -> Picture:
    """Return how many of those who sign in have a second factor."""
    claimed, without = found["claimed"], found["factorless"]
    url = f"{reverse('people:list')}?sign_in={NO_FACTOR}"
    have = Count(max(0, claimed.value - without.value), capped=claimed.capped or without.capped)
    shares = [Share(_("Password alone"), without, "warn", url), Share(_("With a second factor"), have, "ok", "")]
    told = {"n": without, "of": claimed}
    return Picture(shares, _("%(n)s of %(of)s people who sign in have no second factor") % told)


def _concerns(found: Counted, at: datetime) -> list[Concern]:
    """Return what is worth a look, the gravest first."""
    shown = []
    for row in LOOK:
        count = found.some(row.name)
        if count is None or (row.name in NEED_USE and not found.some("counted")):
            continue
        text = row.text % {"count": count.value, "n": count}
        url = f"{reverse(row.url_name)}?{row.query.format(since=week_ago(at).isoformat())}"
        shown.append(Concern(text, count, str(row.note), row.tone, row.icon, url))
    return shown
