"""Object grants: one permission on one resource, in django-guardian's shape but with a window and a history."""

from typing import ClassVar

from django.db import models
from guardian.managers import GroupObjectPermissionManager, UserObjectPermissionManager
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from cxaccess.lib.models import Windowed, WindowQuerySet


class ObjectGrant(Windowed):
    """What the grants of people and of collectives share. Guardian's own shortcuts see no window: never use them."""

    permission = models.ForeignKey("auth.Permission", models.PROTECT)
    content_object = models.ForeignKey("permissions.Resource", models.PROTECT, db_index=False)
    given_at = models.DateTimeField()
    confirm_by = models.DateTimeField(null=True, blank=True)
    # When anybody last did what it let them do: exactly of a person's own, to the hour of a team's or group's.
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class PersonObjectGrant(ObjectGrant, UserObjectPermissionBase):
    """A permission that one person has on one resource, for a window."""

    user = models.ForeignKey("accounts.Person", models.PROTECT, related_name="object_grants", db_index=False)

    objects = UserObjectPermissionManager.from_queryset(WindowQuerySet)()  # type: ignore[assignment]  # it knows generic models

    class Meta:
        unique_together: ClassVar[list[str]] = []
        constraints = [Windowed.window_constraint("person_object_grant_window")]
        indexes = [
            models.Index(fields=["user", "permission", "content_object", "until"], name="person_object_grant_held"),
            models.Index(fields=["content_object", "permission"], name="person_object_grant_on"),
            models.Index(fields=["source", "source_ref"], name="person_object_grant_source"),
            models.Index(fields=["last_used_at", "starts_at"], name="person_object_grant_used"),
        ]

    def __str__(self) -> str:
        return f"{self.permission_id} on {self.content_object_id} to {self.user_id}"


class GroupObjectGrant(ObjectGrant, GroupObjectPermissionBase):
    """A permission that a team, a group or an integration has on one resource, for a window.

    `group` is the principal's `auth_group`, which holds no users: guardian's column points there.
    """

    group = models.ForeignKey("auth.Group", models.PROTECT, related_name="object_grants", db_index=False)

    objects = GroupObjectPermissionManager.from_queryset(WindowQuerySet)()  # type: ignore[assignment]  # it knows generic models

    class Meta:
        unique_together: ClassVar[list[str]] = []
        constraints = [Windowed.window_constraint("group_object_grant_window")]
        indexes = [
            models.Index(fields=["group", "permission", "content_object", "until"], name="group_object_grant_held"),
            models.Index(fields=["content_object", "permission"], name="group_object_grant_on"),
            models.Index(fields=["source", "source_ref"], name="group_object_grant_source"),
            models.Index(fields=["last_used_at", "starts_at"], name="group_object_grant_used"),
        ]

    def __str__(self) -> str:
        return f"{self.permission_id} on {self.content_object_id} to {self.group_id}"
