"""Whose token a request carries: looked up once, and believed while the stamp of the integration stands still.

Whatever changes an integration, its tokens or what it may ask moves the stamp of its principal in the same
transaction, and so does what becomes of who made a token; so the next request anywhere knows. What time changes (an
end, a beginning) is judged at each request.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from threading import Lock

from django.db import connection

from accounts.integrations import makers, tokens
from accounts.models import Integration, IntegrationGrant, IntegrationToken
from audits.trail.record import System
from cxaccess.jobs import stamps
from cxaccess.lib.clock import Window

NOTHING = "0" * 64  # the digest of no token: compared with where there is none, which takes as long
KEPT = 1_000  # tokens a process keeps


@dataclass(frozen=True, slots=True)
class Caller:
    """A connected system that proved who it is, and what it may ask about.

    `types` are those it may ask everything of, `actions` single permissions.
    """

    integration: Integration
    token: IntegrationToken
    types: frozenset[str] = frozenset()
    actions: frozenset[str] = frozenset()

    @property
    def actor(self) -> System:
        """Return it as the trail knows it."""
        return actor(self.integration)

    @property
    def system(self) -> str:
        """Return whose ids it speaks."""
        return self.integration.system

    @property
    def may_ask(self) -> bool:
        """Return whether it may ask anything."""
        return bool(self.types or self.actions)

    def may_ask_of(self, type_: str) -> bool:
        """Return whether it may ask about something of things of that type."""
        return type_ in self.types or any(key.partition(".")[0] == type_ for key in self.actions)

    def may_ask_about(self, action: str) -> bool:
        """Return whether it may ask about a permission, ``type.name``."""
        return action in self.actions or action.partition(".")[0] in self.types


def actor(integration: Integration) -> System:
    """Return an integration as the trail knows it: by its id, because names change."""
    return System(f"integration:{integration.pk}")


@dataclass(frozen=True, slots=True)
class _Known:
    """A token with its integration and its grants that were not over, as of a stamp that was read before them."""

    token: IntegrationToken
    grants: Sequence[tuple[str, str | None, Window]]  # the type, the permission or None for everything, when
    stamp: int


class _Kept:
    """The tokens that this process looked up, by their digests. Only what is committed gets in."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.tokens: OrderedDict[str, _Known] = OrderedDict()

    def clear(self) -> None:
        """Forget everything; tests that reset the database need it."""
        with self.lock:
            self.tokens.clear()

    def keep(self, digest: str, found: _Known) -> None:
        """Keep a token, and no more than KEPT."""
        with self.lock:
            self.tokens[digest] = found
            self.tokens.move_to_end(digest)
            while len(self.tokens) > KEPT:
                self.tokens.popitem(last=False)


kept = _Kept()


def caller(text: str, *, at: datetime) -> Caller | None:
    """Return whose valid token `text` is; None for anything else. One query where it is known, four where it is not."""
    if not tokens.is_one(text):
        return None
    digest = tokens.digest(text)
    found = kept.tokens.get(digest)
    if found is None or found.stamp != _stamp(found.token.integration.principal_id):
        found = _looked_up(tokens.prefix(text), digest, at)
    return None if found is None else _opened(found, at)


def _stamp(principal: int) -> int:
    return stamps.read([principal])[principal]


def _looked_up(prefix: str, digest: str, at: datetime) -> _Known | None:
    """Return the token of that digest, whether it opens or not.

    It is found by its prefix and compared by its digest, in the same time whether they differ early, late or not.
    """
    rows = IntegrationToken.objects.filter(prefix=prefix)
    principal = rows.values_list("integration__principal", flat=True).first()
    stamp = _stamp(principal) if principal is not None else 0
    row = rows.select_related("integration__principal", "created_by").first() if principal is not None else None
    same = compare_digest(digest, row.digest if row is not None else NOTHING)
    if row is None or not same:
        return None
    held = IntegrationGrant.objects.not_over(at).filter(integration=row.integration_id)
    read = held.values_list("type__key", "action__key", "starts_at", "until")
    found = _Known(row, [(type_, action, Window(starts, until)) for type_, action, starts, until in read], stamp)
    if not connection.in_atomic_block:  # a stamp that is rolled back later comes again with other facts
        kept.keep(digest, found)
    return found


def _opened(known: _Known, at: datetime) -> Caller | None:
    """Return who may ask what at `at`; None where the token opens nothing then."""
    token = known.token
    if token.revoked_at is not None or token.expires_at <= at or token.integration.retired_at is not None:
        return None
    if not makers.is_trusted(token, at):
        return None
    pairs = {(type_, action) for type_, action, window in known.grants if window.covers(at)}
    types = frozenset(type_ for type_, action in pairs if action is None)
    return Caller(token.integration, token, types, frozenset(action for _type, action in pairs if action is not None))
