"""Roles and their immutable, numbered versions."""

from django.db import models
from django.db.models.functions import Lower

from cxaccess.lib.models import Risk, Versioned


class Role(Versioned):
    """A named set of permissions with a purpose and an owner. What it holds is in `current`."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=300)
    owner = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="owned_roles")
    risk = models.PositiveSmallIntegerField(choices=Risk.choices, default=Risk.LOW)
    current = models.ForeignKey("permissions.RoleVersion", models.PROTECT, null=True, related_name="+")
    resource = models.OneToOneField("permissions.Resource", models.PROTECT, related_name="role")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="role_name_unique")]

    def __str__(self) -> str:
        return self.name


class RoleVersion(models.Model):
    """What a role held from `at` until the next version. Never changed once written."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    made_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["role", "-number"]
        constraints = [models.UniqueConstraint("role", "number", name="role_version_unique")]
        indexes = [models.Index(fields=["role", "-at"], name="role_version_at")]

    def __str__(self) -> str:
        return f"{self.role} v{self.number}"


class RoleAction(models.Model):
    """A permission that a role version grants itself (not by inclusion or implication)."""

    version = models.ForeignKey(RoleVersion, models.CASCADE, related_name="role_actions")
    action = models.ForeignKey("permissions.Action", models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("version", "action", name="role_action_unique")]

    def __str__(self) -> str:
        return f"{self.version}: {self.action}"


class RoleInclude(models.Model):
    """Another role whose permissions a role version takes in."""

    version = models.ForeignKey(RoleVersion, models.CASCADE, related_name="role_includes")
    role = models.ForeignKey(Role, models.PROTECT, related_name="included_in")

    class Meta:
        constraints = [models.UniqueConstraint("version", "role", name="role_include_unique")]

    def __str__(self) -> str:
        return f"{self.version} includes {self.role}"
