"""What every page about one integration shows around its own part: its tabs, and what its reader may do here."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.integrations import selectors
from accounts.integrations.selectors import EDIT, ISSUE, ROWS, THINGS, VIEW
from accounts.integrations.services import CHECK
from accounts.models import Integration, IntegrationGrant, IntegrationToken
from accounts.pages import Tab
from permissions import gate, places
from permissions.guards import fetch

# mypy: disable-error-code="arg-type, attr-defined"
# Behind login_required request.user is a Person, and request.at is a moment; Django's stubs know neither.


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


def asking(row: Integration, request: HttpRequest) -> list[tuple[IntegrationGrant, str]]:
    """Return what it may ask about, now or later, each with its name."""
    held = row.grants.not_over(request.at).select_related("type", "action", "given_by")
    return [(one, selectors.asked(one)) for one in held.order_by("type__position", "action__position", "pk")]


def tokens(row: Integration, request: HttpRequest) -> list[tuple[IntegrationToken, tuple[str, str], bool]]:
    """Return its tokens, the newest first, each with its state and whether it opens."""
    rows = row.tokens.select_related("created_by", "revoked_by", "replaces")
    return [(one, selectors.state_of(one, request.at), _opens(one, request)) for one in rows]


def _opens(token: IntegrationToken, request: HttpRequest) -> bool:
    return token.revoked_at is None and token.expires_at > request.at
