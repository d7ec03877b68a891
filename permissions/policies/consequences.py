"""What enforcing a version, or retiring a policy, does to people: who gains and who loses which of its permissions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from django.db.models import Q, QuerySet

from accounts.models import Person, here
from cxaccess.lib.conditions import Entity
from cxaccess.lib.listing import Count
from permissions import facts
from permissions.engine.combine import Context
from permissions.engine.policies import Kind, Rule
from permissions.models import Policy, PolicyVersion
from permissions.policies import crowd, trial
from permissions.policies import reach as reaching
from permissions.policies.schema import is_of_thing
from permissions.policies.shift import Change, Shift
from permissions.policies.stock import chunks, stock

AT = "context.at"
MOST_CLASSES = 20_000  # of things that differ in what is read of them
AT_ONCE = 10_000  # people who are looked at while somebody waits; for more it is a job


@dataclass(frozen=True)
class Consequences:
    """A change of what is enforced of one policy: `wanted` is put in its place, or nothing is (None).

    `known` is what is taken to be known of the moment in which people ask, by attribute; `context.at` as ISO text.
    """

    policy: Policy
    wanted: PolicyVersion | None
    known: Mapping[str, object]
    at: datetime

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """Return the policy's versions before and after, as far as there are any."""
        before = [one for one in facts.model(self.at).policies if getattr(one, "policy", None) == self.policy.pk]
        after = [] if self.wanted is None else [trial.rule_of(self.wanted, self.policy, at=self.at)]
        return (*(one for one in before if isinstance(one, Rule)), *after)

    @property
    def moment(self) -> frozenset[str]:
        """Return what the versions read of the moment of asking."""
        return frozenset(key for rule in self.rules for key in rule.reads if key.partition(".")[0] == Entity.CONTEXT)

    @property
    def when(self) -> datetime:
        """Return the moment in which people are taken to ask: now, unless another one is said."""
        said = self.known.get(AT)
        return datetime.fromisoformat(said) if isinstance(said, str) else self.at

    @cached_property
    def change(self) -> Change:
        """Return both worlds, with all things of the types that differ."""
        before = facts.model(self.at)
        after_rule = None if self.wanted is None else self.rules[-1]
        after = trial.model_with(before, self.policy, after_rule)
        context = Context({key: value for key, value in self.known.items() if key != AT})
        bare = Change(before, after, self.when, context, {})
        reads = {
            key
            for pair in bare.rules.values()
            for rules in pair
            for rule in rules
            for key in rule.reads
            if is_of_thing(key)
        }
        types = {action.partition(".")[0] for action in bare.rules}
        return replace(bare, stocks={type_: stock(type_, reads, at=self.at) for type_ in types})

    @cached_property
    def people(self) -> QuerySet[Person]:
        """Return the people who could gain or lose something, in no order."""
        change = self.change
        about: dict[int, Rule] = {}
        for action in change.rules:
            about |= {id(rule): rule for rule in change.differing[action]}
        opening: dict[int, Rule] = {}
        for before, after in change.rules.values():
            opening |= {id(rule): rule for rule in (*before, *after) if rule.kind is Kind.ALLOW}
        could = Q(pk__in=reaching.holders(change.rules, at=self.at).values("pk"))
        for rule in opening.values():
            could |= Q(pk__in=reaching.people(rule, at=self.at).order_by().values("pk"))
        named = Q(pk__in=())
        for rule in about.values():
            named |= reaching.named(rule, at=self.at) or Q(pk__isnull=False)
        return Person.objects.filter(could & named, here(self.at))

    @cached_property
    def is_large(self) -> bool:
        """Return whether this takes too long to wait for: very many people, or things of which no two are alike."""
        classes = sum(len(one.classes) for one in self.change.stocks.values() if one is not None)
        return classes > MOST_CLASSES or Count.of(self.people, AT_ONCE).capped

    @cached_property
    def shifts(self) -> list[Shift]:
        """Return all that happens, where it is few enough people to be worked out at once."""
        return [shift for some in chunks(self.ids) for shift in self.of(some)]

    @cached_property
    def ids(self) -> list[int]:
        """Return the ids of the people who could be concerned."""
        return list(self.people.order_by("pk").values_list("pk", flat=True))

    def of(self, ids: Iterable[int]) -> Iterator[Shift]:
        """Yield what happens to these people, in a number of queries that does not grow with them."""
        change, roles, known = self.change, {role for rule in self._all for role in rule.roles}, self._all[0].schema
        people = crowd.subjects(list(ids), change.before, change.rules.keys(), roles, known, at=self.at)
        yield from change.of(people)

    @cached_property
    def _all(self) -> tuple[Rule, ...]:
        """Return every policy that judges something that differs."""
        pairs = self.change.rules.values()
        return tuple({id(rule): rule for before, after in pairs for rule in (*before, *after)}.values())


@dataclass(frozen=True, slots=True)
class Line:
    """Permissions that the same people gain, or lose."""

    gains: bool
    actions: tuple[str, ...]
    people: int


def lines(shifts: Iterable[Shift]) -> list[Line]:
    """Group what happens by who gains and who loses; what concerns most people first."""
    who: dict[tuple[bool, str], set[int]] = defaultdict(set)
    for shift in shifts:
        if shift.gained:
            who[True, shift.action].add(shift.person)
        if shift.lost:
            who[False, shift.action].add(shift.person)
    alike: dict[tuple[bool, frozenset[int]], list[str]] = defaultdict(list)
    for (gains, action), people in who.items():
        alike[gains, frozenset(people)].append(action)
    found = [Line(gains, tuple(sorted(actions)), len(people)) for (gains, people), actions in alike.items()]
    return sorted(found, key=lambda line: (line.gains, -line.people, line.actions))
