"""What policies say of many at once: of the rows of a list, of everybody, and of whether there is anything at all.

Each is the point decision turned into another shape; tests hold that they agree. Negation is that of
`cxaccess.lib.conditions.query`, which does not open for NULL.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.attributes import columns as of_people
from accounts.models import Person, here
from cxaccess.lib.conditions import Entity, Not
from cxaccess.lib.conditions.columns import Column, Place, contrary
from cxaccess.lib.conditions.query import EVERYTHING, NOTHING, compile_condition
from permissions.engine import Model, Target
from permissions.engine.combine import Context, Effect, Policy
from permissions.engine.policies import Demand, Faulty, Kind, Rule, StateReason, StepUp, Unready
from permissions.engine.questions import Question
from permissions.engine.types import Subject, Trial
from permissions.models import Mode, RoleGrant
from permissions.policies import columns
from permissions.policies.schema import is_of_thing

Open = Callable[[str], bool] | None
NOBODY = Subject(0, 0, "")  # who asks is what is looked for


def listed(
    asked: Question, granted: Q, governed: type[models.Model], rules: Iterable[Policy] | None = None
) -> Q:  # fmt: skip
    """Return the condition on rows of `governed` on which policies let pass what grants (`granted`) and they open.

    `rules` are those in force where none are given.
    """
    opened, limits = [granted or EVERYTHING], []  # an empty Q is everything alone, but nothing in an "or"
    for policy in asked.model.judging[asked.action] if rules is None else rules:
        rule = _rule(policy)
        if not rule.is_about(asked):
            continue
        places: dict[str, Place] = dict(columns.of(governed, rule.schema, asked.at))
        said = _Said(rule, places, asked.about_subject, asked)
        if rule.kind is Kind.ALLOW:
            opened.append(said.is_(True))
        else:
            limits.append(said.is_(rule.kind is Kind.ONLY))
    return _every([_some(opened), *limits])


def _some(parts: Iterable[Q]) -> Q:
    """Return that one of `parts` holds; what is decided already is no condition on rows."""
    found = NOTHING
    for part in parts:
        if part is EVERYTHING:
            return EVERYTHING
        if part is not NOTHING:
            found = part if found is NOTHING else found | part
    return found


def _every(parts: Iterable[Q]) -> Q:
    """Return that all of `parts` hold."""
    found = Q()
    for part in parts:
        if part is NOTHING:
            return NOTHING
        if part is not EVERYTHING:
            found &= part
    return found


def people(
    model: Model,
    action: str,
    target: Target,
    at: datetime,
    context: Context,
    granted: models.QuerySet[Person],
    reached: Callable[[Iterable[int]], models.QuerySet[Person]],
    is_open: Open = None,
) -> models.QuerySet[Person]:
    """Return the active people whom policies let pass of those that grants (`granted`) and they open.

    `reached(principals)` gives the people whom a grant to one of these would reach. With `is_open`: those who may
    pass, whatever the attributes are that it names.
    """
    known = {**target.facts(), "context.at": at, **context.known}
    nobody = Question(model, NOBODY, action, target, context, at)
    opened, limits = Q(pk__in=granted.order_by().values("pk")), Q()
    for rule in model.judging[action]:
        assert isinstance(rule, Rule)
        about = _about(rule, at, reached)
        places = of_people.of_people(rule.schema.of(Entity.SUBJECT), at) | {"subject.person": Column("pk")}
        said = _Said(rule, places, known, nobody, is_open)
        if rule.kind is Kind.ALLOW:
            opened |= about & said.is_(True)
        else:
            limits &= said.is_(rule.kind is Kind.ONLY) | (NOTHING if about is EVERYTHING else contrary(about))
    return Person.objects.filter(opened & limits, here(at))


@dataclass(frozen=True, slots=True)
class Door:
    """Whether a list or a file may be opened at all, what is to be met before, and what recorded versions would say."""

    allowed: bool
    demands: tuple[Demand, ...] = ()
    trials: tuple[Trial, ...] = ()


def door(asked: Question, *, granted: bool) -> Door:
    """Return what the door of a list says, with what it would say if each recorded version were enforced."""
    allowed, demands = somewhere(asked, granted=granted), demanded(asked)
    watching = asked.model.watching.get(asked.action, ())
    return Door(allowed, demands, tuple(_trial(asked, granted, policy, allowed) for policy in watching))


def _trial(asked: Question, granted: bool, policy: Policy, allowed: bool) -> Trial:
    rules = tried(asked, policy)
    try:
        return Trial(policy.version, _is_open(asked, rules, granted), _wanted(asked, rules))
    except Exception as fault:  # noqa: BLE001 - whatever it is, a policy that is only watched must not decide
        return Trial(policy.version, allowed, fault=fault)


def tried(asked: Question, policy: Policy) -> tuple[Policy, ...]:
    """Return the policies about `asked` with a recorded one in the place of what is enforced of it."""
    staying = [rule for rule in asked.model.judging.get(asked.action, ()) if rule.policy != policy.policy]
    return (*staying, *((policy,) if asked.action in policy.actions else ()))


def somewhere(asked: Question, *, granted: bool) -> bool:
    """Return whether there may be a thing on which the answer is yes: policies that read the thing rule nothing out."""
    return _is_open(asked, asked.model.judging.get(asked.action, ()), granted)


def _is_open(asked: Question, rules: Iterable[Policy], granted: bool) -> bool:
    if not asked.subject.is_active(asked.at):
        return False
    found = [_rule(rule).possible(asked, is_of_thing) for rule in rules]
    if any(effects == {Effect.BLOCK} for effects in found):
        return False
    return granted or any(Effect.ALLOW in effects for effects in found)


def demanded(asked: Question) -> tuple[Demand, ...]:
    """Return what must be met before a list or a file of them is opened at all.

    Of a policy that reads the thing, viewing shows the rows without their content; anything more waits.
    """
    return _wanted(asked, asked.model.judging.get(asked.action, ()))


def _wanted(asked: Question, rules: Iterable[Policy]) -> tuple[Demand, ...]:
    viewing = asked.action.endswith(".view")
    found: list[Demand] = []
    for rule in rules:
        effects = _rule(rule).possible(asked, is_of_thing)
        applies = {Effect.ALLOW, Effect.HOLDS} & effects
        if applies and (len(effects) == 1 or not viewing):
            owed = _rule(rule).owed(asked.about_subject, asked.world)
            found += [duty for duty in owed if isinstance(duty, StepUp | StateReason)]
    return tuple(found)


def _rule(policy: Policy) -> Rule:
    if isinstance(policy, Faulty):
        raise Unready(policy.fault)
    assert isinstance(policy, Rule)
    return policy


@dataclass(frozen=True)
class _Said:
    """What the condition of one rule says of the rows that `places` describe, the rest being `known`."""

    rule: Rule
    places: dict[str, Place]
    known: dict[str, object]
    asked: Question
    is_open: Open = None

    def is_(self, wanted: bool) -> Q:
        """Return the condition that it says `wanted`, and not that nobody knows."""
        rule = self.rule
        if rule.condition is None:
            said = rule.holds(self.known, self.asked.world)
            return EVERYTHING if said is wanted else NOTHING
        condition = rule.condition if wanted else Not(rule.condition)
        return compile_condition(condition, rule.schema, self.places, self.asked.world, self.known, self.is_open)


def _about(rule: Rule, at: datetime, reached: Callable[[Iterable[int]], models.QuerySet[Person]]) -> Q:
    if not (rule.principals or rule.roles):
        return EVERYTHING
    rows = RoleGrant.objects.in_force(at).filter(role__in=rule.roles, mode=Mode.ACTIVE)
    principals = rule.principals | set(rows.values_list("principal_id", flat=True))
    return Q(pk__in=reached(principals).order_by().values("pk"))
