"""What one person may do by one action, made ready: it answers about any thing until something begins or ends.

`decide` explains the same answer; tests hold that they agree. The scopes of a person's grants are folded into one set
of nodes for each dimension, the policies about them into what is left to be asked of the thing and of the moment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cxaccess.lib.conditions.evaluation import Facts
from cxaccess.lib.conditions.folding import Left, Sure
from permissions.engine.combine import Context, Effect, Policy
from permissions.engine.policies import Kind, Rule
from permissions.engine.questions import Question
from permissions.engine.types import ACTIVE, Scope, Subject, Target

if TYPE_CHECKING:
    from permissions.engine.model import Model

NOWHERE: frozenset[int] = frozenset()
Terms = tuple[tuple[str, frozenset[int]], ...]  # of a scope: each dimension with the nodes of which one is enough
Above = Callable[[str, int], frozenset[int]]


@dataclass(frozen=True, slots=True)
class Standing:
    """`scopes` and `objects` are what the person holds the action on; the rest is that, and the policies, folded.

    `places` are terms of which one is enough, `conjunctions` those that must hold together; `above` are the model's
    trees. `opens` and `limits` are of policies: one of the first is enough, each of the second must hold. `shut`: there
    is nothing of which the answer could be a yes.
    """

    type: str
    known: Facts
    above: Above
    scopes: frozenset[Scope] = frozenset()
    objects: frozenset[int] = NOWHERE
    everywhere: bool = False
    shut: bool = False
    places: Terms = ()
    conjunctions: tuple[Terms, ...] = ()
    opens: tuple[Sure, ...] = ()
    limits: tuple[Sure, ...] = ()

    def allows(self, target: Target, moment: Mapping[str, object], at: datetime) -> bool:
        """Return whether the action may be done to `target`; `moment` is what is known of the moment of asking."""
        if self.shut or target.type != self.type or not target.exists:
            return False
        granted, opens, limits = self.everywhere or self.covers(target), self.opens, self.limits
        if granted:
            if not limits:
                return True
            thing = target.facts()
        else:
            if not opens:
                return False
            thing = target.facts()
            for surely in opens:
                if surely(thing, moment, at):
                    break
            else:
                return False
        for surely in limits:  # noqa: SIM110 - a generator takes twice as long
            if not surely(thing, moment, at):
                return False
        return True

    def covers(self, target: Target) -> bool:
        """Return whether a scope, or a grant on exactly it, takes `target` in."""
        if self.objects and target.resource in self.objects:
            return True
        for dimension, nodes in self.places:
            if self._lies(target, dimension, nodes):
                return True
        for terms in self.conjunctions:
            for dimension, nodes in terms:
                if not self._lies(target, dimension, nodes):
                    break
            else:
                return True
        return False

    def _lies(self, target: Target, dimension: str, nodes: frozenset[int]) -> bool:
        """Return whether one of the target's places is one of `nodes`, or below one."""
        for place in target.places.get(dimension, NOWHERE):
            if not self.above(dimension, place).isdisjoint(nodes):
                return True
        return False


def standing(
    model: "Model",
    subject: Subject,
    action: str,
    at: datetime,
    scopes: frozenset[Scope],
    objects: frozenset[int],
    known: Facts | None = None,
) -> Standing:
    """Return where `subject` stands; `scopes` and `objects` are what `scopes_for` and `objects_for` say.

    `known` is what policies may read of the person at `at`, where the caller has it at hand.
    """  # fmt: skip
    type_ = action.partition(".")[0]
    if subject.state != ACTIVE or action not in model.implies:
        return Standing(type_, {}, model.above, shut=True)
    limited = [scope.terms for scope in scopes if scope.terms]
    single: dict[str, set[int]] = {}
    for terms in limited:
        if len(terms) == 1:
            single.setdefault(terms[0][0], set()).add(terms[0][1])
    ruled = model.policies and action in model.judging
    if ruled and known is None:
        known = subject.known.at(at)
    opens, limits = _ruled(model, subject, action, at, known) if ruled and known is not None else ([], [])
    return Standing(
        type_,
        known if ruled and known is not None else {},
        model.above,
        scopes,
        objects,
        len(limited) < len(scopes) or True in opens,
        False in limits,
        tuple((dimension, frozenset(single[dimension])) for dimension in sorted(single)),
        tuple(
            tuple((dimension, frozenset({node})) for dimension, node in terms) for terms in limited if len(terms) > 1
        ),
        tuple(surely for surely in opens if not isinstance(surely, bool)),
        tuple(surely for surely in limits if not isinstance(surely, bool)),
    )


def _ruled(
    model: "Model", subject: Subject, action: str, at: datetime, known: Facts
) -> tuple[list[Left], list[Left]]:  # fmt: skip
    """Return what policies about the person open and limit."""
    asked = Question(model, subject, action, Target(action.partition(".")[0]), Context(), at)
    opens: list[Left] = []
    limits: list[Left] = []
    world = asked.world
    for policy in model.judging[action]:
        if not isinstance(policy, Rule):
            opens.append(_judged(model, subject, action, policy, Effect.ALLOW))
            limits.append(_judged(model, subject, action, policy, Effect.BLOCK))
        elif policy.is_about(asked):
            (opens if policy.kind is Kind.ALLOW else limits).append(policy.passes(known, world))
    return opens, limits


def _judged(model: "Model", subject: Subject, action: str, policy: Policy, effect: Effect) -> Sure:
    """Return what a policy of another making says: that it allows, or that it does not block."""

    def says(thing: Facts, moment: Facts, at: datetime) -> bool:
        target = Target(action.partition(".")[0], facts=lambda: thing)
        verdict = policy.judge(Question(model, subject, action, target, Context(moment), at))
        return (verdict is not None and verdict.effect is effect) is (effect is Effect.ALLOW)

    return says
