"""Second factors, as devices of django-otp: an authenticator app, and recovery codes for the day it is lost.

They are our own devices because the stock ones keep the secret and the codes as plain text.
"""

import hashlib
import hmac
import time

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django_otp.models import Device, ThrottlingMixin, TimestampMixin
from django_otp.oath import TOTP

from cxaccess.lib import crypto

DIGITS = 6
STEP = 30  # seconds
TOLERANCE = 1  # steps before and after now: clocks differ, people type slowly


class Authenticator(TimestampMixin, ThrottlingMixin, Device):
    """An authenticator app (TOTP, RFC 6238). `sealed_secret` names its person, so that rows cannot be swapped.

    `last_t` is the step of the newest code that was accepted; that code and older ones are never accepted again. What
    an app's clock is off is not learnt: learning it would let codes of an ever later future in.
    """

    sealed_secret = models.TextField()
    last_t = models.BigIntegerField(default=-1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(confirmed=True), name="authenticator_one_confirmed"),
        ]

    def __str__(self) -> str:
        return f"Authenticator of {self.user_id}"

    def keep_secret(self, secret: bytes) -> None:
        """Seal `secret` into the row, which is not saved."""
        self.sealed_secret = crypto.seal(f"{self.user_id}:{secret.hex()}", settings.ENCRYPTION_KEYS)

    @property
    def secret(self) -> bytes:
        """Return the shared secret. Raises cxaccess.lib.crypto.CannotUnseal."""
        owner, _, secret = crypto.unseal(self.sealed_secret, settings.ENCRYPTION_KEYS).partition(":")
        if owner != str(self.user_id):
            raise crypto.CannotUnseal("The secret belongs to somebody else's authenticator.")
        return bytes.fromhex(secret)

    def totp(self, moment: float) -> TOTP:
        """Return the generator of codes, set to `moment` (seconds since 1970)."""
        made = TOTP(self.secret, step=STEP, digits=DIGITS)
        made.time = moment
        return made

    def verify_token(self, token: str) -> bool:
        """Return whether `token` is a code of now that was not used yet. A wrong one makes the next try wait."""
        if not self.verify_is_allowed()[0]:
            return False
        totp = self.totp(time.time())
        digits = "".join(token.split())
        plausible = digits.isascii() and digits.isdigit() and len(digits) == DIGITS
        if not (plausible and totp.verify(int(digits), TOLERANCE, self.last_t + 1)):
            self.throttle_increment()
            return False
        self.last_t = totp.t()
        self.throttle_reset(commit=False)
        self.set_last_used_timestamp(commit=False)
        self.save()
        return True

    def get_throttle_factor(self) -> float:
        """Return the seconds to wait after the first wrong code; they double with each further one."""
        return 1.0


class RecoverySheet(TimestampMixin, ThrottlingMixin, Device):
    """Somebody's recovery codes; new ones replace the whole sheet."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user"], name="recovery_sheet_one")]

    def __str__(self) -> str:
        return f"Recovery codes of {self.user_id}"

    def digests(self, code: str) -> list[str]:
        """Return the digest of `code` under each encryption key, the one to store first."""
        plain = "".join(letter for letter in code.lower() if letter.isalnum())
        return [
            hmac.new(key.encode(), f"recovery:{self.user_id}:{plain}".encode(), hashlib.sha256).hexdigest()
            for key in settings.ENCRYPTION_KEYS
        ]

    def verify_token(self, token: str) -> bool:
        """Return whether `token` is one of the unused codes, and use it up."""
        if not self.verify_is_allowed()[0]:
            return False
        unused = self.codes.filter(digest__in=self.digests(token), used_at=None)
        if not unused.update(used_at=timezone.now()):
            self.throttle_increment()
            return False
        self.throttle_reset(commit=False)
        self.set_last_used_timestamp(commit=False)
        self.save()
        return True

    def get_throttle_factor(self) -> float:
        """Return the seconds to wait after the first wrong code; they double with each further one."""
        return 1.0


class RecoveryCode(models.Model):
    """One recovery code. Only its keyed digest is kept."""

    sheet = models.ForeignKey(RecoverySheet, models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("sheet", "digest", name="recovery_code_unique")]

    def __str__(self) -> str:
        return "used" if self.used_at else "unused"
