"""WHO: people, the organisation's trees, teams and memberships."""

from accounts.models.history import AttributeHistory, ParentHistory
from accounts.models.person import Person, PersonState
from accounts.models.principal import Principal, PrincipalKind
from accounts.models.structure import Node, NodeKind
from accounts.models.team import Membership, Part, Team

__all__ = [
    "AttributeHistory",
    "Membership",
    "Node",
    "NodeKind",
    "ParentHistory",
    "Part",
    "Person",
    "PersonState",
    "Principal",
    "PrincipalKind",
    "Team",
]
