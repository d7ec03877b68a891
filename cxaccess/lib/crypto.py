"""Secrets at rest: sealed with Fernet (AES-128-CBC and HMAC-SHA256), under keys that are passed in, newest first.

The first key seals, every key unseals. To change keys: put the new one first, reseal what is stored, drop the old one.
"""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class BadKey(ValueError):
    """A key is not 32 url-safe base64-encoded bytes. The message does not hold it."""


class CannotUnseal(ValueError):
    """The sealed text was changed, or was sealed under a key that is not among these."""


def new_key() -> str:
    """Return a new random key."""
    return Fernet.generate_key().decode()


def seal(text: str, keys: Sequence[str]) -> str:
    """Return `text` sealed under the first of `keys`. Raises BadKey."""
    return box(keys).encrypt(text.encode()).decode()


def unseal(sealed: str, keys: Sequence[str]) -> str:
    """Return the text in `sealed`. Raises CannotUnseal, BadKey.

    >>> key = new_key()
    >>> unseal(seal("JBSWY3DPEHPK3PXP", [key]), [new_key(), key])
    'JBSWY3DPEHPK3PXP'
    """
    try:
        return box(keys).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotUnseal("The secret cannot be unsealed: it was changed, or its key is not configured.") from None


def reseal(sealed: str, keys: Sequence[str]) -> str:
    """Return the text in `sealed`, sealed anew under the first of `keys`. Raises CannotUnseal, BadKey."""
    return seal(unseal(sealed, keys), keys)


def box(keys: Sequence[str]) -> MultiFernet:
    """Return what seals under the first of `keys` and unseals under each. Raises BadKey."""
    if not keys:
        raise BadKey("There is no encryption key.")
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        raise BadKey("An encryption key is not 32 url-safe base64-encoded bytes.") from None
