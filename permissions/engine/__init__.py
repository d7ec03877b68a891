"""The decision engine: pure functions over facts. No Django, no clock, no database."""

from permissions.engine.decide import allows, decide, scopes_for
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
    "Grant",
    "Membership",
    "Model",
    "NearMiss",
    "Path",
    "Reason",
    "Role",
    "Scope",
    "Subject",
    "Target",
    "allows",
    "decide",
    "scopes_for",
]
