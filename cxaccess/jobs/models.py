"""Jobs as rows, the stamps that caches compare, watermarks, notices, instance settings and imports."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """Work committed with the change that needs it; the broker only wakes a worker. Times are UTC."""

    kind = models.CharField(max_length=60)
    slot = models.CharField(max_length=120)
    payload = models.JSONField(default=dict)
    run_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("kind", "slot", name="job_slot_unique")]
        indexes = [models.Index(fields=["done_at", "run_at"], name="job_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.slot}"


class Watermark(models.Model):
    """How far a periodic job has come; every tick takes what lies between an hour before `at` and now."""

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"


class Stamp(models.Model):
    """A version that every change of what decides adds one to. Key 0 is the model; others are principal ids."""

    key = models.BigIntegerField(primary_key=True)
    version = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key}: {self.version}"


class Notice(models.Model):
    """One message to one person, sent once. `kind` names its templates, `facts` fills them."""

    person = models.ForeignKey("accounts.Person", models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    once = models.CharField(max_length=120, unique=True)
    channel = models.CharField(max_length=12, default="mail")
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["sent_at", "due_at"], name="notice_due")]

    def __str__(self) -> str:
        return f"{self.kind} to {self.person_id}"


class Setting(models.Model):
    """An instance setting that administrators change on a screen."""

    key = models.CharField(max_length=60, primary_key=True)
    value = models.JSONField()

    def __str__(self) -> str:
        return self.key


class ImportState(models.TextChoices):
    """Where an import stands. Only `applied` changed anything; whatever is open can still be cancelled."""

    RECEIVED = "received", _("Waiting for its columns")
    CHECKING = "checking", _("Being checked")
    CHECKED = "checked", _("Ready to apply")
    APPLYING = "applying", _("Being applied")
    APPLIED = "applied", _("Applied")
    REFUSED = "refused", _("Refused")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


class ImportBatch(models.Model):
    """One file that somebody brings in. Its rows are staged as ImportRow; the file itself lies sealed until it is over.

    `state` moves by conditional updates alone; `run` names the attempt of the job that holds it, so that a worker that
    lost its lease can write nothing more. `done` of `total` is how far its job is, `phase` in what.
    """

    kind = models.CharField(max_length=12)
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.RECEIVED)
    actor = models.ForeignKey("accounts.Person", models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    file = models.CharField(max_length=40, blank=True)  # empty once it is deleted
    encoding = models.CharField(max_length=20)
    separator = models.CharField(max_length=1)
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)  # the kind's column: the place in the header, from 0
    system = models.CharField(max_length=40)  # whose external ids these are
    counts = models.JSONField(default=dict)
    leave_out = models.BooleanField(default=False)  # refused rows are left out instead of stopping the rest
    round = models.PositiveSmallIntegerField(default=0)  # times it was checked; part of the job's slot
    run = models.CharField(max_length=40, blank=True)
    phase = models.CharField(max_length=12, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(default=0)
    message = models.TextField(blank=True)  # why it was refused, or has to be looked at again
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)  # applied, refused, cancelled or failed

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="import_batch_created"),
            models.Index(fields=["kind", "state"], name="import_batch_kind_state"),
            models.Index(fields=["sha256"], name="import_batch_sha256"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} from {self.name}"


class Verdict(models.TextChoices):
    """What becomes of a row."""

    CREATE = "create", _("Create")
    CHANGE = "change", _("Change")
    SKIP = "skip", _("Skip")
    REFUSE = "refuse", _("Refuse")


class ImportRow(models.Model):
    """One row of a file: what it says (`payload`), what becomes of it, and what exactly would be written (`plan`)."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField()
    key = models.CharField(max_length=300, blank=True)  # what it is about; other rows of the file may refer to it
    payload = models.JSONField(default=dict)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    message = models.CharField(max_length=600, blank=True)
    column = models.CharField(max_length=30, blank=True)  # the column that the message is about
    plan = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["batch", "verdict", "line"], name="import_row_verdict"),
            models.Index(fields=["batch", "line"], name="import_row_line"),
            models.Index(fields=["batch", "key"], name="import_row_key"),
        ]

    def __str__(self) -> str:
        return f"line {self.line}: {self.verdict}"
