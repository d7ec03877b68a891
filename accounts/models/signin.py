"""Signing in: the sessions that are open, and what was tried."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Method(models.TextChoices):
    """How somebody proved who they are, before any second factor."""

    PASSWORD = "password", _("Password")
    SSO = "sso", _("Single sign-on")
    SET_UP = "set_up", _("Set-up")


class Session(models.Model):
    """One browser in which somebody is signed in. Its end is what counts: every request looks here.

    `key_hash` is keyed with the secret key, so this table alone says nothing about Django's own. `ends_at` is the
    absolute limit; the idle limit is reckoned from `seen_at`, which is written at most once a minute. `device_hash` is
    of a cookie that outlives sessions: it recognises a browser, and opens nothing.
    """

    person = models.ForeignKey("accounts.Person", models.CASCADE, related_name="sessions")
    key_hash = models.CharField(max_length=64, unique=True)
    method = models.CharField(max_length=8, choices=Method.choices)
    factor = models.BooleanField(default=False)
    browser = models.CharField(max_length=80, blank=True)
    device_hash = models.CharField(max_length=64, blank=True)
    address = models.GenericIPAddressField(null=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "-seen_at"], name="session_person_seen")]

    def __str__(self) -> str:
        return f"{self.browser} of {self.person_id}"


class Throttle(models.Model):
    """How often something was tried since `resets_at` was set. `key` is a digest: no mail, no address."""

    key = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    resets_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.count} until {self.resets_at:%H:%M:%S}"


class FailureCount(models.Model):
    """Failed sign-ins of one minute, from one address, at one account (0: none has that mail).

    A job turns each closed minute into one event; nobody can flood the trail from outside.
    """

    minute = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True)
    person_id = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=20)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("minute", "address", "person_id", "reason", name="failure_count_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.reason} at {self.minute:%Y-%m-%d %H:%M}"
