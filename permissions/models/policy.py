"""Policies: what opens, blocks or limits beyond grants. Immutable, numbered versions, and when each was in force."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from cxaccess.lib.models import Versioned


class PolicyEffect(models.TextChoices):
    """What a policy does where it is about a question."""

    ALLOW = "allow", _("Allow when")
    BLOCK = "block", _("Block when")
    ONLY = "only", _("Only when")


class PolicyStage(models.TextChoices):
    """What a version in force does: it is only watched, or it decides."""

    RECORDING = "recording", _("Recording")
    ENFORCED = "enforced", _("Enforced")


class Policy(Versioned):
    """A policy. `current` is its latest version, in force or not; a retired policy decides nothing."""

    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=300)
    owner = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="owned_policies")
    current = models.ForeignKey("permissions.PolicyVersion", models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(Lower("name"), name="policy_name_unique")]

    def __str__(self) -> str:
        return self.name


class PolicyVersion(models.Model):
    """What a policy said from `at` on. Never changed once written.

    `targets` is {"permissions": keys, "types": keys, "roles": ids, "teams": ids, "groups": ids}; `condition` a tree as
    `cxaccess.lib.conditions` writes it, or none; `obligations` a list of {"kind": "mask" | "step_up" | "reason", ...}.
    """

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    effect = models.CharField(max_length=5, choices=PolicyEffect.choices)
    targets = models.JSONField()
    condition = models.JSONField(null=True)
    obligations = models.JSONField(default=list)
    made_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["policy", "-number"]
        constraints = [models.UniqueConstraint("policy", "number", name="policy_version_unique")]

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}"


class PolicyState(models.Model):
    """From when until when a version was recorded or enforced. It begins and ends only at the moment of the change."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="states")
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="states")
    stage = models.CharField(max_length=9, choices=PolicyStage.choices)
    starts_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True, db_index=True)
    begun_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, related_name="+")
    ended_by = models.ForeignKey("accounts.Person", models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("starts_at")), name="policy_state_window"
            ),
            models.UniqueConstraint("policy", "stage", condition=Q(until__isnull=True), name="policy_state_one"),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.stage}"


class PolicyPreview(models.Model):
    """Who gains and who loses by a version (None: by nothing of it being in force), worked out by a job.

    `known` is what was taken to be known of the moment of asking; `lines` sums up: [{"gains", "actions", "people"}].
    `done` of `total` people are looked at. It tells of the roles, trees and policies of one moment: `model_stamp`.
    """

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="previews")
    version = models.ForeignKey(PolicyVersion, models.CASCADE, null=True, related_name="+")
    known = models.JSONField(default=dict)
    asked_by = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    model_stamp = models.BigIntegerField(default=-1)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    lines = models.JSONField(default=list)
    over_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["policy", "-asked_at"], name="policy_preview_latest")]

    def __str__(self) -> str:
        return f"{self.policy}: {self.done} of {self.total}"


class PolicyPreviewShift(models.Model):
    """What happens to one permission of one person, as `permissions.policies.shift.Shift` counts it."""

    preview = models.ForeignKey(PolicyPreview, models.CASCADE, related_name="shifts")
    person = models.ForeignKey("accounts.Person", models.CASCADE, related_name="+")
    action = models.CharField(max_length=81)
    before = models.PositiveIntegerField()
    after = models.PositiveIntegerField()
    gained = models.PositiveIntegerField()
    lost = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["preview", "person"], name="policy_preview_person")]

    def __str__(self) -> str:
        return f"{self.action}: {self.before} to {self.after}"


class Difference(models.TextChoices):
    """What a version that is only recorded would change of a decision."""

    BLOCK = "block", _("Would be a no")
    ALLOW = "allow", _("Would be a yes")
    STEP_UP = "step_up", _("Would ask for the second factor")
    REASON = "reason", _("Would ask for a reason")
    MASK = "mask", _("Would mask more")
    LESS = "less", _("Would ask for less, or mask less")
    HIDE = "hide", _("Would leave a row out of a list or file")
    FAULT = "fault", _("Could not be judged")


SEEN, CHANGED = "seen", "changed"  # all decisions that a recorded version was asked about; those it would change


class PolicyDay(models.Model):
    """How many decisions a version that is only recorded was asked about, or would change, on one day (UTC).

    `kind` is SEEN, CHANGED or one of Difference; a decision may differ in several.
    """

    version = models.ForeignKey(PolicyVersion, models.CASCADE, related_name="days", db_index=False)
    action = models.ForeignKey("permissions.Action", models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    kind = models.CharField(max_length=8)
    count = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("version", "day", "action", "kind", name="policy_day_unique")]

    def __str__(self) -> str:
        return f"{self.version_id} {self.kind} {self.action_id}: {self.count} on {self.day}"


class PolicyTouch(models.Model):
    """How often a version that is only recorded would change what one person met on one day (UTC).

    `resource` is what the last of these decisions was about, where that is registered.
    """

    version = models.ForeignKey(PolicyVersion, models.CASCADE, related_name="touches", db_index=False)
    kind = models.CharField(max_length=8, choices=Difference.choices)
    person = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+", db_index=False)
    action = models.ForeignKey("permissions.Action", models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    count = models.PositiveBigIntegerField()
    last_at = models.DateTimeField()
    resource = models.ForeignKey("permissions.Resource", models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("version", "kind", "person", "action", "day", name="policy_touch_unique")
        ]
        indexes = [
            models.Index(fields=["version", "-last_at"], name="policy_touch_latest"),
            models.Index(fields=["version", "person"], name="policy_touch_person"),
            models.Index(fields=["day"], name="policy_touch_day"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.kind} {self.person_id}: {self.count} on {self.day}"
