"""The second factors somebody has."""

import base64
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from urllib.parse import quote

import segno
from django.utils.safestring import SafeString, mark_safe
from django_otp.models import Device

from accounts.models import Authenticator, Person, RecoveryCode, RecoverySheet
from accounts.models.factor import DIGITS, STEP
from accounts.signin.selectors import authenticator, needs_factor

FEW = 3  # recovery codes left, from which on people are told to make new ones


@dataclass(frozen=True, slots=True)
class Standing:
    """What the security page says about somebody's second factor."""

    authenticator: Authenticator | None
    codes_left: int
    needed: bool

    @property
    def few_codes(self) -> bool:
        """Return whether it is time for new recovery codes."""
        return self.authenticator is not None and self.codes_left <= FEW


def standing(person: Person, at: datetime) -> Standing:
    """Return how somebody stands."""
    return Standing(authenticator(person), codes_left(person), needs_factor(person, at))


def codes_left(person: Person) -> int:
    """Return how many recovery codes are unused."""
    return RecoveryCode.objects.filter(sheet__user=person, used_at=None).count()


def device(person: Person, *, recovery: bool) -> Device | None:
    """Return the one device that a code is checked against: a wrong code on one never makes the other wait."""
    if recovery:
        return RecoverySheet.objects.filter(user=person).first()
    return authenticator(person)


def manual_key(candidate: Authenticator) -> str:
    """Return the secret as people type it: base32 in groups of four."""
    plain = base64.b32encode(candidate.secret).decode().rstrip("=")
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def key_uri(candidate: Authenticator, *, issuer: str) -> str:
    """Return the address that authenticator apps read from a QR code (otpauth, the key URI format)."""
    clean = issuer.replace(":", " ")
    label = quote(f"{clean}:{candidate.user.email or candidate.user.name}")
    secret = base64.b32encode(candidate.secret).decode().rstrip("=")
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(clean)}&algorithm=SHA1&digits={DIGITS}&period={STEP}"


def qr_code(uri: str) -> SafeString:
    """Return `uri` as an inline SVG without style, sized by the style sheet."""
    out = BytesIO()
    segno.make(uri, error="m").save(
        out, kind="svg", xmldecl=False, omitsize=True, border=2, svgclass=None, lineclass=None
    )
    return mark_safe(out.getvalue().decode())  # noqa: S308 - drawn by segno from modules, no text in it
