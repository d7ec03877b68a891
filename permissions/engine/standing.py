"""What one person may do by one action, made ready: it answers about any thing until something begins or ends.

`decide` explains the same answer; tests hold that they agree. The scopes of a person's grants are folded into one set
of nodes for each dimension, the policies about them into what is left to be asked of the thing and of the moment.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from cxaccess.lib.conditions.evaluation import Facts
from cxaccess.lib.conditions.folding import Left, Sure
from permissions.engine.combine import Context, Effect, Policy
from permissions.engine.policies import Kind, Rule
from permissions.engine.questions import Question
from permissions.engine.types import NearMiss, Path, Scope, Subject, Target

if TYPE_CHECKING:
    from permissions.engine.model import Model

NOWHERE: frozenset[int] = frozenset()
Terms = tuple[tuple[str, frozenset[int]], ...]  # of a scope: each dimension with the nodes of which one is enough
Above = Callable[[str, int], frozenset[int]]


@dataclass(frozen=True, slots=True)
class Explained:
    """What explaining needs beside: each grant's paths within its scope, near misses there and outside, and policies.

    Of each policy about the person, in order: what is left of whether it passes, and of whether it surely fails.
    """

    grants: tuple[tuple[Scope, tuple[Path, ...], tuple[NearMiss, ...], tuple[NearMiss, ...]], ...]
    policies: tuple[tuple[Policy, Left, Left], ...]


@dataclass(slots=True)
class Standing:
    """`scopes` and `objects` are what the person holds the action on; the rest is that, and the policies, folded.

    `places` are terms of which one is enough, `conjunctions` those that must hold together; `above` are the model's
    trees. `opens` and `limits` are of policies: one of the first is enough, each of the second must hold. `shut`: there
    is nothing of which the answer could be a yes. `explained` is made once somebody wants reasons.
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
    explained: Explained | None = field(default=None, compare=False)

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
    if not subject.is_active(at) or action not in model.implies:
        return Standing(type_, {}, model.above, shut=True)
    limited = [scope.terms for scope in scopes if scope.terms]
    opens: list[Left] = []
    limits: list[Left] = []
    ruled = action in model.judging
    mine = (subject.known.at(at) if known is None else known) if ruled else {}
    for policy, left in about(model, subject, action, at, mine) if ruled else ():
        if isinstance(policy, Rule):
            (opens if policy.kind is Kind.ALLOW else limits).append(left)
        else:
            opens.append(left)
            limits.append(_judged(model, subject, action, policy, Effect.BLOCK))
    return Standing(
        type_,
        mine,
        model.above,
        scopes,
        objects,
        len(limited) < len(scopes) or True in opens,
        False in limits,
        _single(limited),
        tuple(
            tuple((dimension, frozenset({node})) for dimension, node in terms) for terms in limited if len(terms) > 1
        ),
        tuple(surely for surely in opens if not isinstance(surely, bool)),
        tuple(surely for surely in limits if not isinstance(surely, bool)),
    )


def _single(scopes: Iterable[tuple[tuple[str, int], ...]]) -> Terms:
    """Return the scopes that name one node only, as one set for each dimension."""
    found: dict[str, set[int]] = {}
    for terms in scopes:
        if len(terms) == 1:
            found.setdefault(terms[0][0], set()).add(terms[0][1])
    return tuple((dimension, frozenset(found[dimension])) for dimension in sorted(found))


def about(
    model: "Model", subject: Subject, action: str, at: datetime, known: Facts
) -> Iterator[tuple[Policy, Left]]:  # fmt: skip
    """Yield the policies about the person, with what is left of each: it opens, or it does not stop them."""
    asked = Question(model, subject, action, Target(action.partition(".")[0]), Context(), at)
    for policy in model.judging.get(action, ()):
        if not isinstance(policy, Rule):
            yield policy, _judged(model, subject, action, policy, Effect.ALLOW)
        elif policy.is_about(asked):
            yield policy, policy.passes(known, asked.world)


def _judged(model: "Model", subject: Subject, action: str, policy: Policy, effect: Effect) -> Sure:
    """Return what a policy of another making says: that it allows, or that it does not block."""

    def says(thing: Facts, moment: Facts, at: datetime) -> bool:
        target = Target(action.partition(".")[0], facts=lambda: thing)
        verdict = policy.judge(Question(model, subject, action, target, Context(moment), at))
        return (verdict is not None and verdict.effect is effect) is (effect is Effect.ALLOW)

    return says
