"""What the frame around every page shows: where one can go, who one is, how it looks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from cxaccess.appearance import Appearance
from cxaccess.help import page_about
from cxaccess.jobs import settings as instance

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from accounts.models import Person


@dataclass(frozen=True, slots=True)
class Item:
    """One place in the navigation. Without `permission` it is everyone's."""

    label: "StrOrPromise"
    icon: str
    url_name: str
    permission: str = ""
    key: str = ""  # G and this letter goes there
    also: tuple[str, ...] = ()  # namespaces of other features that belong here

    @property
    def url(self) -> str:
        """Return its address."""
        return reverse(self.url_name)

    def is_current(self, view_name: str) -> bool:
        """Return whether the page `view_name` belongs to this place: itself, or one of the same feature."""
        namespace = self.url_name.rpartition(":")[0]
        within = view_name.rpartition(":")[0]
        return view_name == self.url_name or (bool(within) and within in (namespace, *self.also))


@dataclass(frozen=True, slots=True)
class Section:
    """A group of places under one heading."""

    label: "StrOrPromise"
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """An item as this reader sees it."""

    item: Item
    url: str
    current: bool


NAVIGATION = (
    Section(
        _("My work"),
        (
            Item(_("Overview"), "overview", "overview", key="O"),
            Item(_("My access"), "access", "my-access", key="M"),
        ),
    ),
    Section(
        _("Organisation"),
        (
            Item(_("People"), "people", "people:list", "person.view", key="P"),
            Item(_("Teams"), "team", "teams:list", "team.view", key="T"),
            Item(_("Groups"), "group", "groups:list", "group.view"),
            Item(_("Structure"), "structure", "structure:index", "structure.view", key="S"),
        ),
    ),
    Section(
        _("Access"),
        (
            Item(_("Roles"), "role", "roles:list", "role.view", key="R"),
            Item(_("Grants"), "grant", "grants:list", "grant.view", key="G", also=("objects",)),
            Item(_("Birthrights"), "birthright", "birthrights:list", "birthright.view"),
            Item(_("Policies"), "policy", "policies:list", "policy.view", key="L"),
            Item(_("Resources"), "resource", "resources:list", "resource.view", key="E"),
            Item(_("Imports"), "import", "imports:list", "import.view", key="I"),
            Item(_("Integrations"), "integration", "integrations:list", "integration.view"),
            Item(_("Catalogue"), "catalogue", "catalogue:list", "catalogue.view"),
            Item(_("Check access"), "check-access", "check:index", "access.check", key="C"),
        ),
    ),
    Section(_("Proof"), (Item(_("Audit trail"), "trail", "trail:list", "trail.view", key="A"),)),
    Section(_("System"), (Item(_("Settings"), "settings", "settings:index", "settings.view"),)),
)


def allowed(person: "Person", item: Item, at: datetime) -> bool:
    """Return whether the gate lets `person` use `item` anywhere. Never recorded: it is only a menu."""
    from permissions import gate

    return not item.permission or gate.may_somewhere(person, item.permission, at=at)


def links(request: HttpRequest, section: Section) -> Iterator[Link]:
    """Yield the links of `section` for the reader of `request`."""
    match = request.resolver_match
    view_name = match.view_name if match else ""
    for item in section.items:
        if allowed(request.user, item, request.at):  # type: ignore[arg-type,attr-defined]
            yield Link(item, item.url, item.is_current(view_name))


def sections(request: HttpRequest) -> list[tuple[Section, list[Link]]]:
    """Return the navigation of the reader; of nobody signed in, nothing."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return []
    found = [(section, list(links(request, section))) for section in NAVIGATION]
    return [(section, places) for section, places in found if places]


def instance_name() -> str:
    """Return whose console this is."""
    return instance.get(instance.INSTANCE_NAME)


def help_url(request: HttpRequest) -> str:
    """Return the page of the guide that explains where the reader is."""
    match = request.resolver_match
    return reverse("help", args=[page_about(match.view_name if match else "")])


def frame(request: HttpRequest) -> dict[str, object]:
    """Return the template context of the frame. The gate is asked only by pages that draw the navigation."""
    return {
        "navigation": SimpleLazyObject(lambda: sections(request)),
        "appearance": Appearance.of(request),
        "instance_name": SimpleLazyObject(instance_name),
        "help_url": SimpleLazyObject(lambda: help_url(request)),
    }
