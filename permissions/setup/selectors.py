"""Whether this instance still waits for its first administrator."""

import base64

from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import Person

LENGTH = 12


def is_open() -> bool:
    """Return whether nobody is there yet. People are never deleted, so it never opens again."""
    return not Person.objects.exists()


def setup_code() -> str:
    """Return the code that the set-up page asks for, such as ``k3vq-7mzt-a2nd``.

    Only who can read the secrets of this machine has it. It is worth nothing once the instance is set up.
    """
    digest = salted_hmac("permissions.setup", "first administrator", algorithm="sha256").digest()
    plain = base64.b32encode(digest).decode().lower()[:LENGTH]
    return "-".join(plain[start : start + 4] for start in range(0, LENGTH, 4))


def is_code(given: str) -> bool:
    """Return whether `given` is the code, however it is spaced."""
    plain = "".join(sign for sign in given.lower() if sign.isalnum())
    return constant_time_compare(plain, setup_code().replace("-", ""))
