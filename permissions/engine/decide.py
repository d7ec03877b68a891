"""The decision itself. `allows` is the quick answer, `decide` the explained one; they always agree."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from cxaccess.lib.clock import Window
from cxaccess.lib.conditions.evaluation import Facts
from permissions.engine.combine import Context, Verdict, combine
from permissions.engine.model import Model, Way
from permissions.engine.policies import Kind, Rule
from permissions.engine.questions import Question
from permissions.engine.standing import Explained, Standing, about, standing
from permissions.engine.types import (
    Decision,
    Grant,
    Membership,
    NearMiss,
    ObjectGrant,
    Path,
    Reason,
    Scope,
    Subject,
    Target,
    Trial,
    Would,
)

NOTHING_KNOWN = Context()
IN_TIME: frozenset[Reason] = frozenset()
OVER, NOT_YET = frozenset({Reason.OVER}), frozenset({Reason.NOT_YET})


def allows(
    model: Model, subject: Subject, action: str, target: Target, at: datetime, context: Context = NOTHING_KNOWN
) -> bool:
    """Return whether `subject` may do `action` to `target` at `at`. Default deny."""
    return stands(model, subject, action, at).allows(target, context.known, at)


def stands(model: Model, subject: Subject, action: str, at: datetime) -> Standing:
    """Return what `subject` may do by `action` at `at`, and until something of theirs begins or ends."""
    within = scopes_for(model, subject, action, at)
    return standing(model, subject, action, at, within, objects_for(model, subject, action, at))


def scopes_for(model: Model, subject: Subject, action: str, at: datetime) -> frozenset[Scope]:
    """Return the scopes within which `subject` holds `action` at `at`. None: nowhere. Everywhere: a termless scope."""
    if not subject.is_active(at) or action not in model.implies:
        return frozenset()
    roles = model.granting[action]
    reached: set[int] | None = None
    found = set()
    for grant in subject.grants:
        if grant.role not in roles or not grant.window.covers(at):
            continue
        if reached is None:
            reached = principals_reached(model, subject, at)
        if grant.principal in reached:
            found.add(grant.scope)
    return frozenset(found)


def objects_for(model: Model, subject: Subject, action: str, at: datetime) -> frozenset[int]:
    """Return the resources on which `subject` holds `action` at `at` by an object grant."""
    if not subject.objects or not subject.is_active(at) or action not in model.implies:
        return frozenset()
    sources, reached = model.implied_by[action], principals_reached(model, subject, at)
    return frozenset(
        resource
        for resource, grants in subject.objects.items()
        if any(grant.action in sources and grant.window.covers(at) and grant.principal in reached for grant in grants)
    )


def decide(
    model: Model,
    subject: Subject,
    action: str,
    target: Target,
    at: datetime,
    context: Context = NOTHING_KNOWN,
    mine: Standing | None = None,
) -> Decision:
    """Return the decision with every path that allows it or, for a no, the paths that nearly would.

    `mine` is what `stands` says, where the caller has it at hand.
    """
    if action not in model.implies:
        return Decision(False, Reason.UNKNOWN_ACTION, action, target, at)
    if action.partition(".")[0] != target.type:
        return Decision(False, Reason.WRONG_TYPE, action, target, at)
    if not target.exists:
        return Decision(False, Reason.NOT_THERE, action, target, at)
    if mine is None:
        mine = stands(model, subject, action, at)
    found = mine.explained
    if found is None:
        found = mine.explained = _explained(model, subject, action, at, mine.known)
    paths, near = _sorted_out(model, subject, action, target, at, found)
    if not subject.is_active(at):
        return Decision(False, Reason.NOT_ACTIVE, action, target, at, near=near)
    asked = Question(model, subject, action, target, context, at, mine.known or None)
    verdicts = tuple(_verdicts(found, asked))
    joint = combine(bool(paths), verdicts)
    granted = Reason.GRANTED if joint.allowed else _nearest(near)
    reason = Reason.BLOCKED if joint.blocked else granted
    would = _would(asked, bool(paths), verdicts, joint.allowed) if action in model.watching else None
    return Decision(joint.allowed, reason, action, target, at, paths, near, verdicts, joint.obligations, would)


def _would(asked: Question, granted: bool, verdicts: tuple[Verdict, ...], allowed: bool) -> Would:
    """Return the answer with the policies being recorded in force, each in the place of its enforced version.

    Nothing that goes wrong in one of them reaches the answer that counts: it is a fault of its trial.
    """
    said: list[Verdict] = []
    trials: list[Trial] = []
    for policy in asked.model.watching[asked.action]:
        try:
            verdict = policy.judge(asked) if asked.action in policy.actions else None
        except Exception as fault:  # noqa: BLE001 - whatever it is, a policy that is only watched must not decide
            trials.append(Trial(policy.version, allowed, fault=fault))
            continue
        own = () if verdict is None else (verdict,)
        said += own
        alone = combine(granted, (*(one for one in verdicts if one.policy != policy.policy), *own))
        trials.append(Trial(policy.version, alone.allowed, alone.obligations))
    if len(trials) == 1 == len(asked.model.recording) and trials[0].fault is None:
        return Would(alone.allowed, tuple(said), alone.obligations, tuple(trials))
    tried = {policy.policy for policy in asked.model.recording}
    joint = combine(granted, (*(one for one in verdicts if one.policy not in tried), *said))
    return Would(joint.allowed, tuple(said), joint.obligations, tuple(trials))


def _explained(model: Model, subject: Subject, action: str, at: datetime, known: Facts) -> Explained:
    """Return what of reasons is the same for every thing, until something begins or ends."""
    roles = model.granting[action]
    grants = tuple(
        (grant.scope, *_ways(model, subject, grant, model.role_paths(grant.role, action), at))
        for grant in subject.grants
        if grant.role in roles
    )
    world = model.world(at)
    policies = tuple(
        (policy, left, policy.fails(known, world) if isinstance(policy, Rule) else False)
        for policy, left in (about(model, subject, action, at, known) if subject.is_active(at) else ())
    )
    return Explained(grants, policies)


def _sorted_out(
    model: Model, subject: Subject, action: str, target: Target, at: datetime, found: Explained
) -> tuple[tuple[Path, ...], tuple[NearMiss, ...]]:
    """Return the paths that allow, and those that lack exactly one thing; of object grants only those on the target."""
    paths: list[Path] = []
    near: list[NearMiss] = []
    for held in subject.objects.get(target.resource, ()) if target.resource is not None else ():
        if held.action in model.implied_by[action]:
            whole, almost, _ = _ways(model, subject, held, [((), model.implication_path(held.action, action))], at)
            paths += whole
            near += almost
    for scope, whole, almost, outside in found.grants:
        if not scope.terms or model.covers(scope, target):
            paths += whole
            near += almost
        else:
            near += outside
    return tuple(paths), tuple(near)


def _ways(
    model: Model, subject: Subject, grant: Grant | ObjectGrant, ways: Sequence[Way], at: datetime
) -> tuple[tuple[Path, ...], tuple[NearMiss, ...], tuple[NearMiss, ...]]:
    """Return a grant's paths, the near misses where it reaches, and those where it does not."""
    missing = _out_of_time(grant.window, at)
    if not subject.is_active(at):
        missing |= {Reason.NOT_ACTIVE}
    paths: list[Path] = []
    near: list[NearMiss] = []
    outside: list[NearMiss] = []
    for via, membership in _routes(model, subject, grant) if len(missing) < 2 else ():
        lacking = missing if membership is None else missing | _out_of_time(membership.window, at)
        if len(lacking) > 1:
            continue
        found = [Path(via, membership, grant, roles, actions) for roles, actions in ways]
        if lacking:
            near += [NearMiss(path, next(iter(lacking))) for path in found]
        else:
            paths += found
            outside += [NearMiss(path, Reason.OUT_OF_SCOPE) for path in found]
    return tuple(paths), tuple(near), tuple(outside)


