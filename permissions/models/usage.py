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


class UsageBatch(models.Model):
    """A batch of use that was taken in; the same `key` of the same `system` is taken in once."""

    system = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    taken_at = models.DateTimeField()
    rows = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("system", "key", name="usage_batch_unique")]

    def __str__(self) -> str:
        return f"{self.system} {self.key}"
