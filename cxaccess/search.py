"""Search: pages, people, teams, roles, policies, resources the reader may see. The palette shows the same answer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts.models import Group as GroupOfPeople
from accounts.models import Person, Team
from cxaccess import navigation
from cxaccess.lib.listing import search_text
from permissions import gate
from permissions.models import Birthright, Policy, Resource, Role
from permissions.resources.listed import record_listed
from permissions.resources.search import matching

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

PALETTE, PAGE = 6, 20


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
    hits: Sequence[Hit]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of thing is found: who may see it, in which columns, and what is said of it."""

    label: "StrOrPromise"
    permission: str
    icon: str
    page: str
    columns: tuple[str, ...]
    rows: Callable[[], QuerySet[Any]]
    note: Callable[[Any], "StrOrPromise"]
    as_type: str | None = None
    by_words: Callable[[QuerySet[Any], str], QuerySet[Any]] | None = None  # where there are too many to read them all
    seen: Callable[..., None] | None = None  # what is told before such things are shown


KINDS = (
    Kind(
        _("People"),
        "person.view",
        "person",
        "people:detail",
        ("name", "email", "title"),
        lambda: Person.objects.order_by("name", "pk"),
        lambda person: person.title,
    ),
    Kind(
        _("Teams"),
        "team.view",
        "team",
        "teams:detail",
        ("principal__label",),
        lambda: Team.objects.filter(archived_at=None).select_related("principal").order_by("principal__label"),
        lambda team: team.purpose,
    ),
    Kind(
        _("Groups"),
        "group.view",
        "group",
        "groups:detail",
        ("principal__label", "purpose"),
        lambda: GroupOfPeople.objects.filter(archived_at=None).select_related("principal").order_by("principal__label"),
        lambda group: group.purpose,
    ),
    Kind(
        _("Roles"),
        "role.view",
        "role",
        "roles:detail",
        ("name", "purpose"),
        lambda: Role.objects.filter(retired_at=None).order_by("name"),
        lambda role: role.purpose,
    ),
    Kind(
        _("Birthright rules"),
        "birthright.view",
        "birthright",
        "birthrights:detail",
        ("name", "purpose"),
        lambda: Birthright.objects.filter(retired_at=None).order_by("name"),
        lambda birthright: birthright.purpose,
    ),
    Kind(
        _("Policies"),
        "policy.view",
        "policy",
        "policies:detail",
        ("name", "purpose"),
        lambda: Policy.objects.filter(retired_at=None).order_by("name"),
        lambda policy: policy.purpose,
    ),
    Kind(
        _("Resources"),
        "resource.view",
        "resource",
        "resources:detail",
        (),
        lambda: (
            Resource.objects.filter(object_kind=None, archived_at=None).select_related("type").order_by("name", "pk")
        ),
        lambda resource: resource.type.label,
        "resource",
        matching,
        record_listed,
    ),
)


def pages(request: HttpRequest, text: str) -> Iterator[Hit]:
    """Yield the places of the reader's navigation whose name contains `text`."""
    for section, places in navigation.sections(request):
        for place in places:
            if text.casefold() in str(place.item.label).casefold():
                yield Hit(place.item.label, place.url, place.item.icon, section.label)


def things(request: HttpRequest, kind: Kind, text: str, limit: int) -> Iterator[Hit]:
    """Yield up to `limit` things of `kind` that this reader may see and whose columns contain every word."""
    at = request.at  # type: ignore[attr-defined]
    if gate.demanded(request.user, kind.permission, at=at):  # type: ignore[arg-type]
        return  # the list says what is to be met first
    rows = gate.visible(request.user, kind.permission, kind.rows(), at=at, as_type=kind.as_type)  # type: ignore[arg-type]
    if kind.by_words is not None:
        rows = kind.by_words(rows, text)
    for word in text.split() if kind.columns else ():
        rows = rows.filter(_any_column(kind.columns, word))
    shown = list(rows[:limit])
    if kind.seen is not None:
        kind.seen(request.user, shown, page="search", at=at)
    for row in shown:
        yield Hit(str(row), _address(kind.page, row), kind.icon, kind.note(row))


def _any_column(columns: Sequence[str], word: str) -> Q:
    found = Q()
    for column in columns:
        found |= Q(**{f"{column}__icontains": word})
    return found


def _address(page: str, row: Model) -> str:
    return reverse(page, kwargs={"pk": row.pk})


def found(request: HttpRequest, text: str, limit: int) -> list[Group]:
    """Return everything that matches `text`, by kind; empty kinds are left out. Without a text, only pages."""
    groups = [Group(_("Pages"), tuple(pages(request, text)))]
    if text:
        groups += [Group(kind.label, tuple(things(request, kind, text, limit))) for kind in KINDS]
    return [group for group in groups if group.hits]


@require_safe
@login_required
def search(request: HttpRequest) -> HttpResponse:
    """Show what was found; to the palette only the list."""
    text = search_text(request.GET)
    palette = request.headers.get("X-Requested-With") == "palette"
    template, limit = ("search.html#results", PALETTE) if palette else ("search.html", PAGE)
    return render(request, template, {"q": text, "groups": found(request, text, limit)})
