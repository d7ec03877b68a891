"""WHO: people, the organisation's trees, teams and memberships."""

from accounts.models.factor import Authenticator, RecoveryCode, RecoverySheet
from accounts.models.group import Group
from accounts.models.history import AttributeHistory, ParentHistory
from accounts.models.identity import Identity, PersonDimension, SavedView
from accounts.models.integration import Integration, IntegrationGrant, IntegrationToken
from accounts.models.leaving import Leaving
from accounts.models.person import Person, PersonState, here
from accounts.models.principal import Principal, PrincipalKind
from accounts.models.signin import FailureCount, Method, Session, Throttle
from accounts.models.structure import Node, NodeKind
from accounts.models.team import Membership, Part, Team

__all__ = [
    "AttributeHistory",
    "Authenticator",
    "FailureCount",
    "Group",
    "Identity",
    "Integration",
    "IntegrationGrant",
    "IntegrationToken",
    "Leaving",
    "Membership",
    "Method",
    "Node",
    "NodeKind",
    "ParentHistory",
    "Part",
    "Person",
    "PersonDimension",
    "PersonState",
    "Principal",
    "PrincipalKind",
    "RecoveryCode",
    "RecoverySheet",
    "SavedView",
    "Session",
    "Team",
    "Throttle",
    "here",
]
