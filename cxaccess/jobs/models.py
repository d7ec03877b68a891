"""Jobs as rows, the stamps that caches compare, watermarks, notices and instance settings."""

from django.db import models


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
