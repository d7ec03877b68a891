"""The decision itself. `allows` is the quick answer, `decide` the explained one; they always agree."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from permissions.engine.combine import Context, Policy, Verdict, combine
from permissions.engine.model import Model
from permissions.engine.questions import Question
from permissions.engine.types import (
    ACTIVE,
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


def allows(
    model: Model,
    subject: Subject,
    action: str,
    target: Target,
    at: datetime,
    context: Context = NOTHING_KNOWN,
    *,
    within: frozenset[Scope] | None = None,
    on: frozenset[int] | None = None,
) -> bool:
    """Return whether `subject` may do `action` to `target` at `at`. Default deny.

    `within` and `on` are what `scopes_for` and `objects_for` say, where the caller has it already.
    """
    if subject.state != ACTIVE or not fits(model, action, target):
        return False
    scopes = scopes_for(model, subject, action, at) if within is None else within
    granted = any(model.covers(scope, target) for scope in scopes)
    if not granted and target.resource is not None and target.resource in subject.objects:
        granted = target.resource in (objects_for(model, subject, action, at) if on is None else on)
    if not model.policies or action not in model.judging:
        return granted
    return combine(
        granted, _verdicts(model.judging[action], Question(model, subject, action, target, context, at))
    ).allowed


def scopes_for(model: Model, subject: Subject, action: str, at: datetime) -> frozenset[Scope]:
    """Return the scopes within which `subject` holds `action` at `at`. None: nowhere. Everywhere: a termless scope."""
    if subject.state != ACTIVE or action not in model.implies:
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
    if not subject.objects or subject.state != ACTIVE or action not in model.implies:
        return frozenset()
    sources, reached = model.implied_by[action], principals_reached(model, subject, at)
    return frozenset(
        resource
        for resource, grants in subject.objects.items()
        if any(grant.action in sources and grant.window.covers(at) and grant.principal in reached for grant in grants)
    )


def decide(
    model: Model, subject: Subject, action: str, target: Target, at: datetime, context: Context = NOTHING_KNOWN
) -> Decision:
    """Return the decision with every path that allows it or, for a no, the paths that nearly would."""
    if action not in model.implies:
        return Decision(False, Reason.UNKNOWN_ACTION, action, target, at)
    if action.partition(".")[0] != target.type:
        return Decision(False, Reason.WRONG_TYPE, action, target, at)
    if not target.exists:
        return Decision(False, Reason.NOT_THERE, action, target, at)
    paths, near = _sorted_out(model, subject, action, target, at)
    if subject.state != ACTIVE:
        return Decision(False, Reason.NOT_ACTIVE, action, target, at, near=near)
    asked = Question(model, subject, action, target, context, at, explained=True)
    verdicts = _verdicts(model.judging.get(action, ()), asked)
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
    asked.explained = False  # nobody reads which of their comparisons decide
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
    tried = {policy.policy for policy in asked.model.recording}
    joint = combine(granted, (*(one for one in verdicts if one.policy not in tried), *said))
    return Would(joint.allowed, tuple(said), joint.obligations, tuple(trials))


def _sorted_out(
    model: Model, subject: Subject, action: str, target: Target, at: datetime
) -> tuple[tuple[Path, ...], tuple[NearMiss, ...]]:
    """Return the paths that allow, and those that lack exactly one thing."""
    paths: list[Path] = []
    near: list[NearMiss] = []
    for path in _paths(model, subject, action, target):
        missing = _missing(model, subject, path, target, at)
        if not missing:
            paths.append(path)
        elif len(missing) == 1:
            near.append(NearMiss(path, missing.pop()))
    return tuple(paths), tuple(near)


def _verdicts(policies: Iterable[Policy], asked: Question) -> tuple[Verdict, ...]:
    judged = (policy.judge(asked) for policy in policies)
    return tuple(verdict for verdict in judged if verdict is not None)


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


def _paths(model: Model, subject: Subject, action: str, target: Target) -> Iterator[Path]:
    """Yield every path, in force or not, in scope or not; of object grants only those on the target."""
    on_target = subject.objects.get(target.resource, ()) if target.resource is not None else ()
    for held in on_target:
        if held.action in model.implied_by[action]:
            for via, membership in _routes(model, subject, held):
                yield Path(via, membership, held, (), model.implication_path(held.action, action))
    for grant in subject.grants:
        if grant.role not in model.granting[action]:
            continue
        for via, membership in _routes(model, subject, grant):
            for roles, actions in model.role_paths(grant.role, action):
                yield Path(via, membership, grant, roles, actions)


def _missing(model: Model, subject: Subject, path: Path, target: Target, at: datetime) -> set[Reason]:
    """Return everything that keeps `path` from allowing."""
    missing = set()
    if subject.state != ACTIVE:
        missing.add(Reason.NOT_ACTIVE)
    if isinstance(path.grant, Grant) and not model.covers(path.grant.scope, target):
        missing.add(Reason.OUT_OF_SCOPE)
    for window in [path.grant.window] + ([path.membership.window] if path.membership else []):
        if window.until is not None and window.until <= max(at, window.starts_at):
            missing.add(Reason.OVER)  # an empty window was revoked before it began: it never will be in force
        elif at < window.starts_at:
            missing.add(Reason.NOT_YET)
    return missing


def _nearest(near: tuple[NearMiss, ...]) -> Reason:
    reasons = {miss.reason for miss in near}
    return next((r for r in (Reason.OUT_OF_SCOPE, Reason.NOT_YET, Reason.OVER) if r in reasons), Reason.NO_GRANT)