def _verdicts(found: Explained, asked: Question) -> Iterator[Verdict]:
    """Yield what the policies about the person say."""
    thing, moment, at = asked.target.facts() if found.policies else {}, asked.context.known, asked.at
    for policy, passes, fails in found.policies:
        if not isinstance(policy, Rule):
            verdict = policy.judge(asked)
        elif passes is True or (passes and passes(thing, moment, at)):
            verdict = policy.verdict(asked, policy.wanted)
        elif policy.kind is Kind.ALLOW:
            continue
        else:
            failed = fails if isinstance(fails, bool) else fails(thing, moment, at)
            verdict = policy.verdict(asked, not policy.wanted if failed else None)
        if verdict is not None:
            yield verdict


def fits(model: Model, action: str, target: Target) -> bool:
    """Return whether `action` can be asked about `target` at all."""
    return target.exists and action in model.implies and action.partition(".")[0] == target.type


def principals_reached(model: Model, subject: Subject, at: datetime) -> set[int]:
    """Return the principals whose grants reach the subject at `at`."""
    reached = {subject.principal}
    for membership in subject.memberships:
        if membership.window.covers(at):
            reached.update(model.chain(membership.principal))
    return reached


def _routes(
    model: Model, subject: Subject, grant: Grant | ObjectGrant
) -> Iterator[tuple[tuple[int, ...], Membership | None]]:
    """Yield each way from the subject to the grant's principal, in force or not."""
    if grant.principal == subject.principal:
        yield (subject.principal,), None
    for membership in subject.memberships:
        chain = model.chain(membership.principal)
        if grant.principal in chain:
            yield (subject.principal, *chain[: chain.index(grant.principal) + 1]), membership


def _out_of_time(window: Window, at: datetime) -> frozenset[Reason]:
    """Return why a window is not in force. An empty one was revoked before it began: it never will be."""
    if window.until is not None and window.until <= max(at, window.starts_at):
        return OVER
    return NOT_YET if at < window.starts_at else IN_TIME


def _nearest(near: tuple[NearMiss, ...]) -> Reason:
    reasons = {miss.reason for miss in near}
    return next((r for r in (Reason.OUT_OF_SCOPE, Reason.NOT_YET, Reason.OVER) if r in reasons), Reason.NO_GRANT)
