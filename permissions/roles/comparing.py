"""Two sides beside each other, permission by permission: roles, or a role and what a person may do anywhere."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from permissions import facts, gate
from permissions.engine import Model
from permissions.grants.scopes import labels
from permissions.guards import require, use_case
from permissions.models import Action, ResourceType, Role
from permissions.places import target
from permissions.roles import selectors
from permissions.roles.matrix import GRANTED, IMPLIED, INHERITED, NONE, Draft, state_of
from permissions.roles.rows import Contents
from permissions.roles.selectors import Holders

CHECK = "access.check"  # asking what a person may do is this permission, here as on every page
ORDER = (GRANTED, INHERITED, IMPLIED)


@dataclass(frozen=True, slots=True)
class Mark:
    """What one side says of one permission: one of the four states, and where it comes from in words."""

    state: str = NONE
    source: str = ""

    @property
    def held(self) -> bool:
        """Return whether it is held, whichever way."""
        return self.state != NONE


@dataclass(frozen=True)
class Side:
    """One of the two: a role or a person, with a mark for everything it holds."""

    subject: Role | Person
    marks: Mapping[str, Mark]

    @property
    def name(self) -> str:
        """Return what it is called."""
        return self.subject.name

    @property
    def is_person(self) -> bool:
        """Return whether it is a person."""
        return isinstance(self.subject, Person)

    @property
    def value(self) -> str:
        """Return it as the address holds it."""
        return value_of(self.subject)

    @property
    def url(self) -> str:
        """Return its page."""
        return reverse("people:access" if self.is_person else "roles:permissions", args=[self.subject.pk])

    def mark(self, key: str) -> Mark:
        """Return what it says of one permission."""
        return self.marks.get(key, NOTHING)


NOTHING = Mark()


@dataclass(frozen=True, slots=True)
class Line:
    """One permission on both sides."""

    action: Action
    left: Mark
    right: Mark

    @property
    def differs(self) -> bool:
        """Return whether one side holds it and the other does not; how each holds it is no difference."""
        return self.left.held != self.right.held


@dataclass(frozen=True, slots=True)
class Section:
    """The lines of one type of resource."""

    type: ResourceType
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Comparison:
    """Both sides with what each holds alone; `sections` are those to show."""

    left: Side
    right: Side
    sections: tuple[Section, ...]
    only_left: int
    only_right: int
    both: int

    @property
    def same(self) -> bool:
        """Return whether both hold exactly the same."""
        return not self.only_left and not self.only_right


def value_of(subject: Role | Person) -> str:
    """Return how an address names a role or a person: ``role-3``, ``person-7``."""
    return f"{'person' if isinstance(subject, Person) else 'role'}-{subject.pk}"


def compare(
    actor: Person, *, left: Role | Person, right: Role | Person, everything: bool, at: datetime
) -> Comparison:  # fmt: skip
    """Return both sides side by side; of somebody else's access, that it was looked at is recorded first.

    Raises NotVisible or NotAllowed for a role that `actor` may not see or a person about whom they may not ask.
    """
    for subject, other in ((left, right), (right, left)):
        if isinstance(subject, Role):
            require(actor, "role.view", subject, at=at)
        elif subject.pk != actor.pk:
            look(actor, person=subject, beside=other, at=at)
    return compared(side(left, at=at), side(right, at=at), everything=everything)


@use_case
def look(actor: Person, *, person: Person, beside: Role | Person, at: datetime) -> None:
    """Record that `actor` looks at what `person` may do. Raises NotVisible or NotAllowed."""
    require(actor, CHECK, target(person, at, as_type="access"), at=at)
    record(Tag.ACCESS_CHECKED, actor=actor, at=at, about=person, details={"compared_with": value_of(beside)})


def side(subject: Role | Person, *, at: datetime) -> Side:
    """Return what a role gives, or what a person may do anywhere."""
    return Side(subject, _of_role(subject, at) if isinstance(subject, Role) else _of_person(subject, at))


def compared(left: Side, right: Side, *, everything: bool) -> Comparison:
    """Put two sides beside each other, in the catalogue's order; `everything` shows what both hold or lack, too."""
    found: dict[ResourceType, list[Line]] = defaultdict(list)
    for type_, actions in selectors.types():
        for action in actions:
            line = Line(action, left.mark(action.key), right.mark(action.key))
            if everything or line.differs:
                found[type_].append(line)
    mine, theirs = left.marks.keys(), right.marks.keys()
    return Comparison(
        left,
        right,
        tuple(Section(type_, tuple(lines)) for type_, lines in found.items()),
        only_left=len(mine - theirs),
        only_right=len(theirs - mine),
        both=len(mine & theirs),
    )


