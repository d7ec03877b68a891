"""What one person may do by one action, made ready: it answers about any thing until something begins or ends.

`decide` explains the same answer; tests hold that they agree. The scopes of a person's grants are folded into one set
of places for each dimension, the policies about them into two short lists of predicates.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from cxaccess.lib.conditions.evaluation import Facts, World
from permissions.engine.combine import Context, Effect, Policy
from permissions.engine.policies import Kind, Rule
from permissions.engine.questions import Question
from permissions.engine.types import ACTIVE, Scope, Subject, Target

if TYPE_CHECKING:
    from permissions.engine.model import Model

NOWHERE: frozenset[int] = frozenset()
# Whether a policy surely says what is wanted: of the facts of person, thing and moment, that moment, and the world.
Sure = Callable[[Facts, Facts, Facts, datetime, World], bool]
Terms = tuple[tuple[str, frozenset[int]], ...]  # of a scope: each dimension with the places that it takes in


@dataclass(frozen=True, slots=True)
class Standing:
    """`scopes` and `objects` are what the person holds the action on; the rest is that, and the policies, folded.

    `places` are terms of which one is enough, `conjunctions` those that must hold together. `opens` and `limits` are
    of policies: one of the first is enough, each of the second must hold.
    """

    type: str
    known: Facts
    world: World | None
    scopes: frozenset[Scope] = frozenset()
    objects: frozenset[int] = NOWHERE
    everywhere: bool = False
    places: Terms = ()
    conjunctions: tuple[Terms, ...] = ()
    opens: tuple[Sure, ...] = ()
    limits: tuple[Sure, ...] = ()

    def allows(self, target: Target, moment: Mapping[str, object], at: datetime) -> bool:
        """Return whether the action may be done to `target`; `moment` is what is known of the moment of asking."""
        world = self.world
        if world is None or target.type != self.type or not target.exists:
            return False
        granted = self.everywhere or self.covers(target)
        if not (granted or self.opens):
            return False
        if not (self.opens or self.limits):
            return granted
        known, facts = self.known, target.facts()
        for holds in self.limits:
            if not holds(known, facts, moment, at, world):
                return False
        return granted or any(opens(known, facts, moment, at, world) for opens in self.opens)

    def covers(self, target: Target) -> bool:
        """Return whether a scope, or a grant on exactly it, takes `target` in."""
        if self.objects and target.resource in self.objects:
            return True
        there = target.places
        for dimension, places in self.places:
            if not places.isdisjoint(there.get(dimension, NOWHERE)):
                return True
        for terms in self.conjunctions:
            for dimension, places in terms:
                if places.isdisjoint(there.get(dimension, NOWHERE)):
                    break
            else:
                return True
        return False


def standing(
    model: "Model", subject: Subject, action: str, at: datetime, scopes: frozenset[Scope], objects: frozenset[int]
) -> Standing:
    """Return where `subject` stands; `scopes` and `objects` are what `scopes_for` and `objects_for` say."""
    type_ = action.partition(".")[0]
    if subject.state != ACTIVE or action not in model.implies:
        return Standing(type_, {}, None)
    limited = [scope for scope in scopes if scope.terms]
    single = [scope.terms[0] for scope in limited if len(scope.terms) == 1]
    opens, limits = _ruled(model, subject, action, at)
    return Standing(
        type_,
        subject.known.at(at) if opens or limits else {},
        model.world(at),
        scopes,
        objects,
        len(limited) < len(scopes),
        tuple(
            (dimension, frozenset().union(*(model.below(dimension, node) for of, node in single if of == dimension)))
            for dimension in sorted({dimension for dimension, _node in single})
        ),
        tuple(
            tuple((dimension, model.below(dimension, node)) for dimension, node in scope.terms)
            for scope in limited
            if len(scope.terms) > 1
        ),
        opens,
        limits,
    )


def _ruled(
    model: "Model", subject: Subject, action: str, at: datetime
) -> tuple[tuple[Sure, ...], tuple[Sure, ...]]:  # fmt: skip
    """Return what policies about the person open and limit."""
    judging: Iterable[Policy] = model.judging.get(action, ()) if model.policies else ()
    if not judging:
        return (), ()
    asked = Question(model, subject, action, Target(action.partition(".")[0]), Context(), at)
    opens, limits = [], []
    for policy in judging:
        if not isinstance(policy, Rule):
            opens.append(_judged(model, subject, action, policy, Effect.ALLOW))
            limits.append(_judged(model, subject, action, policy, Effect.BLOCK))
        elif policy.is_about(asked):
            # An allow must hold, a block must surely not, an only-when must.
            says = partial(_surely, policy.holds, policy.kind is not Kind.BLOCK)
            (opens if policy.kind is Kind.ALLOW else limits).append(says)
    return tuple(opens), tuple(limits)


def _judged(model: "Model", subject: Subject, action: str, policy: Policy, effect: Effect) -> Sure:
    """Return what a policy of another making says: that it allows, or that it does not block."""

    def says(_known: Facts, facts: Facts, moment: Facts, at: datetime, _world: World) -> bool:
        target = Target(action.partition(".")[0], facts=lambda: facts)
        verdict = policy.judge(Question(model, subject, action, target, Context(moment), at))
        return (verdict is not None and verdict.effect is effect) is (effect is Effect.ALLOW)

    return says


def _surely(
    holds: Callable[[Facts, World], bool | None],
    wanted: bool,
    known: Facts,
    facts: Facts,
    moment: Facts,
    at: datetime,
    world: World,
) -> bool:
    """Return whether a condition surely says what is wanted: unknown is neither."""
    return holds({**known, "context.at": at, **moment, **facts}, world) is wanted
