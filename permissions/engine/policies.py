"""A version of a policy, made ready to judge: whom and what it is about, its condition as a function, its duties."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from cxaccess.lib.conditions.compiled import Judge
from cxaccess.lib.conditions.evaluation import Facts, World
from cxaccess.lib.conditions.folding import Fold, folding
from cxaccess.lib.conditions.partial import deciding, outcomes
from cxaccess.lib.conditions.schema import Schema
from cxaccess.lib.conditions.tree import Condition, attributes_of
from permissions.engine.combine import Effect, Verdict
from permissions.engine.questions import Question

SECOND_FACTOR = "context.factor_minutes"  # how many minutes ago the second factor was confirmed
REASON = "context.reason"  # why, as whoever asks says it


class Kind(StrEnum):
    """What a policy does where it is about a question."""

    ALLOW = "allow"  # allow when the condition holds
    BLOCK = "block"  # block when it holds, or nobody knows
    ONLY = "only"  # block unless it holds


@dataclass(frozen=True, slots=True)
class StepUp:
    """The obligation to have confirmed the second factor at most so many minutes ago."""

    minutes: int

    def is_met(self, facts: Facts) -> bool:
        """Return whether the moment of asking meets it."""
        passed = facts.get(SECOND_FACTOR)
        return isinstance(passed, int | float) and not isinstance(passed, bool) and 0 <= passed <= self.minutes


@dataclass(frozen=True, slots=True)
class StateReason:
    """The obligation to say why."""

    def is_met(self, facts: Facts) -> bool:
        """Return whether a reason was said."""
        said = facts.get(REASON)
        return isinstance(said, str) and bool(said.strip())


Demand = StepUp | StateReason  # what must be met before anything happens


@dataclass(frozen=True, slots=True)
class Duty:
    """One obligation of a policy. `unless`: where this holds, it is not owed; unknown, it is."""

    what: object
    unless: Judge | None = None
    condition: Condition | None = None  # of `unless`, to be read

    def is_owed(self, facts: Facts, world: World) -> bool:
        """Return whether it is still to be met."""
        if self.unless is not None and self.unless(facts, world) is True:
            return False
        return not (isinstance(self.what, StepUp | StateReason) and self.what.is_met(facts))


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy version in force. `actions` are those it is about, implications counted.

    `principals` and `roles` say about whom; both empty: everybody. `condition` None: it always holds; `holds` is what
    it says, compiled. Of a condition that cannot be read any more nobody knows what it says. `passes` tells of a person
    whether it surely opens (an allow) or surely does not stop them (a block, an only-when), or what is left to ask,
    `fails` whether it surely says the contrary.
    """

    policy: int
    version: int
    kind: Kind
    actions: frozenset[str]
    principals: frozenset[int]
    roles: frozenset[int]
    holds: Judge
    condition: Condition | None
    schema: Schema
    duties: tuple[Duty, ...] = ()
    passes: Fold = field(init=False, compare=False, repr=False)
    fails: Fold = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "passes", self._folded(self.wanted))
        object.__setattr__(self, "fails", self._folded(not self.wanted))

    def _folded(self, wanted: bool) -> Fold:
        if self.condition is not None:
            return folding(self.condition, self.schema, wanted=wanted)
        holds = self.holds
        return lambda known, world: holds(known, world) is wanted

    @property
    def wanted(self) -> bool:
        """Return what its condition must say to let somebody pass."""
        return self.kind is not Kind.BLOCK

    @property
    def reads(self) -> frozenset[str]:
        """Return the attributes that it reads, those of what spares an obligation too."""
        return frozenset(key for condition in self.conditions for key in attributes_of(condition))

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return its condition and those of its obligations."""
        own = () if self.condition is None else (self.condition,)
        return (*own, *(duty.condition for duty in self.duties if duty.condition is not None))

    def is_about(self, asked: Question) -> bool:
        """Return whether the person who asks is among those it is about."""
        if not (self.principals or self.roles):
            return True
        if not self.principals.isdisjoint(asked.reached):
            return True
        return bool(self.roles) and not self.roles.isdisjoint(asked.roles)

    def judge(self, asked: Question) -> Verdict | None:
        """Return what it says of the question; None where it has no say."""
        return self.verdict(asked, self.holds(asked.facts, asked.world)) if self.is_about(asked) else None

    def verdict(self, asked: Question, said: bool | None) -> Verdict | None:
        """Return what follows, of a person it is about, from what its condition said; None where it has no say."""
        effect = self.effect(said)
        if effect is None:
            return None
        owed = self.owed(asked.facts, asked.world) if self.duties and effect is not Effect.BLOCK else ()
        return Verdict(self.policy, effect, owed, self.version, self.kind, said, partial(self.clauses, asked))

    def effect(self, said: bool | None) -> Effect | None:
        """Return what follows from what the condition says: unknown never opens."""
        if self.kind is Kind.ALLOW:
            return Effect.ALLOW if said is True else None
        if self.kind is Kind.BLOCK:
            return None if said is False else Effect.BLOCK
        return Effect.HOLDS if said is True else Effect.BLOCK

    def owed(self, facts: Facts, world: World) -> tuple[object, ...]:
        """Return the obligations that whoever acts on its yes must meet still."""
        return tuple(duty.what for duty in self.duties if duty.is_owed(facts, world))

    def clauses(self, asked: Question) -> tuple[tuple[int, ...], ...]:
        """Return the places of the comparisons that decided, as `reading.Problem` counts them."""
        if self.condition is None:
            return ()
        return deciding(self.condition, asked.facts, self.schema, asked.world)

    def possible(self, asked: Question, is_open: Callable[[str], bool]) -> frozenset[Effect | None]:
        """Return every effect it could have while the attributes that `is_open` names are not known yet."""
        if not self.is_about(asked):
            return frozenset({None})
        if self.condition is None:
            return frozenset({self.effect(self.holds(asked.about_subject, asked.world))})
        found = outcomes(self.condition, asked.about_subject, self.schema, asked.world, is_open)
        return frozenset(self.effect(said) for said in found)


class Unready(Exception):
    """A version that could not be made ready was asked what it says."""


@dataclass(frozen=True, slots=True)
class Faulty:
    """A version that is only recorded and could not be made ready; `fault` says why. It judges nothing."""

    policy: int
    version: int
    actions: frozenset[str]
    fault: str

    def judge(self, asked: Question) -> Verdict | None:
        """Raise Unready."""
        raise Unready(self.fault)
