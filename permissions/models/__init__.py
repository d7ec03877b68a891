"""MAY: the catalogue, resources, roles, grants and use."""

from permissions.models.attribute import AttributeDefinition, AttributeType, Entity
from permissions.models.batch import GrantBatch
from permissions.models.birthright import Birthright, BirthrightState, BirthrightVersion
from permissions.models.catalogue import Action, Implication, ResourceType
from permissions.models.grant import Mode, RoleGrant, Scope, ScopeTerm
from permissions.models.object_grant import GroupObjectGrant, PersonObjectGrant
from permissions.models.policy import (
    Difference,
    Policy,
    PolicyDay,
    PolicyEffect,
    PolicyPreview,
    PolicyPreviewShift,
    PolicyStage,
    PolicyState,
    PolicyTouch,
    PolicyVersion,
)
from permissions.models.resource import Resource, Sensitivity
from permissions.models.role import Role, RoleAction, RoleInclude, RoleVersion
from permissions.models.usage import (
    UsageAction,
    UsageActionDay,
    UsageBatch,
    UsageDay,
    UsageGrant,
    UsageGroupGrant,
    UsageLast,
)

__all__ = [
    "Action",
    "AttributeDefinition",
    "AttributeType",
    "Birthright",
    "BirthrightState",
    "BirthrightVersion",
    "Difference",
    "Entity",
    "GrantBatch",
    "GroupObjectGrant",
    "Implication",
    "Mode",
    "PersonObjectGrant",
    "Policy",
    "PolicyDay",
    "PolicyEffect",
    "PolicyPreview",
    "PolicyPreviewShift",
    "PolicyStage",
    "PolicyState",
    "PolicyTouch",
    "PolicyVersion",
    "Resource",
    "ResourceType",
    "Role",
    "RoleAction",
    "RoleGrant",
    "RoleInclude",
    "RoleVersion",
    "Scope",
    "ScopeTerm",
    "Sensitivity",
    "UsageAction",
    "UsageActionDay",
    "UsageBatch",
    "UsageDay",
    "UsageGrant",
    "UsageGroupGrant",
    "UsageLast",
]
