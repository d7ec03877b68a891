"""Who gains and who loses, as a page shows it: summed up, and person by person as far as the reader may see them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Person
from cxaccess.lib.listing import Listing, Page
from permissions.models import Action, Policy, PolicyPreview, PolicyVersion
from permissions.policies import previews
from permissions.policies.consequences import Consequences, Line, lines
from permissions.policies.selectors import tellable
from permissions.policies.shift import EVERYWHERE, NOWHERE, SOMEWHERE, Shift
from permissions.policies.stock import unlisted
from permissions.policies.try_form import AssumeForm

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
CONFIRM_ABOVE = 10  # more people than this gaining or losing: whoever goes on types how many
PEOPLE = Listing({"name": ["name"]}, "name", size=25)
LEVELS = {
    (SOMEWHERE, NOWHERE): _("loses it wherever they hold it"),
    (EVERYWHERE, NOWHERE): _("loses it everywhere"),
    (EVERYWHERE, SOMEWHERE): _("keeps it in some places only"),
    (NOWHERE, SOMEWHERE): _("gains it in some places"),
    (NOWHERE, EVERYWHERE): _("gains it everywhere"),
    (SOMEWHERE, EVERYWHERE): _("gains it everywhere"),
}


class Source(Protocol):
    """Where the result is: worked out just now, or kept by a job."""

    lines: Sequence[Line]

    def people(self, *, gains: bool) -> QuerySet[Person]: ...

    def of(self, people: Iterable[int]) -> Iterable[Shift]: ...


class Now:
    """What was worked out while the reader waited."""

    def __init__(self, found: Consequences) -> None:
        self.shifts = found.shifts
        self.lines: Sequence[Line] = lines(self.shifts)

    def people(self, *, gains: bool) -> QuerySet[Person]:
        """Return the people who gain, or lose, something."""
        return Person.objects.filter(pk__in={one.person for one in self.shifts if (one.gained if gains else one.lost)})

    def of(self, people: Iterable[int]) -> Iterable[Shift]:
        """Return what happens to these people."""
        wanted = set(people)
        return [one for one in self.shifts if one.person in wanted]


class Kept:
    """What a job has worked out."""

    def __init__(self, preview: PolicyPreview) -> None:
        self.preview = preview
        self.lines: Sequence[Line] = [Line(one["gains"], tuple(one["actions"]), one["people"]) for one in preview.lines]

    def people(self, *, gains: bool) -> QuerySet[Person]:
        """Return the people who gain, or lose, something."""
        rows = self.preview.shifts.filter(**{"gained__gt" if gains else "lost__gt": 0})
        return Person.objects.filter(pk__in=rows.values("person"))

    def of(self, people: Iterable[int]) -> Iterable[Shift]:
        """Return what happens to these people."""
        rows = self.preview.shifts.filter(person__in=list(people)).order_by("action")
        return [Shift(one.person_id, one.action, one.before, one.after, one.gained, one.lost) for one in rows]


@dataclass(frozen=True, slots=True)
class Said:
    """What happens to some permissions of one person, in words."""

    actions: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Effect:
    """What the page shows. Without `source` it is too much to wait for: `preview` says how far the job is, if any."""

    form: AssumeForm
    found: Consequences
    source: Source | None = None
    preview: PolicyPreview | None = None
    gains: bool = False
    page: Page | None = None
    said: Mapping[int, Sequence[Said]] = field(default_factory=dict)
    unseen: int = 0
    gaining: int = 0
    losing: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def to_type(self) -> str:
        """Return what to type to go on: the number of people where it is many, the policy's name while nobody knows."""
        if self.source is None:
            return self.found.policy.name
        people = self.losing + self.gaining
        return str(people) if people > CONFIRM_ABOVE else ""

    @property
    def percent(self) -> int:
        """Return how much of the job is done, in whole percent."""
        preview = self.preview
        return preview.done * 100 // preview.total if preview is not None and preview.total else 0


def effect(request: HttpRequest, policy: Policy, wanted: PolicyVersion | None, data: QueryDict) -> Effect:
    """Return who gains and who loses once `wanted` is in force, or, with None, nothing of the policy is."""
    form = AssumeForm(data, reads=Consequences(policy, wanted, {}, request.at).moment)
    found = Consequences(policy, wanted, form.known, request.at)
    if not found.is_large:
        return _shown(request.user, form, found, Now(found), None, data, at=request.at)
    preview = previews.latest(policy, wanted, form.known, at=request.at)
    if preview is None or preview.over_at is None:
        return Effect(form, found, None, preview)
    return _shown(request.user, form, found, Kept(preview), preview, data, at=request.at)


def _shown(
    reader: Person, form: AssumeForm, found: Consequences, source: Source, preview: PolicyPreview | None,
    data: QueryDict, *, at: datetime,
) -> Effect:  # fmt: skip
    sides = {side: source.people(gains=side) for side in (True, False)}
    counts = {side: rows.count() for side, rows in sides.items()}
    gains = bool(counts[True]) and (data.get("side") == "gain" or not counts[False])
    seen = tellable(reader, sides[gains], at=at)
    page = PEOPLE.page(seen, data)
    said = _said(list(source.of([person.pk for person in page.rows])), gains=gains)
    keys = {action for line in source.lines for action in line.actions}
    named = Action.objects.filter(key__in=keys).select_related("type")
    labels = {action.key: f"{action.type.label}: {action.label}" for action in named}
    unseen = counts[gains] - seen.count()
    return Effect(form, found, source, preview, gains, page, said, unseen, counts[True], counts[False], labels)


def _said(shifts: Collection[Shift], *, gains: bool) -> dict[int, list[Said]]:
    """Return {person: what happens}; permissions to which the same happens stand together."""
    bare = unlisted({shift.action.partition(".")[0] for shift in shifts})
    alike: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for shift in shifts:
        if shift.gained if gains else shift.lost:
            listed = shift.action.partition(".")[0] not in bare
            alike[shift.person][_text(shift, gains=gains, listed=listed)].append(shift.action)
    return {person: [Said(tuple(actions), text) for text, actions in texts.items()] for person, texts in alike.items()}


def _text(shift: Shift, *, gains: bool, listed: bool) -> str:
    """Return what happens to one permission of somebody, in words."""
    if not listed:
        return str(LEVELS.get((shift.before, shift.after), ""))
    count = {"lost": shift.lost, "before": shift.before, "gained": shift.gained, "after": shift.after}
    if gains and not shift.before:
        return ngettext("on one", "on %(gained)d", shift.gained) % count
    if gains:
        return str(_("on %(gained)d more, on %(after)d then")) % count
    if not shift.after:
        return ngettext("on the one they have", "on all %(lost)d they have", shift.lost) % count
    return str(_("on %(lost)d of %(before)d")) % count
