"""WHO: people, the organisation's trees, teams and memberships."""

from accounts.models.factor import Authenticator, RecoveryCode, RecoverySheet
from accounts.models.history import AttributeHistory, ParentHistory
from accounts.models.person import Person, PersonState
from accounts.models.principal import Principal, PrincipalKind
from accounts.models.signin import FailureCount, Method, Session, Throttle
from accounts.models.structure import Node, NodeKind
from accounts.models.team import Membership, Part, Team

__all__ = [
    "AttributeHistory",
    "Authenticator",
    "FailureCount",
    "Membership",
    "Method",
    "Node",
    "NodeKind",
    "ParentHistory",
    "Part",
    "Person",
    "PersonState",
    "Principal",
    "PrincipalKind",
    "RecoveryCode",
    "RecoverySheet",
    "Session",
    "Team",
    "Throttle",
]
