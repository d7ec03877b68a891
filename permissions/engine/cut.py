"""Which single step, taken away, ends an access: what all of its paths have in common."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from permissions.engine.combine import Effect
from permissions.engine.model import MAX_PATHS
from permissions.engine.types import Decision, ObjectGrant, Path


class Step(StrEnum):
    """The kinds of step in a path."""

    MEMBERSHIP = "membership"  # a person in a team: `start` is the membership's id, `end` the team's principal
    PARENT = "parent"  # a team under another: both are principals
    GRANT = "grant"  # a role given to a principal: `start` is the grant's id, `end` the role's
    OBJECT_GRANT = "object_grant"  # a permission given on the thing: `start` is the grant's key, `end` the permission
    INCLUSION = "inclusion"  # a role in a role
    HOLDING = "holding"  # a permission in a role
    IMPLICATION = "implication"  # a permission that brings another


@dataclass(frozen=True, slots=True)
class Edge:
    """One step of a path, from `start` to `end`; what they are depends on `step`."""

    step: Step
    start: int | str
    end: int | str


IN_ROLES = (Step.INCLUSION, Step.HOLDING, Step.IMPLICATION)


def edges(path: Path) -> tuple[Edge, ...]:
    """Return the steps of a path, from the person to the permission."""
    found = []
    if path.membership is not None:
        found.append(Edge(Step.MEMBERSHIP, path.membership.id, path.membership.principal))
        teams = path.via[1:]
        found += [Edge(Step.PARENT, below, above) for below, above in pairwise(teams)]
    if isinstance(path.grant, ObjectGrant):
        found.append(Edge(Step.OBJECT_GRANT, path.grant.key, path.actions[0]))
    else:
        found.append(Edge(Step.GRANT, path.grant.id, path.grant.role))
        found += [Edge(Step.INCLUSION, a, b) for a, b in pairwise(path.roles)]
        found.append(Edge(Step.HOLDING, path.roles[-1], path.actions[0]))
    found += [Edge(Step.IMPLICATION, a, b) for a, b in pairwise(path.actions)]
    return tuple(found)


def cuts(decision: Decision) -> tuple[Edge, ...]:
    """Return the steps that every path takes: taking any one of them away ends this access. None: nothing single does.

    A policy that allows by itself leaves no such step. Where there were too many paths to list them all, only steps
    outside the roles are sure.
    """
    allowing = any(getattr(verdict, "effect", None) is Effect.ALLOW for verdict in decision.verdicts)
    if not decision.allowed or allowing or not decision.paths:
        return ()
    shared = set.intersection(*(set(edges(path)) for path in decision.paths))
    sure = not _truncated(decision.paths)
    return tuple(edge for edge in edges(decision.paths[0]) if edge in shared and (sure or edge.step not in IN_ROLES))


def _truncated(paths: Iterable[Path]) -> bool:
    of_roles = [path for path in paths if path.roles]
    counts = Counter((path.grant.id, path.membership.id if path.membership else None) for path in of_roles)
    return any(count >= MAX_PATHS for count in counts.values())
