"""What policies said of a decision, in words: which one, and the comparisons because of which it said so.

Whoever may not see policies is told whom to ask, and nothing else of them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Person, PersonState
from cxaccess.lib.conditions import Condition, InvalidCondition, Leaf, Not, Schema, read
from cxaccess.lib.conditions.sentences import names_of, pieces
from cxaccess.lib.conditions.tree import Place
from permissions import gate
from permissions.engine import Decision
from permissions.engine.combine import Effect, Verdict
from permissions.engine.policies import StateReason, StepUp
from permissions.models import Policy, PolicyVersion
from permissions.policies import schema
from permissions.policies.selectors import VIEW
from permissions.policies.words import owed_of

HOLDS = {
    True: gettext_lazy("%(comparison)s: holds"),
    False: gettext_lazy("%(comparison)s: does not hold"),
    None: gettext_lazy("%(comparison)s: nobody knows"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What one policy said. `policy` is None for whoever may not see it; `owner` is whom to ask, if there is somebody.

    `clauses` are the comparisons that decided, each with whether it holds: "Managed device is yes: nobody knows".
    """

    policy: Policy | None
    version: int
    effect: Effect
    clauses: tuple[str, ...]
    owed: tuple[str, ...]
    owner: Person | None

    @property
    def blocks(self) -> bool:
        """Return whether it closes."""
        return self.effect is Effect.BLOCK

    @property
    def opens(self) -> bool:
        """Return whether it opens what nothing else does."""
        return self.effect is Effect.ALLOW


def told(reader: Person, verdicts: Iterable[object], *, zone: str, at: datetime) -> list[Said]:
    """Return what policies said, as far as `reader` may know; what closes comes first."""
    given = [one for one in verdicts if isinstance(one, Verdict)]
    if not given:
        return []
    versions = PolicyVersion.objects.select_related("policy__owner").in_bulk([one.version for one in given])
    policies = [version.policy for version in versions.values()]
    seen = gate.allowed(reader, VIEW, policies, at=at)
    known = schema.whole() if seen else Schema(())
    found = [_said(one, versions[one.version], known, zone, seen) for one in given if one.version in versions]
    return sorted(found, key=lambda said: (not said.blocks, not said.opens))


def _said(verdict: Verdict, version: PolicyVersion, known: Schema, zone: str, seen: set[int]) -> Said:
    policy, owed = version.policy, tuple(owed_of(duty) for duty in verdict.obligations)
    owner = policy.owner if policy.owner is not None and policy.owner.state == PersonState.ACTIVE else None
    if policy.pk not in seen:
        return Said(None, version.number, verdict.effect, (), owed, owner)
    clauses = tuple(_clauses(version, verdict, known, zone))
    return Said(policy, version.number, verdict.effect, clauses, owed, owner)


def _clauses(version: PolicyVersion, verdict: Verdict, known: Schema, zone: str) -> Iterator[str]:
    """Yield the comparisons that decided; nothing of a condition that can no longer be read."""
    try:
        condition = None if version.condition is None else read(version.condition, known, existing=False)
    except InvalidCondition:
        yield _("Its condition can no longer be read")
        return
    if condition is None:
        return
    names = names_of([condition], known)
    for place in verdict.clauses:
        leaf, said = _at(condition, place, verdict.said)
        text = "".join(piece.text for piece in pieces(leaf, known, zone, names))
        yield str(HOLDS[said]) % {"comparison": text}


def _at(condition: Condition, place: Place, said: bool | None) -> tuple[Condition, bool | None]:
    """Return the comparison at `place` and what it says, where the whole says `said` because of it."""
    if isinstance(condition, Not):
        return _at(condition.part, place, None if said is None else not said)
    if isinstance(condition, Leaf) or not place:
        return condition, said
    return _at(condition.parts[place[0]], place[1:], said)


def demanding(reader: Person, decision: Decision, *, zone: str, at: datetime) -> list[Said]:
    """Return what the policies said that want a second factor or a reason first."""
    wanting = [
        one
        for one in decision.verdicts
        if isinstance(one, Verdict) and any(isinstance(duty, StepUp | StateReason) for duty in one.obligations)
    ]
    return told(reader, wanting, zone=zone, at=at)
