"""What giving one role to many people means for each of them: who gets it, who holds it already, who cannot."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Person, PersonState
from cxaccess.lib import windows
from cxaccess.lib.models import Risk
from permissions import facts
from permissions.grants import effects
from permissions.grants.services import is_long, twins
from permissions.models import Action, GrantBatch, Role, RoleGrant, Scope

GAINS, HOLDS, CANNOT = "gains", "holds", "cannot"
TYPE_ABOVE = 10  # more people than this who get a role of high risk: whoever gives it types how many


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to happen to one person. `twin` is the grant they hold already, `why` says what stands in the way."""

    person: Person
    kind: str
    why: str = ""
    twin: int | None = None


@dataclass(frozen=True)
class Plan:
    """The verdict on everybody who was chosen, by name."""

    verdicts: tuple[Verdict, ...]

    def of(self, kind: str) -> list[Verdict]:
        """Return the verdicts of one kind."""
        return [verdict for verdict in self.verdicts if verdict.kind == kind]


def digest(batch: GrantBatch, role: Role, found: Plan, *, at: datetime) -> str:
    """Return what tells one preview from another: who gets what, where, how long. What was seen is what is given."""
    people = sorted(verdict.person.pk for verdict in found.of(GAINS))
    held = sorted(facts.model(at).holding.get(role.pk, ()))
    said = [role.pk, held, batch.scope_id, str(batch.starts_at), str(batch.until), batch.reason, people]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def plan(people: Collection[Person], *, role: Role, scope: Scope, starts_at: datetime, until: datetime | None) -> Plan:
    """Return what happens to each of `people`, in one statement."""
    rows = twins([person.principal_id for person in people], role, scope, starts_at, until)
    held: dict[int, RoleGrant] = {grant.principal_id: grant for grant in rows.order_by("-starts_at")}
    return Plan(tuple(_verdict(person, held.get(person.principal_id)) for person in people))


def _verdict(person: Person, twin: RoleGrant | None) -> Verdict:
    if person.state == PersonState.LEFT:
        return Verdict(person, CANNOT, _("has left"))
    if twin is not None:
        return Verdict(person, HOLDS, twin=twin.pk)
    return Verdict(person, GAINS)


def people_of(batch: GrantBatch) -> QuerySet[Person]:
    """Return the people of a batch by name."""
    return Person.objects.filter(principal__in=batch.people).order_by("name", "pk")


@dataclass(frozen=True, slots=True)
class Gain:
    """What one person gets: how many permissions they do not hold there yet, and the worst risk among these."""

    verdict: Verdict
    permissions: int
    risk: int | None

    @property
    def note(self) -> str:
        """Return what holds the gain back: whoever is not active gets the grant, and it waits."""
        person = self.verdict.person
        if person.state == PersonState.ACTIVE:
            return ""
        return _("%(state)s: works once they are active") % {"state": person.get_state_display()}


@dataclass(frozen=True)
class Preview:
    """A plan with what it adds and its digest, for the page that asks whether to go on.

    `number` is what must be typed; None where nothing must. `long`: longer than such a risk should last.
    """

    digest: str
    gains: tuple[Gain, ...]
    holds: tuple[Verdict, ...]
    cannot: tuple[Verdict, ...]
    riskiest: tuple[Action, ...]
    number: int | None
    long: bool

    @property
    def idle(self) -> int:
        """Return how many get a grant that adds nothing to what they hold."""
        return sum(1 for gain in self.gains if not gain.permissions and not gain.note)


def preview(batch: GrantBatch, role: Role, scope: Scope, *, at: datetime) -> Preview:
    """Return what giving a draft does to each person, in a number of statements that does not grow with them.

    Raises Refused where its end has gone by since it was drafted.
    """
    window = windows.settle(batch.starts_at, batch.until, at=at)
    people = list(people_of(batch))
    found = plan(people, role=role, scope=scope, starts_at=window.starts_at, until=window.until)
    getting = found.of(GAINS)
    principals = [verdict.person.principal_id for verdict in getting]
    model = facts.model(at)
    added = effects.of_giving(model, principals, role.pk, facts.scope(scope.pk), at=at)
    held = model.holding.get(role.pk, frozenset())
    actions = {action.key: action for action in Action.objects.filter(key__in=held).select_related("type")}
    gains = [_gain(verdict, added.get(verdict.person.pk, held), actions) for verdict in getting]
    worst = sorted(actions.values(), key=lambda action: (-action.risk, action.key))
    riskiest = tuple(action for action in worst if action.risk >= Risk.HIGH)[:5]
    said = digest(batch, role, found, at=at)
    number = len(gains) if len(gains) > TYPE_ABOVE and role.risk >= Risk.HIGH else None
    long = role.risk >= Risk.HIGH and is_long(window.starts_at, window.until)
    return Preview(said, tuple(gains), tuple(found.of(HOLDS)), tuple(found.of(CANNOT)), riskiest, number, long)


def _gain(verdict: Verdict, added: frozenset[str], actions: dict[str, Action]) -> Gain:
    return Gain(verdict, len(added), max((actions[key].risk for key in added), default=None))
