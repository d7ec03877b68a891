"""What an enforced policy reads is a door of giving: whoever changes it must be able to give what opens.

door = doors.opened_by(actor, {"subject.title"}, people, at=at)   # before anything is changed
...the change...
door.settle(people)                                               # None: anybody

`opened_on` is the same for things. Each is looked at before and after by what a policy reads of it (`looks`): whether
it could let somebody pass, whatever the other side and the moment of asking are, and by which of its comparisons.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from accounts.groups.rules import standing
from accounts.models import Person
from cxaccess.lib.conditions import Entity, named_in
from permissions import facts, gate, giving, places
from permissions.engine.policies import Kind, Rule
from permissions.engine.types import Known
from permissions.guards import NotAllowed
from permissions.models import Policy, Resource
from permissions.policies import looks
from permissions.policies.looks import Reading
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
REGISTRY = "resource"  # things of any type are asked about under this one, too
Rows = Iterable[Any]


@dataclass(frozen=True)
class Door:
    """The policies that read what is about to change, which the actor could not give; and how all stood before.

    `people`: it is people that change, not things. `tree`: whatever happens to them is refused.
    """

    at: datetime
    refusals: dict[Rule, NotAllowed]
    before: dict[int, Known] = field(default_factory=dict)
    people: bool = True
    tree: bool = False

    def settle(self, rows: Rows | None) -> None:
        """Pass a change by which no policy lets anybody further; None: anybody may have changed. Raises NotAllowed."""
        if not self.refusals:
            return
        if self.tree:
            raise next(iter(self.refusals.values()))
        after, model = self._looks(rows), facts.model(self.at)
        for rule, refusal in self.refusals.items():
            reading = Reading(rule, model, self.at, self.people)
            if any(self._opens(reading, pk, known) for pk, known in after.items()):
                raise refusal

    def _looks(self, rows: Rows | None) -> dict[int, Known]:
        there = list(Person.objects.all() if rows is None else rows)
        if not self.people:
            return looks.of_things(there, self.at)
        return looks.of_people(there, next(iter(self.refusals)).schema, self.at)

    def _opens(self, reading: Reading, pk: int, known: Known) -> bool:
        """Return whether it lets somebody further. A thing that is new is no door: so is what it holds."""
        before = self.before.get(pk)
        return (self.people or before is not None) and reading.opens(before, known)

    def looked(self, rows: Rows | None) -> "Door":
        """Return it with how `rows` stand now."""
        if self.tree or not self.refusals:
            return self
        return Door(self.at, self.refusals, self._looks(rows), self.people)


def opened_by(actor: Person, reads: Collection[str] | None, people: Rows | None, *, at: datetime) -> Door:
    """Return the door that a change of `reads` is, with authority as it is before; None: everything of somebody."""
    tree = people is None and reads is not None
    if not facts.model(at).policies:
        return Door(at, {})
    read = _read_in_tree(reads or ()) if tree else _read_of_people(reads)
    return Door(at, _refusals(actor, read, at), tree=tree).looked(people)


def _read_of_people(reads: Collection[str] | None) -> Callable[[Rule], bool]:
    """Return what says whether a rule reads one of `reads`. Whom it names by teams and groups may follow from any.

    Whoever becomes active comes by what any rule allows that reads something of them.
    """
    whole = reads is None or looks.STATE in reads

    def read(rule: Rule) -> bool:
        if rule.principals:
            return True
        if whole:
            return any(key.partition(".")[0] == Entity.SUBJECT for key in rule.reads)
        return not rule.reads.isdisjoint(reads or ())

    return read


def _read_in_tree(reads: Collection[str]) -> Callable[[Rule], bool]:
    """Return what says whether a rule reads what a tree decides, by itself or by the rule of a group that it names."""
    wanted = {*reads, *(IN_TREES[key] for key in reads if key in IN_TREES)}
    following = {each.group.principal_id for each in standing() if each.reads_any(reads)}
    teams = not OF_MEMBERSHIPS.isdisjoint(reads)

    def read(rule: Rule) -> bool:
        named = bool(rule.principals) if teams else not rule.principals.isdisjoint(following)
        return named or not rule.reads.isdisjoint(wanted)

    return read


def opened_on(actor: Person, rows: Rows, *, at: datetime) -> Door:
    """Return the door that a change of these things is: a query of people, or resources as they stand before it."""
    if not facts.model(at).policies:
        return Door(at, {}, people=False)
    types = _types(rows)

    def read(rule: Rule) -> bool:
        return _is_about(rule, types) and any(is_of_thing(key) for key in rule.reads)

    return Door(at, _refusals(actor, read, at), people=False).looked(rows)


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


def _types(rows: Rows) -> set[str]:
    """Return the types under which people, or resources, are asked about."""
    if isinstance(rows, models.QuerySet):
        return {str(places.type_of(rows.model))}
    registered = {row.type.key for row in rows}
    return registered | {REGISTRY} if registered else set()


def _is_about(rule: Rule, types: Collection[str]) -> bool:
    return any(action.partition(".")[0] in types for action in rule.actions)


def allowed_on(rows: Collection[Resource], *, at: datetime) -> frozenset[str]:
    """Return what policies could allow somebody to do with what `rows` hold, once these are in use."""
    model = facts.model(at)
    allowing = [rule for rule in model.policies if isinstance(rule, Rule) and rule.kind is Kind.ALLOW]
    known = looks.of_things(list(rows), at) if allowing and rows else {}
    types = {row.type.key for row in rows}
    found = [
        rule.actions for rule in allowing
        if any(Reading(rule, model, at, people=False).could_pass(each) for each in known.values())
    ]  # fmt: skip
    return frozenset(action for actions in found for action in actions if action.partition(".")[0] in types)


def reads_any(keys: Collection[str], *, at: datetime) -> bool:
    """Return whether a policy in force reads one of these attributes."""
    return any(isinstance(rule, Rule) and not rule.reads.isdisjoint(keys) for rule in facts.model(at).policies)


def naming(reader: Person, principal: int, *, team: int | None = None, at: datetime) -> list[str]:
    """Return the policies, recorded or in force, that name a team or group, or a team as a value.

    By their names, or as one that `reader` may not see.
    """
    model = facts.model(at)
    rules = [rule for rule in (*model.policies, *model.recording) if isinstance(rule, Rule)]
    found = {rule.policy for rule in rules if principal in rule.principals or _names(rule, team)}
    seen = gate.visible(reader, "policy.view", Policy.objects.filter(pk__in=found), at=at)
    names = list(seen.order_by("name").values_list("name", flat=True))
    return names + [_("one that you may not see")] * (len(found) - len(names))


def _names(rule: Rule, team: int | None) -> bool:
    return any(team in named_in(condition, rule.schema).get("team", ()) for condition in rule.conditions)
