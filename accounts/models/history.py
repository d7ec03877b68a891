"""History that past decisions need; written only on change, and the first change also writes the old value."""

from django.db import models


class ParentHistory(models.Model):
    """The parent of a node or a team from `since` on. No row: the parent never changed."""

    kind = models.CharField(max_length=8, choices=[("node", "node"), ("team", "team")])
    of_id = models.BigIntegerField()
    parent_id = models.BigIntegerField(null=True)
    since = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["kind", "of_id", "-since"], name="parent_history_of")]

    def __str__(self) -> str:
        return f"{self.kind} {self.of_id} since {self.since:%Y-%m-%d}"


class AttributeHistory(models.Model):
    """The value of an attribute that decisions read (state, region, department) from `since` on."""

    of = models.CharField(max_length=8, choices=[("person", "person"), ("resource", "resource")])
    of_id = models.BigIntegerField()
    name = models.CharField(max_length=60)
    value = models.JSONField(null=True)
    since = models.DateTimeField()
    source = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [models.Index(fields=["of", "of_id", "name", "-since"], name="attribute_history_of")]

    def __str__(self) -> str:
        return f"{self.of} {self.of_id} {self.name} since {self.since:%Y-%m-%d}"
