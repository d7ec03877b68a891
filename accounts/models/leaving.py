"""Leaving: when somebody leaves, who asked for it, and afterwards what was ended."""

from django.db import models
from django.db.models import Q


class Leaving(models.Model):
    """One leaving of one person: open until it is called off or carried out. Its rows stay.

    `leaves_at` stands on the person, too, where decisions read it: from then on the clock alone says no. `time_zone`
    is the zone in which the moment was stated. `heir` takes over what they owned; NULL: their manager of that moment.
    `report` holds what was ended, as `cxaccess.lifecycle.Ended` writes it; it is kept, whatever becomes of the rows.
    """

    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="leavings")
    leaves_at = models.DateTimeField()
    time_zone = models.CharField(max_length=40)
    heir = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=500)
    asked_by = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    report = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("person", condition=Q(done_at=None, cancelled_at=None), name="leaving_one_open"),
        ]
        indexes = [models.Index(fields=["leaves_at", "id"], name="leaving_by_moment")]

    def __str__(self) -> str:
        return f"{self.person_id} leaves at {self.leaves_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        """Return whether it is yet to be carried out."""
        return self.done_at is None and self.cancelled_at is None
