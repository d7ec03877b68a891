"""Tokens of integrations: made here, shown once, kept as a digest.

A token is ``cxa_`` with 8 characters that recognise it and 43 that are secret (256 bits), so a plain SHA-256 keeps it:
nothing slow is needed against guesses at that length, and nothing in the table opens anything.
"""

import hashlib
import re
import secrets
from typing import NamedTuple

MARK = "cxa_"  # what scanners for leaked secrets look for
NAME, SECRET = 6, 32  # random bytes, in base64url
SHAPE = re.compile(r"cxa_[A-Za-z0-9_-]{8}[A-Za-z0-9_-]{43}")
PREFIX = len(MARK) + 8  # characters


class Made(NamedTuple):
    """A new token: the text that is shown once, and what is kept."""

    text: str
    prefix: str
    digest: str


def make() -> Made:
    """Return a new token.

    >>> made = make()
    >>> made.text.startswith(made.prefix), made.digest == digest(made.text)
    (True, True)
    """
    text = f"{MARK}{secrets.token_urlsafe(NAME)}{secrets.token_urlsafe(SECRET)}"
    return Made(text, prefix(text), digest(text))


def prefix(text: str) -> str:
    """Return the part of a token that recognises it."""
    return text[:PREFIX]


def digest(text: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_one(text: str) -> bool:
    """Return whether a text has the shape of a token at all."""
    return SHAPE.fullmatch(text) is not None
