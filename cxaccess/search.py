"""Search: pages, people, teams and roles that this reader may see. The command palette shows the same answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cxaccess import navigation
from cxaccess.lib.listing import search_text

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found."""

    label: "StrOrPromise"
    url: str
    icon: str
    note: "StrOrPromise" = ""


@dataclass(frozen=True, slots=True)
class Group:
    """What was found of one kind."""

    label: "StrOrPromise"
    hits: tuple[Hit, ...]


def pages(request: HttpRequest, text: str) -> Iterator[Hit]:
    """Yield the places of the reader's navigation whose name contains `text`."""
    for section, places in navigation.sections(request):
        for place in places:
            if text.casefold() in str(place.item.label).casefold():
                yield Hit(place.item.label, place.url, place.item.icon, section.label)


def found(request: HttpRequest, text: str) -> list[Group]:
    """Return everything that matches `text`, by kind; empty kinds are left out."""
    groups = [Group(_("Pages"), tuple(pages(request, text)))]
    return [group for group in groups if group.hits]


@login_required
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Show what was found; to the palette only the list."""
    text = search_text(request.GET)
    template = "search.html#results" if request.headers.get("X-Requested-With") == "palette" else "search.html"
    return render(request, template, {"q": text, "groups": found(request, text)})
