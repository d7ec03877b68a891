"""One role for many people: a draft that only its maker sees, then what was given together."""

from django.db import models


class GrantBatch(models.Model):
    """Who is to get which role, where, how long and why; once `given_at` is set it never changes but to be undone.

    `people` and `skipped` are ids of principals: who was chosen, and who of them held it already. What was given
    carries `ref` as the grants' `source_ref`.
    """

    made_by = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    people = models.JSONField(default=list)
    role = models.ForeignKey("permissions.Role", models.PROTECT, null=True, blank=True, related_name="+")
    scope = models.ForeignKey("permissions.Scope", models.PROTECT, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    given_at = models.DateTimeField(null=True, blank=True)
    skipped = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["made_by", "-made_at"], name="grant_batch_maker")]

    def __str__(self) -> str:
        return self.ref

    @property
    def ref(self) -> str:
        """Return what its grants carry: their source is a hand's, and this says which others came with them.

        >>> GrantBatch(pk=7).ref
        'batch-7'
        """
        return f"batch-{self.pk}"
