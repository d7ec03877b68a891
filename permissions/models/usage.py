"""Use: what people really did, counted by day; the last time is kept apart so that it outlives the days."""

from django.db import models


class UsageDay(models.Model):
    """How often one person did one action on one resource on one day (UTC)."""

    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", db_index=False)
    action = models.ForeignKey("permissions.Action", models.PROTECT, related_name="+", db_index=False)
    resource = models.ForeignKey("permissions.Resource", models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    count = models.PositiveBigIntegerField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("person", "action", "resource", "day", name="usage_day_unique")]
        indexes = [
            models.Index(fields=["resource", "day"], name="usage_day_resource"),
            models.Index(fields=["day"], name="usage_day_day"),
            models.Index(fields=["person", "day"], name="usage_day_person"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.action_id} on {self.resource_id}: {self.count} on {self.day}"


class UsageLast(models.Model):
    """When one person last did one action on one resource."""

    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", db_index=False)
    action = models.ForeignKey("permissions.Action", models.PROTECT, related_name="+", db_index=False)
    resource = models.ForeignKey("permissions.Resource", models.PROTECT, related_name="+", db_index=False)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("person", "action", "resource", name="usage_last_unique")]
        indexes = [models.Index(fields=["resource", "-last_at"], name="usage_last_resource")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.action_id} on {self.resource_id}: {self.last_at}"


class UsageAction(models.Model):
    """When one person last did one action, on whatever resource: for "used by 3 of 41 holders" without a sum."""

    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", db_index=False)
    action = models.ForeignKey("permissions.Action", models.PROTECT, related_name="+", db_index=False)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("person", "action", name="usage_action_unique")]
        indexes = [models.Index(fields=["action", "-last_at"], name="usage_action_last")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.action_id}: {self.last_at}"


class UsageActionDay(models.Model):
    """How often one action was done on one day by anybody, on whatever resource: the line of a whole permission."""

    action = models.ForeignKey("permissions.Action", models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("action", "day", name="usage_action_day_unique")]

    def __str__(self) -> str:
        return f"{self.action_id}: {self.count} on {self.day}"


class UsageGrant(models.Model):
    """When one person last did something that one grant let them do; see docs/decisions/0061-use-of-a-grant.md."""

    grant = models.ForeignKey("permissions.RoleGrant", models.PROTECT, related_name="uses", db_index=False)
    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", db_index=False)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("grant", "person", name="usage_grant_unique")]

    def __str__(self) -> str:
        return f"{self.grant_id} by {self.person_id}: {self.last_at}"


class UsageGroupGrant(models.Model):
    """When one person last did something that one grant on a resource let their team or group do.

    A person's own grant on a resource has one holder: its mark `last_used_at` says all.
    """

    grant = models.ForeignKey("permissions.GroupObjectGrant", models.PROTECT, related_name="uses", db_index=False)
    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", db_index=False)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("grant", "person", name="usage_group_grant_unique")]

    def __str__(self) -> str:
        return f"{self.grant_id} by {self.person_id}: {self.last_at}"


class UsageBatch(models.Model):
    """A batch of use that was taken in; neither the same `key` of a `system` nor the same content is taken in twice."""

    system = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)  # SHA-256 of what it says, whatever the order of its rows
    taken_at = models.DateTimeField()
    taken_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="+")
    rows = models.PositiveIntegerField()
    uses = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint("system", "key", name="usage_batch_unique"),
            models.UniqueConstraint("system", "digest", name="usage_batch_content_unique"),
        ]
        indexes = [models.Index(fields=["-taken_at", "-id"], name="usage_batch_taken")]

    def __str__(self) -> str:
        return f"{self.system} {self.key}"
