"""Template tags about access: who holds a grant, where it leads, how long it lasts."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.urls import NoReverseMatch
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Principal, PrincipalKind
from cxaccess.addresses import address
from cxaccess.templatetags.ui import avatar, icon, state, when
from permissions.models import RoleGrant
from permissions.roles.matrix import Cell
from permissions.usage.selectors import UNUSED_AFTER

register = template.Library()
SOON_DAYS = 14
PAGES: dict[str, str] = {
    PrincipalKind.PERSON: "people:detail",
    PrincipalKind.TEAM: "teams:detail",
    PrincipalKind.GROUP: "groups:detail",
    PrincipalKind.INTEGRATION: "integrations:detail",
}


def principal_url(principal: Principal) -> str:
    """Return the page of a person, team or group; nothing for other kinds."""
    name = PAGES.get(principal.kind)
    if name is None:
        return ""
    try:
        return address(name, getattr(principal, principal.kind).pk)
    except NoReverseMatch:
        return ""


@register.simple_tag
def principal(of: Principal, note: str = "") -> SafeString:
    """Draw who holds something: a person's initials or a kind's icon, the name as a link, a note below."""
    below = note or (_principal_title(of) if of.kind == PrincipalKind.PERSON else of.get_kind_display())
    return _principal(of.kind, of.label, principal_url(of), below)


@lru_cache(maxsize=4096, typed=True)
def _principal(kind: str, name: str, url: str, below: str) -> SafeString:
    mark = format_html('<span class="avatar sq" aria-hidden="true">{}</span>', icon(kind))
    if kind == PrincipalKind.PERSON:
        mark = avatar(name)
    named = format_html('<span class="truncate medium" title="{0}">{0}</span>', name)
    if url:
        named = format_html('<a class="truncate" href="{}" title="{}">{}</a>', url, name, name)
    drawing = '<span class="person">{}<span>{}<small class="truncate">{}</small></span></span>'
    return format_html(drawing, mark, named, below)


def _principal_title(of: Principal) -> str:
    return str(of.person.title)


@register.simple_tag(takes_context=True)
def grant_state(context: dict[str, Any], grant: RoleGrant) -> SafeString:
    """Draw where a grant stands at the moment of the request."""
    at: datetime = context["request"].at
    if grant.until is not None and grant.until <= grant.starts_at:
        return state(_("Ended before it began"), "off")
    if grant.until is not None and grant.until <= at:
        return state(_("Ended") if grant.ended_by_id else _("Ran out"), "off")
    if grant.starts_at > at:
        return state(_("Starts later"), "accent")
    if grant.until is not None and (grant.until - at).days < SOON_DAYS:
        return state(_("Ends soon"), "warn")
    return state(_("In force"), "ok")


@register.simple_tag(takes_context=True)
def last_used(
    context: dict[str, Any], used: datetime | None, since: datetime | None = None, words: str = ""
) -> SafeString:  # fmt: skip
    """Draw when something was last used; long ago, or never although it is there since long, is worth a look.

    `words`: say, too, that it is about use, where no head of a column does.
    """
    at: datetime = context["request"].at
    cut = at - UNUSED_AFTER
    if used:
        shown = when(context, used, "ago")
        if words:
            shown = _used(shown, get_language())
        return shown if used >= cut else state(shown, "warn")
    if since is None or since <= cut:
        return state(_("Never used") if words else _("Never"), "warn")
    return state(_("Not used yet") if words else _("Not yet"), "off")


@lru_cache(maxsize=4096)
def _used(ago: SafeString, _language: str | None) -> SafeString:
    return format_html(_("Used {ago}"), ago=ago)


@register.simple_tag
def matrix_cell(cell: Cell, editable: bool, named: bool) -> SafeString:
    """Draw one permission of a role's matrix; `named`: its name stands in the cell, not in a column head."""
    return _matrix_cell(cell, bool(editable), named, get_language())


@lru_cache(maxsize=20_000)  # the cell says all there is to draw, and most cells of most roles are alike
def _matrix_cell(cell: Cell, editable: bool, named: bool, language: str | None) -> SafeString:
    return render_to_string("permissions/roles/matrix_cell.html", {"cell": cell, "editable": editable, "named": named})


@register.filter
def item(found: dict[Any, Any] | None, key: Any) -> Any:
    """Return what `found` has for `key`, or nothing."""
    return found.get(key, "") if found else ""
