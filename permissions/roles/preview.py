"""What saving a draft of a role would do: who gains, who loses, and where the editor may not decide that."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Person
from cxaccess.lib.models import Risk
from permissions import gate, giving, history
from permissions.grants import scopes
from permissions.grants.effects import ActionEffect, of_models, people_of
from permissions.models import Action, RoleGrant
from permissions.roles.changes import Change, change
from permissions.roles.matrix import Draft
from permissions.roles.selectors import names_of

CONFIRM_ABOVE = 10  # more people than this gaining high risk: whoever saves types how many


@dataclass(frozen=True, slots=True)
class Told:
    """One line of the preview: the permissions that the same people gain or lose."""

    gains: bool
    actions: tuple[Action, ...]
    people: tuple[Person, ...]
    unseen: int
    kept: int
    through: str

    @property
    def count(self) -> int:
        """Return how many people it concerns."""
        return len(self.people) + self.unseen

    @property
    def risk(self) -> int:
        """Return the highest risk among the permissions."""
        return max(action.risk for action in self.actions)


@dataclass(frozen=True)
class Preview:
    """What saving a draft would do, for one reader."""

    told: tuple[Told, ...]
    gaining_high: int
    people: int
    refusals: tuple[str, ...]

    @property
    def must_type(self) -> bool:
        """Return whether so many gain high risk that the number must be typed."""
        return self.gaining_high > CONFIRM_ABOVE


def preview(actor: Person, wanted: Draft, *, at: datetime) -> Preview:
    """Return who would gain and lose what, and where `actor` may not let them."""
    effect = change(wanted.model, wanted.role, wanted.after.actions, wanted.after.includes)
    touched = set().union(*effect.gained.values(), *effect.lost.values())
    found = of_models(effect.before, effect.after, touched, at=at)
    actions = {action.key: action for action in Action.objects.filter(key__in=touched)}
    people = people_of(found)
    seen = set(
        gate.visible(actor, "person.view", Person.objects.filter(pk__in=people), at=at).values_list("pk", flat=True)
    )
    roles = names_of({role for effect_ in found for role in effect_.through})
    told = grouped(found, actions, {pk: person for pk, person in people.items() if pk in seen}, roles)
    high = {person for one in found if actions[one.action].risk >= Risk.HIGH for person in one.gain}
    everybody = set().union(*(one.gain | one.lose for one in found), set())
    return Preview(told, len(high), len(everybody), tuple(refusals(actor, effect, at=at)))


def grouped(
    found: Iterable[ActionEffect],
    actions: Mapping[str, Action],
    people: Mapping[int, Person],
    roles: Mapping[int, str],
) -> tuple[Told, ...]:
    """Group permissions that the same people gain or lose; the riskiest first."""
    groups: dict[tuple[bool, frozenset[int], frozenset[int], tuple[int, ...]], list[Action]] = defaultdict(list)
    for one in found:
        if one.gain:
            groups[True, one.gain, frozenset(), ()].append(actions[one.action])
        if one.lose or one.keep:
            groups[False, one.lose, one.keep, one.through].append(actions[one.action])
    lines = []
    for (gains, ids, kept, through), held in groups.items():
        known = sorted((people[pk] for pk in ids if pk in people), key=lambda person: person.name)
        words = ", ".join(roles.get(role, "?") for role in through[:2])
        lines.append(Told(gains, tuple(held), tuple(known), len(ids) - len(known), len(kept), words))
    return tuple(sorted(lines, key=lambda line: (not line.gains, -line.risk, -line.count, line.actions[0].key)))


def refusals(actor: Person, effect: Change, *, at: datetime) -> Iterable[str]:
    """Yield the scopes, in words, within which `actor` may not give what the change adds."""
    rows = RoleGrant.objects.not_over(at).filter(role__in=effect.gained).values_list("role_id", "scope_id").distinct()
    arriving: dict[int, set[str]] = defaultdict(set)
    for role, scope in rows:
        arriving[scope] |= effect.gained[role]
    found = history.scopes(arriving)
    labels = scopes.labels(arriving)
    for scope, actions in sorted(arriving.items()):
        if not giving.may_give_actions(actor, actions=actions, scope=found[scope], at=at):
            yield labels[scope]
