"""Where policies meet grants: allows open, blocks win, obligations add up."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from permissions.engine.questions import Question

Clauses = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Context:
    """What is known about the moment of asking (device, network, second factor); absent keys are unknown."""

    known: Mapping[str, object] = field(default_factory=dict)


class Effect(StrEnum):
    """What a policy says where it applies."""

    ALLOW = "allow"
    BLOCK = "block"
    HOLDS = "holds"  # it opens nothing and blocks nothing; its obligations count


@dataclass(frozen=True, slots=True)
class Verdict:
    """One policy's say on one question, with what its condition said of it and which clauses (places) decided that."""

    policy: int
    effect: Effect
    obligations: tuple[object, ...] = ()
    version: int = 0
    kind: str = ""
    said: bool | None = True
    deciding: Callable[[], Clauses] = field(default=tuple, compare=False, repr=False)

    @property
    def clauses(self) -> Clauses:
        """Return which comparisons decided; worked out once somebody reads it."""
        return self.deciding()

    @property
    def told(self) -> dict[str, object]:
        """Return it as the trail keeps it."""
        return {"version": self.version, "effect": self.effect.value, "clauses": [list(at) for at in self.clauses]}


class Policy(Protocol):
    """A version of a policy, which judges questions about its `actions`; None: it has no say."""

    @property
    def policy(self) -> int: ...

    @property
    def version(self) -> int: ...

    @property
    def actions(self) -> frozenset[str]: ...

    def judge(self, asked: Question) -> Verdict | None: ...


@dataclass(frozen=True, slots=True)
class Combined:
    """The joint answer of grants and policies."""

    allowed: bool
    blocked: bool
    obligations: tuple[object, ...]


def combine(granted: bool, verdicts: Iterable[Verdict]) -> Combined:
    """Return the joint answer: a block always wins; obligations count only on a yes.

    >>> combine(True, [Verdict(1, Effect.BLOCK)]).allowed
    False
    """
    said = tuple(verdicts)
    if not said:
        return ALONE[granted]
    blocked = any(verdict.effect is Effect.BLOCK for verdict in said)
    allowed = not blocked and (granted or any(verdict.effect is Effect.ALLOW for verdict in said))
    owed = tuple(obligation for verdict in said for obligation in verdict.obligations) if allowed else ()
    return Combined(allowed, blocked, owed)


ALONE = {granted: Combined(granted, False, ()) for granted in (True, False)}  # where no policy has a say
