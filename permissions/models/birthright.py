"""Birthright rules: what people have by what they are. Immutable, numbered versions, and when each was in force."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from cxaccess.lib.models import Versioned


class Birthright(Versioned):
    """A rule. `current` is its latest version, in force or not. What it gave carries its id as `source_ref`."""

    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=300)
    owner = models.ForeignKey(
        "accounts.Person", models.PROTECT, null=True, blank=True, related_name="owned_birthrights"
    )  # fmt: skip
    current = models.ForeignKey("permissions.BirthrightVersion", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="birthright_name_unique")]

    def __str__(self) -> str:
        return self.name


class BirthrightVersion(models.Model):
    """What a rule said from `at` on. Never changed once written.

    `condition` is a tree over people as `cxaccess.lib.conditions` writes it; `gives` a list of what
    `permissions.birthrights.gifts` reads: {"role", "terms", "own"}, {"team"} or {"group"}.
    """

    birthright = models.ForeignKey(Birthright, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    condition = models.JSONField()
    gives = models.JSONField()
    made_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["birthright", "-number"]
        constraints = [models.UniqueConstraint("birthright", "number", name="birthright_version_unique")]

    def __str__(self) -> str:
        return f"{self.birthright} v{self.number}"


class BirthrightState(models.Model):
    """From when until when a version was in force. It begins and ends only at the moment of the change."""

    birthright = models.ForeignKey(Birthright, models.CASCADE, related_name="states")
    version = models.ForeignKey(BirthrightVersion, models.PROTECT, related_name="states")
    starts_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True, db_index=True)
    begun_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, related_name="+")
    ended_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True)
    end_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("starts_at")), name="birthright_state_window"
            ),
            models.UniqueConstraint("birthright", condition=Q(until__isnull=True), name="birthright_state_one"),
        ]

    def __str__(self) -> str:
        return f"{self.version} since {self.starts_at:%Y-%m-%d}"
