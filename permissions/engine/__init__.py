"""The decision engine: pure functions over facts. No Django, no clock, no database."""

from permissions.engine.cut import Edge, Step, cuts
from permissions.engine.decide import allows, decide, fits, objects_for, principals_reached, scopes_for, stands
from permissions.engine.model import Model, Role
from permissions.engine.standing import Standing
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
)

__all__ = [
    "Decision",
    "Edge",
    "Grant",
    "Membership",
    "Model",
    "NearMiss",
    "ObjectGrant",
    "Path",
    "Reason",
    "Role",
    "Scope",
    "Standing",
    "Step",
    "Subject",
    "Target",
    "allows",
    "cuts",
    "decide",
    "fits",
    "objects_for",
    "principals_reached",
    "scopes_for",
    "stands",
]
