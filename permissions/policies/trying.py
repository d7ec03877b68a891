"""Trying a policy: what one person could do to one thing at one moment if it were in force. Nothing is enforced.

It tells of somebody's access what "Check access" tells, so it takes the same right and leaves the same event. Whoever
writes a policy could find out by it what somebody is: so they must be able to see the person and the thing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Model

from accounts.models import Person
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.lib.conditions import Ref, evaluate
from cxaccess.lib.conditions.sentences import Piece, names_of, pieces
from cxaccess.lib.conditions.tree import Place
from permissions import facts, gate, places
from permissions.check.questions import CHECK, TYPE
from permissions.engine import Decision, Target
from permissions.engine import decide as decide_with
from permissions.engine.combine import Context, Effect, Verdict
from permissions.engine.policies import Rule
from permissions.engine.questions import Question
from permissions.guards import require, use_case
from permissions.models import Action, Policy, Resource
from permissions.policies import trial
from permissions.policies.schema import is_of_thing
from permissions.policies.wording import placed
from permissions.policies.words import plain


@dataclass(frozen=True, slots=True)
class Trying:
    """Who would do what, to which thing (None: to any), when, and what is known of that moment, by attribute."""

    person: Person
    action: Action
    thing: Model | None
    known: Mapping[str, object]
    when: datetime


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison of the policy in words: whether it holds (None: nobody knows), and whether that decided.

    `open_`: it reads the thing, and no thing was named.
    """

    says: tuple[Piece, ...]
    holds: bool | None
    decided: bool
    open_: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """The answer with the policy in force (`after`) and the one of now (`before`).

    `verdict` is what the policy itself says, if it has a say; `blocking` are the ids of other policies that block it.
    `decision` has the reasons; None where no thing was named: then it is only known whether there may be one. Then
    `held` says whether some role or grant gives it, `closes` that the policy by itself leaves none, whatever it is.
    """

    asked: Trying
    before: bool
    after: bool
    is_about: bool
    clauses: tuple[Clause, ...]
    decision: Decision | None = None
    verdict: Verdict | None = None
    blocking: tuple[int, ...] = ()
    held: bool = False
    closes: bool = False


@use_case
def try_policy(actor: Person, *, asked: Trying, rule: Rule, policy: Policy | None, zone: str, at: datetime) -> Tried:
    """Return what would be decided with `rule` in force, and record that it was asked. Raises NotVisible, NotAllowed.

    That of oneself is not recorded. Moments are told in `zone`.
    """
    others = actor.pk != asked.person.pk
    if others:
        require(actor, CHECK, places.target(asked.person, at, as_type=TYPE), at=at)
        require(actor, "person.view", asked.person, at=at)
    if asked.thing is not None:
        require(actor, CHECK, places.target(asked.thing, at, as_type=TYPE), at=at)
        if isinstance(asked.thing, Resource):
            require(actor, "resource.view", places.target(asked.thing, at, as_type="resource"), at=at)
    found = _tried(asked, rule, policy, zone, at)
    if others:
        now = gate.decide(asked.person, asked.action.key, _target(asked, at), at=at)
        details = {"as_of": asked.when.isoformat(), "tried": policy.pk if policy else None, "told": _told(found)}
        record(
            Tag.ACCESS_CHECKED, actor=actor, at=at, about=asked.person, decision=gate.explainable(now), details=details
        )
    return found


def _told(found: Tried) -> list[tuple[str, bool | None]]:
    """Return what was said of each comparison: by them a trial tells what is known of somebody."""
    return [(plain(clause.says), clause.holds) for clause in found.clauses]


def _tried(asked: Trying, rule: Rule, policy: Policy | None, zone: str, at: datetime) -> Tried:
    subject, action, now = trial.subject_of(asked.person, at=at), asked.action.key, facts.model(at)
    then, context, target = trial.model_with(now, policy, rule), Context(dict(asked.known)), _target(asked, at)
    when = asked.when
    question = Question(then, subject, action, target, context, when)
    about = action in rule.actions and rule.is_about(question)
    if asked.thing is None:
        models = (now, then, replace(then, policies=()), replace(then, policies=(rule,)))
        before, after, held, left = (trial.somewhere(model, subject, action, context, at=when) for model in models)
        clauses = tuple(_clauses(rule, question, (), zone, known_thing=False))
        return Tried(asked, before, after, about, clauses, held=held, closes=held and not left)
    decision = decide_with(then, subject, action, target, when, context)
    verdicts = [one for one in decision.verdicts if isinstance(one, Verdict)]
    mine = next((one for one in verdicts if one.policy == rule.policy), None)
    return Tried(
        asked,
        decide_with(now, subject, action, target, when, context).allowed,
        decision.allowed,
        about,
        tuple(_clauses(rule, question, mine.clauses if mine else (), zone)) if about else (),
        decision,
        mine,
        tuple(one.policy for one in verdicts if one is not mine and one.effect is Effect.BLOCK),
    )


def _target(asked: Trying, at: datetime) -> Target:
    """Return what is asked about; a resource under the type of the permission, as "Check access" does."""
    type_ = asked.action.key.partition(".")[0]
    if asked.thing is None:
        return Target(type_)
    return places.target(asked.thing, at, as_type=type_ if isinstance(asked.thing, Resource) else None)


def _clauses(
    rule: Rule, question: Question, decided: tuple[Place, ...], zone: str, *, known_thing: bool = True
) -> Iterator[Clause]:  # fmt: skip
    """Yield every comparison of the policy with what it says of the question."""
    if rule.condition is None:
        return
    names = names_of([rule.condition], rule.schema)
    for place, leaf in placed(rule.condition):
        read = {leaf.attribute, leaf.right.key if isinstance(leaf.right, Ref) else leaf.attribute}
        open_ = not known_thing and any(is_of_thing(key) for key in read)
        said = None if open_ else evaluate(leaf, question.facts, rule.schema, question.world)
        yield Clause(pieces(leaf, rule.schema, zone, names), said, place in decided, open_)
