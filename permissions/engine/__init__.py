"""The decision engine: pure functions over facts. No Django, no clock, no database."""

from permissions.engine.cut import Edge, Step, cuts
from permissions.engine.decide import allows, decide, fits, scopes_for
from permissions.engine.model import Model, Role
from permissions.engine.types import (
    Decision,
    Grant,
    Membership,
    NearMiss,
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
    "Path",
    "Reason",
    "Role",
    "Scope",
    "Step",
    "Subject",
    "Target",
    "allows",
    "cuts",
    "decide",
    "fits",
    "scopes_for",
]
