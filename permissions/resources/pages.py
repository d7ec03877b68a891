"""What the pages about one resource share. Another feature adds its own tab by a row of TABS.

Its view begins with ``context = resource_page(request, pk, "its:url_name")`` and its template extends
``permissions/resources/resource.html``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from accounts.pages import Tab
from cxaccess.lib.related import attach
from permissions import gate
from permissions.giving import may_share
from permissions.models import Resource, Sensitivity
from permissions.resources import services
from permissions.resources.opening import ARCHIVE, EDIT, VIEW, Opening, is_guarded, opened
from permissions.resources.returning import may_return
from permissions.resources.rows import TONES
from permissions.resources.selectors import NAMED, PAGE
from permissions.usage.reads import count_read

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# mypy: disable-error-code="arg-type, attr-defined"
# request.user is a Person and request.at a moment; Django's stubs know neither.


@dataclass(frozen=True, slots=True)
class TabRow:
    """One page about a resource: the name of its route, what it is called, and who sees it."""

    url_name: str
    label: "StrOrPromise"
    shown: Callable[[Opening, datetime], bool]


def may_ask_who(opening: Opening, at: datetime) -> bool:
    """Return whether the reader may know who can do what here."""
    return opening.may("access.check", at=at) or opening.may("grant.view", at=at)


def may_see_use(opening: Opening, at: datetime) -> bool:
    """Return whether the reader may know how it is used; its owner may, though not by whom."""
    return opening.resource.owner_id == opening.reader.pk or opening.may("usage.view", at=at)


def may_see_grants(opening: Opening, at: datetime) -> bool:
    """Return whether the reader may know what was given on exactly this: who sees grants, and who shares it."""
    return opening.may("grant.view", at=at) or may_share(opening.reader, actions=(), resource=opening.resource, at=at)


TABS = (
    TabRow("resources:detail", _("Overview"), lambda _opening, _at: True),
    TabRow("resources:who", _("Who can"), may_ask_who),
    TabRow("resources:grants", _("Grants"), may_see_grants),
    TabRow("resources:use", _("Use"), may_see_use),
    TabRow("resources:history", _("History"), lambda opening, at: opening.may("trail.view", at=at)),
)


def read(pk: int) -> Resource:
    """Return a resource with the names of what it points to. Raises Http404."""
    resource = get_object_or_404(PAGE, pk=pk)
    attach([resource], *NAMED)
    return resource


def resource_page(request: HttpRequest, asked: Resource | int, tab: str) -> dict[str, Any]:
    """Return the context of a page about one resource (or its id), once the reader may open it and that is on record.

    Raises Http404, NotVisible; whatever keeps the event from being written keeps the page from being shown.
    """
    resource = asked if isinstance(asked, Resource) else read(asked)
    if resource.object_kind is not None:
        raise Http404  # it stands for a console object, which has a page of its own
    opening = opened(request.user, resource, at=request.at)
    if is_guarded(resource, request.at):  # whatever the method: a form that is refused shows the page as well
        services.record_reading(opening, page=tab.rpartition(":")[2], at=request.at)
    count_read(request.user, opening.content.action if opening.content.allowed else VIEW, resource, request.at)
    return page_of(opening, tab, request.at)


def page_of(opening: Opening, tab: str, at: datetime) -> dict[str, Any]:
    """Return what every page about the resource shows."""
    resource = opening.resource
    standing = resource.archived_at is None
    may_archive = opening.may(ARCHIVE, at=at)
    may_reopen = not standing and may_archive and may_return(opening.reader, [resource], at=at)
    return {
        "opening": opening,
        "resource": resource,
        "tone": TONES[Sensitivity(resource.sensitivity)],
        "tabs": list(_tabs(opening, tab, at)),
        "may_list": gate.may_somewhere(opening.reader, VIEW, at=at),
        "may_edit": standing and opening.may(EDIT, at=at),
        "may_archive": standing and may_archive,
        "may_reopen": may_reopen,
        "lacks_giving": not standing and may_archive and not may_reopen,
    }


def _tabs(opening: Opening, current: str, at: datetime) -> list[Tab]:
    found = []
    for row in TABS:
        url = _address(row.url_name, opening.resource)
        if url and row.shown(opening, at):
            found.append(Tab(str(row.label), url, row.url_name == current))
    return found


def _address(url_name: str, resource: Resource) -> str:
    try:
        return reverse(url_name, args=[resource.pk])
    except NoReverseMatch:
        return ""
