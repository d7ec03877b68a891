"""The list of integrations, and how tokens are shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.integrations import attention, selectors
from accounts.models import Integration, IntegrationToken, Person
from accounts.pages import Tab
from cxaccess.lib.listing import Listing, search_text

LISTING = Listing(sorts={"name": ["principal__label"], "system": ["system", "principal__label"]}, default="name")
ENDING, UNOWNED, UNUSED, RETIRED = "ending", "no-owner", "unused", "retired"
VIEWS = (
    ("", _("In use")),
    (ENDING, _("Tokens run out")),
    ("no-token", _("Without an open token")),
    (UNOWNED, _("Without an owner")),
    (UNUSED, _("Unused for 90 days")),
    (RETIRED, _("Retired")),
)


def page_of(reader: Person, params: Mapping[str, str], *, at: datetime) -> dict[str, Any]:
    """Return the context of the list that the address asks for; the number of queries does not grow with it."""
    view = params.get("view", "") if params.get("view", "") in dict(VIEWS) else ""
    mine = reader if params.get("owner") == "me" else None
    rows = narrowed(selectors.visible(reader, at=at), q=search_text(params), view=view, owner=mine, at=at)
    page = LISTING.page(rows, params)
    tabs = [Tab(str(label), f"?view={key}" if key else "?", key == view, key=key) for key, label in VIEWS]
    found = selectors.described(list(page.rows), at=at)
    described = [(row, next(iter(attention.ending(row.open, at)), None)) for row in found]
    return {"page": page, "rows": described, "view": view, "tabs": tabs, "mine": mine is not None}


def narrowed(
    rows: QuerySet[Integration], *, q: str = "", view: str = "", owner: Person | int | None = None, at: datetime
) -> QuerySet[Integration]:
    """Return `rows` as the list's filters ask."""
    if owner is not None:
        rows = rows.filter(owner=owner)
    for word in q.split():
        rows = rows.filter(
            Q(principal__label__icontains=word) | Q(purpose__icontains=word) | Q(system__icontains=word)
        )  # fmt: skip
    if view == RETIRED:
        return rows.exclude(retired_at=None)
    rows = rows.filter(retired_at=None)
    if view == ENDING:
        return rows.filter(pk__in=attention.running_out(at).values("integration"))
    if view == UNOWNED:
        return rows.filter(owner=None)
    if view == UNUSED:
        return rows.filter(attention.unused(at))
    return rows.filter(~attention.with_open_token(at)) if view == "no-token" else rows


def state_of(token: IntegrationToken, at: datetime) -> tuple[str, str]:
    """Return how a token stands, in words, and in which tone."""
    if token.revoked_at is not None:
        return _now("Revoked"), "off"
    if token.expires_at <= at:
        return _now("Run out"), "off"
    return (_now("Runs out soon"), "warn") if token.expires_at <= at + attention.SOON else (_now("Open"), "ok")
