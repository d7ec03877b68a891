"""What every page about one integration shows around its own part: its tabs, and what its reader may do here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.integrations import attention, listing, selectors
from accounts.integrations.selectors import EDIT, ISSUE, ROWS, THINGS, VIEW
from accounts.integrations.services import CHECK
from accounts.models import Integration, IntegrationGrant, IntegrationToken
from accounts.pages import Tab
from permissions import gate, places
from permissions.guards import fetch

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.
CLOSED = 20  # tokens that open nothing any more which are shown


def opened(request: HttpRequest, pk: int, action: str = VIEW, as_type: str | None = None) -> Integration:
    """Return the integration, once the reader may do `action` to it. Raises Http404, NotAllowed, NotVisible."""
    fetch(request, action, THINGS, pk, as_type=as_type)
    return get_object_or_404(ROWS, pk=pk)


def integration_page(request: HttpRequest, pk: int, tab: str, action: str = VIEW) -> dict[str, Any]:
    """Return the context of one integration's page."""
    return context(request, opened(request, pk, action), tab)


def context(request: HttpRequest, row: Integration, tab: str) -> dict[str, Any]:
    """Return what the page of `row` on `tab` needs."""
    standing = row.retired_at is None
    edits, issues = (gate.may(request.user, action, row.resource, at=request.at) for action in (EDIT, ISSUE))
    return {
        "integration": row,
        "address": settings.PUBLIC_URL.rstrip("/"),
        "tabs": _tabs(request, row, tab),
        "may_edit": standing and edits,
        "may_allow": standing and edits and gate.may(request.user, CHECK, at=request.at),
        "may_issue": standing and issues,
    }


def _tabs(request: HttpRequest, row: Integration, current: str) -> list[Tab]:
    shown = [("detail", _("Integration"))]
    trail = places.target(row.resource, request.at, as_type="trail")
    if gate.may(request.user, "trail.view", trail, at=request.at):
        shown.append(("history", _("History")))
    return [Tab(label, reverse(f"integrations:{name}", args=[row.pk]), name == current) for name, label in shown]


def asking(row: Integration, request: HttpRequest) -> list[tuple[IntegrationGrant, str, str]]:
    """Return what it may ask about, now or later, each in words and by its key."""
    held = row.grants.not_over(request.at).select_related("type", "action", "given_by")
    rows = held.order_by("type__position", "action__position", "pk")
    return [(one, selectors.in_words(one.type, one.action), selectors.asked(one)) for one in rows]


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one integration, the newest first, each with its state; few of those that open nothing any more."""

    open: list[tuple[IntegrationToken, tuple[str, str]]]
    closed: list[tuple[IntegrationToken, tuple[str, str]]]
    more: int  # closed ones that are not shown


def tokens(rows: Sequence[IntegrationToken], request: HttpRequest) -> Tokens:
    """Return the tokens as they are shown."""
    opens = [one for one in rows if one.revoked_at is None and one.expires_at > request.at]
    closed = [one for one in rows if one not in opens]
    first, second = ([(one, listing.state_of(one, request.at)) for one in part] for part in (opens, closed[:CLOSED]))
    return Tokens(first, second, len(closed) - len(second))


def overview(row: Integration, request: HttpRequest, may_edit: bool, may_issue: bool) -> dict[str, Any]:
    """Return what the first page of one integration shows beside its frame: what needs a look, grants, tokens."""
    rows, asks = list(row.tokens.select_related("created_by", "revoked_by", "replaces")), asking(row, request)
    may = {"may_edit": may_edit, "may_issue": may_issue}
    needs = [] if row.retired_at else attention.hints(row, rows, asks=bool(asks), at=request.at, **may)
    return {"asking": asks, "tokens": tokens(rows, request), "hints": needs}
