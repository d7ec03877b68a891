"""The list of teams, flat by page or whole as a tree."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from accounts.models import Person, Team
from accounts.pages import Tab
from accounts.reads import of_next_named
from accounts.teams import selectors
from accounts.teams.services import TEAMS
from cxaccess.lib.listing import Count, Listing, search_text
from cxaccess.lib.related import attach
from cxaccess.lib.statements import Rows
from permissions import gate, giving, history
from permissions.models import RoleGrant
from permissions.recorded import note_shown

LISTING = Listing(
    sorts={"name": ["principal__label"], "place": ["resource__region__name", "principal__label"]},
    default="name",
    ahead=of_next_named,
)
VIEWS = (
    ("", gettext_lazy("All teams")),
    ("mine", gettext_lazy("My teams")),
    ("no-lead", gettext_lazy("Without a lead")),
    ("archived", gettext_lazy("Archived")),
)
SHOWN = (
    "purpose", "archived_at", "principal__label", "parent__principal_id", "resource__region_id",
    "resource__department_id",
)  # fmt: skip
NAMED = ("parent__principal__label", "resource__region__name", "resource__department__name")
TREE_LIMIT = 2000  # a longer tree is read by searching


def page_of(reader: Person, params: Mapping[str, str], *, at: datetime) -> dict[str, Any]:
    """Return the context of the list that the address asks for; the number of queries does not grow with it."""
    view, q = params.get("view", "")[:20], search_text(params)
    context = {"q": q, "view": view, "views": tabs(view), "tree": params.get("as") == "tree"}
    if context["tree"]:
        placed = selectors.in_tree_order(list(_rows(reader, params, at)[:TREE_LIMIT]))
        note_shown(reader, "team.view", [team for team, _depth in placed], at=at)
        found = _described([team for team, _depth in placed], at)
        for row, (_team, depth) in zip(found, placed, strict=True):
            row.depth = min(depth, 6)
        return context | {"rows": found}
    if not params and gate.sees_all(reader, "team.view", at=at):
        page = LISTING.first(Rows("teams", lambda: _rows(reader, params, at), {}), params)
    else:
        page = LISTING.page(_rows(reader, params, at), params)
    note_shown(reader, "team.view", page.rows, at=at)
    return context | {"page": page, "rows": _described(list(page.rows), at)}


def _rows(reader: Person, params: Mapping[str, str], at: datetime) -> QuerySet[Team]:
    """Return the teams that the address asks for, of those that the reader sees, with what a row shows."""
    seen = gate.visible(reader, "team.view", TEAMS, at=at)
    region, department = _id(params.get("region")), _id(params.get("department"))
    view = params.get("view", "")[:20]
    rows = selectors.narrowed(seen, search_text(params), view, region, department, reader, at)
    return rows.select_related(None).select_related("principal", "resource", "parent").only(*SHOWN)


def _described(teams: list[Team], at: datetime) -> list[selectors.Row]:
    attach(teams, *NAMED)
    return selectors.described(teams, at)


def tabs(current: str) -> list[Tab]:
    """Return the saved views."""
    chosen = current if current in dict(VIEWS) else ""
    return [Tab(str(label), f"?view={key}" if key else "?", key == chosen, key=key) for key, label in VIEWS]


def counted(reader: Person, *, at: datetime) -> list[Tab]:
    """Return the saved views with how many teams each has."""
    seen, views = gate.visible(reader, "team.view", TEAMS, at=at), tabs("")
    counts = Count.of_all([selectors.narrowed(seen, "", tab.key, None, None, reader, at) for tab in views])
    return [replace(tab, count=count) for tab, count in zip(views, counts, strict=True)]


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None


def beyond(reader: Person, grants: Iterable[RoleGrant], *, at: datetime) -> list[RoleGrant]:
    """Return those of `grants` that `reader` could not give."""
    found = list(grants)
    scopes = history.scopes({grant.scope_id for grant in found})
    return [
        grant
        for grant in found
        if not giving.may_give(reader, role_id=grant.role_id, scope=scopes[grant.scope_id], at=at)
    ]
