"""MAY: the catalogue, resources, roles and grants."""

from permissions.models.catalogue import Action, Implication, ResourceType
from permissions.models.grant import Mode, RoleGrant, Scope, ScopeTerm
from permissions.models.resource import Resource, Sensitivity
from permissions.models.role import Role, RoleAction, RoleInclude, RoleVersion

__all__ = [
    "Action",
    "Implication",
    "Mode",
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
]