def _of_role(role: Role, at: datetime) -> dict[str, Mark]:
    """Return what a role gives by its current version; a retired one gives nothing."""
    model = facts.model(at)
    if role.pk not in model.roles:
        return {}
    now = Contents(model.roles[role.pk].actions, frozenset(model.roles[role.pk].includes))
    draft = Draft(model, role.pk, now, now, selectors.names_of(now.includes) if now.includes else {})
    held = draft.held(now)
    states = {key: state_of(draft, now, key, held) for key in held.everything}
    return {key: Mark(state, source) for key, (state, source, _role) in states.items()}


def _of_person(person: Person, at: datetime) -> dict[str, Mark]:
    """Return what `person` may do anywhere, each with the roles and places by which they may."""
    found = facts.snapshot(person.pk, at)
    reached = {found.subject.principal}
    for membership in found.subject.memberships:
        if membership.window.covers(at):
            reached.update(found.model.chain(membership.principal))
    grants = [grant for grant in found.subject.grants if grant.principal in reached and grant.window.covers(at)]
    names = selectors.names_of({grant.role for grant in grants})
    where = labels({grant.scope.id for grant in grants})
    words = {grant.id: f"{names.get(grant.role, '?')}, {where[grant.scope.id]}" for grant in grants}
    state = _states(found.model)
    marks = {}
    for key in gate.held(person, at=at):
        giving = found.model.granting.get(key, frozenset())
        ways = [(state(grant.role, key), words[grant.id]) for grant in grants if grant.role in giving]
        marks[key] = _joined(ways)
    return marks


def _states(model: Model) -> Callable[[int, str], str]:
    """Return what says how a role gives a permission that it gives."""

    def state(role: int, key: str) -> str:
        held = model.roles[role]
        if key in held.actions:
            return GRANTED
        inherited = any(key in model.holding.get(inner, ()) for inner in held.includes)
        return INHERITED if inherited else IMPLIED

    return state


def _joined(ways: Iterable[tuple[str, str]]) -> Mark:
    """Return the mark of a permission that comes in several ways: the plainest state, every way in words."""
    found = sorted(set(ways), key=lambda way: (ORDER.index(way[0]), way[1]))
    if not found:
        return Mark(GRANTED, _("On single things"))
    more = len(found) - 2
    words = "; ".join(source for _state, source in found[:2])
    return Mark(found[0][0], _("%(ways)s and %(n)d more") % {"ways": words, "n": more} if more > 0 else words)


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many people hold one of two roles, and both."""

    only_left: int
    only_right: int
    both: int


def overlap(left: Role, right: Role, *, at: datetime) -> Overlap:
    """Return how many active people hold one role and not the other."""
    found = selectors.holders([left.pk, right.pk], at=at)
    mine, theirs = _everybody(found[left.pk]), _everybody(found[right.pk])
    return Overlap(len(mine - theirs), len(theirs - mine), len(mine & theirs))


def holds(person: Person, role: Role, *, at: datetime) -> bool:
    """Return whether `person` holds `role` now, one way or the other."""
    return person.pk in _everybody(selectors.holders([role.pk], at=at)[role.pk])


def _everybody(held: Holders) -> frozenset[int]:
    return held.direct | held.through
