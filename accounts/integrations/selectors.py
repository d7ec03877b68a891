"""Reads of integrations: which there are, what each may ask about, and whose token a request carries."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hmac import compare_digest

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.integrations import tokens
from accounts.models import Integration, IntegrationGrant, IntegrationToken, Person
from audits.trail.record import System
from permissions import gate
from permissions.models import Resource

VIEW, EDIT, ISSUE = "integration.view", "integration.edit", "integration.issue"
# Decisions know an integration as its resource, which has the same id.
THINGS = Resource.objects.filter(integration__isnull=False)
ROWS = Integration.objects.select_related("principal", "owner", "resource__type")
NOTHING = "0" * 64  # the digest of no token: compared with where there is none, which takes as long
SOON = timedelta(days=14)


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


def caller(text: str, *, at: datetime) -> Caller | None:
    """Return whose valid token `text` is; None for anything else. Two queries.

    It is found by its prefix and compared by its digest, in the same time whether they differ early, late or not.
    """
    if not tokens.is_one(text):
        return None
    rows = IntegrationToken.objects.select_related("integration__principal").filter(prefix=tokens.prefix(text))
    found = rows.filter(opening(at), integration__retired_at=None).first()
    same = compare_digest(tokens.digest(text), found.digest if found is not None else NOTHING)
    if found is None or not same:
        return None
    held = IntegrationGrant.objects.in_force(at).filter(integration=found.integration_id)
    pairs = set(held.values_list("type__key", "action__key"))
    types = frozenset(type_ for type_, action in pairs if action is None)
    return Caller(found.integration, found, types, frozenset(action for _type, action in pairs if action is not None))


def opening(at: datetime, prefix: str = "") -> Q:
    """Return the condition that a token opens at `at`."""
    return Q(**{f"{prefix}revoked_at": None, f"{prefix}expires_at__gt": at})


def visible(reader: Person, action: str = VIEW, *, at: datetime) -> QuerySet[Integration]:
    """Return the integrations on which `reader` holds `action`."""
    return ROWS.filter(resource__in=gate.visible(reader, action, THINGS, at=at).values("pk"))


def editable(row: Integration) -> dict[str, object]:
    """Return what the edit form shows, by its field names."""
    return {
        "name": row.name,
        "purpose": row.purpose,
        "owner": row.owner,
        "system": row.system,
        "reports_use": row.reports_use,
    }


def asked(grant: IntegrationGrant) -> str:
    """Return what a grant lets ask about, as the trail and pages name it: ``ticket.reply``, or ``ticket.*``."""
    return grant.action.key if grant.action is not None else f"{grant.type.key}.*"


@dataclass(slots=True)
class Row:
    """One integration of the list, with what it may ask about and how its tokens stand."""

    integration: Integration
    asked: list[str] = field(default_factory=list)
    open: list[IntegrationToken] = field(default_factory=list)

    @property
    def last_used_at(self) -> datetime | None:
        """Return when any of its tokens was last used."""
        return max((one.last_used_at for one in self.open if one.last_used_at), default=None)

    @property
    def ends_at(self) -> datetime | None:
        """Return when its last token runs out."""
        return max((one.expires_at for one in self.open), default=None)

    def ends_soon(self, at: datetime) -> bool:
        """Return whether no token of it opens anything two weeks from `at`."""
        return self.ends_at is not None and self.ends_at <= at + SOON


def described(rows: Collection[Integration], *, at: datetime) -> list[Row]:
    """Return a row for each integration, in two queries."""
    found = {row.pk: Row(row) for row in rows}
    held = IntegrationGrant.objects.in_force(at).filter(integration__in=found).select_related("type", "action")
    for grant in held.order_by("type__position", "action__position"):
        found[grant.integration_id].asked.append(asked(grant))
    for token in IntegrationToken.objects.filter(opening(at), integration__in=found):
        found[token.integration_id].open.append(token)
    return list(found.values())


def narrowed(rows: QuerySet[Integration], *, q: str, view: str, at: datetime) -> QuerySet[Integration]:
    """Return `rows` as the list's filters ask."""
    for word in q.split():
        rows = rows.filter(
            Q(principal__label__icontains=word) | Q(purpose__icontains=word) | Q(system__icontains=word)
        )  # fmt: skip
    if view == "retired":
        return rows.exclude(retired_at=None)
    rows = rows.filter(retired_at=None)
    if view == "no-token":
        return rows.filter(~Exists(IntegrationToken.objects.filter(opening(at), integration=OuterRef("pk"))))
    return rows


def state_of(token: IntegrationToken, at: datetime) -> tuple[str, str]:
    """Return how a token stands, in words, and in which tone."""
    if token.revoked_at is not None:
        return _("Revoked"), "off"
    if token.expires_at <= at:
        return _("Run out"), "off"
    return (_("Runs out soon"), "warn") if token.expires_at <= at + SOON else (_("Open"), "ok")
