"""What an enforced policy reads of people is a door of giving: whoever changes it must be able to give what opens.

door = doors.opened_by(actor, {"subject.title"}, people, at=at)   # before anything is changed
...the change...
door.settle(people)                                               # None: anybody

A look says of each person whether a policy could let them through, whatever the thing and the moment are, and what they
bring to comparisons with the thing: who answers for another region reaches other things by the same policy.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from accounts.attributes import facts as of_people
from accounts.groups.rules import WINDOWED
from accounts.models import Membership, Person, PersonDimension
from cxaccess.lib.conditions import Entity, Ref, leaves, named_in
from cxaccess.lib.conditions.evaluation import World
from cxaccess.lib.conditions.partial import outcomes
from permissions import facts, gate, giving, places
from permissions.engine.policies import Kind, Rule
from permissions.guards import NotAllowed
from permissions.models import Policy, Resource
from permissions.policies.schema import is_of_thing

# Whatever moves in a tree moves what things and people lie in.
IN_TREES = {
    "subject.region": "resource.region",
    "subject.territories": "resource.region",
    "subject.department": "resource.department",
    "subject.product_lines": "resource.product_line",
    "subject.segments": "resource.segment",
    "subject.teams": "resource.teams",
}
OF_MEMBERSHIPS = frozenset({"subject.teams", "subject.leads"})
Look = tuple[bool, tuple[object, ...]]  # may it let them through, and what do they bring


@dataclass(frozen=True)
class Door:
    """The policies that read what is about to change, which the actor could not give; and how people stood before."""

    refusals: dict[Rule, NotAllowed]
    before: dict[Rule, dict[int, Look]] = field(default_factory=dict)
    at: datetime | None = None
    tree: bool = False

    def settle(self, people: QuerySet[Person] | None) -> None:
        """Pass a change by which no policy lets anybody further. Raises NotAllowed."""
        for rule, refusal in self.refusals.items():
            assert self.at is not None
            if self.tree:
                raise refusal
            before = self.before[rule]
            for pk, (open_, brought) in _looks(rule, people, self.at).items():
                was, had = before.get(pk, (rule.kind is not Kind.ALLOW, brought))
                if open_ and (not was or brought != had):
                    raise refusal


def opened_by(
    actor: Person, reads: Collection[str] | None, people: QuerySet[Person] | None, *, at: datetime
) -> Door:  # fmt: skip
    """Return the door that a change of `reads` is, with authority as it is before; None: everything of somebody."""
    tree = people is None and reads is not None
    wanted = None if reads is None else {*reads, *(IN_TREES[key] for key in reads if tree and key in IN_TREES)}
    refusals = _refusals(actor, lambda rule: _is_read(rule, wanted, tree=tree), at)
    return Door(refusals, {} if tree else {rule: _looks(rule, people, at) for rule in refusals}, at, tree)


def _refusals(actor: Person, read: Callable[[Rule], bool], at: datetime) -> dict[Rule, NotAllowed]:
    """Return the policies that are `read`, and of which the actor could not give everything everywhere."""
    found: dict[Rule, NotAllowed] = {}
    for rule in facts.model(at).policies:
        if isinstance(rule, Rule) and rule.actions and read(rule):
            try:
                giving.require_give_actions(actor, actions=sorted(rule.actions), scope=giving.EVERYWHERE, at=at)
            except NotAllowed as refusal:
                found[rule] = NotAllowed(refusal.person, refusal.decision)
    return found


@dataclass(frozen=True)
class ThingsDoor:
    """The same for things: what a change of theirs could open by a policy that the actor could not give."""

    looks: dict[Rule, tuple[NotAllowed, dict[int, Look]]]
    at: datetime

    def settle(self, rows: Sequence[Resource]) -> None:
        """Pass a change by which no policy lets anybody further. Raises NotAllowed."""
        for rule, (refusal, before) in self.looks.items():
            for pk, (open_, brought) in _looks_at(rule, rows, self.at).items():
                was, had = before.get(pk, (True, brought))
                if open_ and (not was or brought != had):
                    raise refusal


def opened_on(actor: Person, rows: Sequence[Resource], *, at: datetime) -> ThingsDoor:
    """Return the door that a change of these resources is; they are as they stand before it."""
    refusals = _refusals(actor, lambda rule: any(is_of_thing(key) for key in rule.reads), at) if rows else {}
    return ThingsDoor({rule: (refusal, _looks_at(rule, rows, at)) for rule, refusal in refusals.items()}, at)


def _looks_at(rule: Rule, rows: Sequence[Resource], at: datetime) -> dict[int, Look]:
    model = facts.model(at)
    world = World(at, model.above, model.below, model.zone)
    found: dict[int, Look] = {}
    for pk, target in places.targets(rows, at).items():
        known = dict(target.facts())
        passes = _passes(rule, known, world, lambda key: not is_of_thing(key), about=True)
        found[pk] = (passes, tuple(_brought(rule, known, is_of_thing)))
    return found


def reads_any(keys: Collection[str], *, at: datetime) -> bool:
    """Return whether a policy in force reads one of these attributes."""
    return any(isinstance(rule, Rule) and not rule.reads.isdisjoint(keys) for rule in facts.model(at).policies)


def naming(principal: int, *, team: int | None = None, at: datetime) -> list[str]:
    """Return the names of the policies, recorded or in force, that name a team or group, or a team as a value."""
    model = facts.model(at)
    rules = [rule for rule in (*model.policies, *model.recording) if isinstance(rule, Rule)]
    found = {rule.policy for rule in rules if principal in rule.principals or _names(rule, team)}
    return list(Policy.objects.filter(pk__in=found).order_by("name").values_list("name", flat=True))


def _names(rule: Rule, team: int | None) -> bool:
    return any(team in named_in(condition, rule.schema).get("team", ()) for condition in rule.conditions)


def _is_read(rule: Rule, reads: Collection[str] | None, *, tree: bool) -> bool:
    """Return whether a rule reads one of `reads`. Whom one is about by groups may follow from any attribute."""
    if rule.principals and (not tree or not OF_MEMBERSHIPS.isdisjoint(reads or OF_MEMBERSHIPS)):
        return True
    if reads is None:
        return any(not _is_open(key) for key in rule.reads)
    return not rule.reads.isdisjoint(reads)


def _is_open(key: str) -> bool:
    return key.partition(".")[0] != Entity.SUBJECT


def _looks(rule: Rule, people: QuerySet[Person] | None, at: datetime) -> dict[int, Look]:
    rows = list(Person.objects.all() if people is None else people)
    known = of_people.of_people(rows, rule.schema, at)
    model = facts.model(at)
    world = World(at, model.above, model.below, model.zone)
    among = set(gate.people_of(model, rule.principals, at).values_list("pk", flat=True)) if rule.principals else set()
    held = _windows(rule, rows, at)
    found: dict[int, Look] = {}
    for row in rows:
        mine = {**known[row.pk], "subject.person": row.pk, "subject.state": str(row.state)}
        about = not rule.principals or row.pk in among or bool(rule.roles)
        brought = (*_brought(rule, mine, lambda key: not _is_open(key)), held.get(row.pk))
        found[row.pk] = (_passes(rule, mine, world, _is_open, about=about), brought)
    return found


def _passes(
    rule: Rule, known: dict[str, object], world: World, is_open: Callable[[str], bool], *, about: bool
) -> bool:  # fmt: skip
    """Return whether the rule may let somebody through, with or without its obligations."""
    if not about:
        return rule.kind is not Kind.ALLOW
    if rule.condition is None:
        return rule.kind is not Kind.BLOCK
    could = outcomes(rule.condition, known, rule.schema, world, is_open)
    return (rule.kind is not Kind.BLOCK) in could


def _brought(rule: Rule, known: dict[str, object], is_ours: Callable[[str], bool]) -> Iterator[object]:
    """Yield what is brought to comparisons with the other side or the moment, and to what spares an obligation."""
    for condition in rule.conditions:
        for leaf in leaves(condition):
            other = leaf.right.key if isinstance(leaf.right, Ref) else None
            paired = other is not None and is_ours(other) is not is_ours(leaf.attribute)
            if paired or condition is not rule.condition:
                yield known.get(leaf.attribute), known.get(other) if other else None


def _windows(rule: Rule, people: list[Person], at: datetime) -> dict[int, object]:
    """Return what begins and ends by itself of each of `people` and is read: later, that lets them through."""
    found: dict[int, set[object]] = defaultdict(set)
    reads, owners = rule.reads, [person.pk for person in people]
    if not reads.isdisjoint(WINDOWED - OF_MEMBERSHIPS):
        rows = PersonDimension.objects.not_over(at).filter(person__in=owners)
        for person, *row in rows.values_list("person_id", "node_id", "starts_at", "until"):
            found[person].add(("place", *row))
    members = Membership.objects.not_over(at).filter(person__in=owners)
    if reads.isdisjoint(OF_MEMBERSHIPS):
        members = members.filter(principal__in=facts.model(at).reaching(rule.principals))
    for person, *row in members.values_list("person_id", "principal_id", "part", "starts_at", "until"):
        found[person].add(("member", *row))
    return {pk: frozenset(rows) for pk, rows in found.items()}
