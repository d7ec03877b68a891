"""Resources as the rows of their list: what a line shows, worked out before the template."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from accounts.pages import Tab
from cxaccess.lib.listing import PAGING, Count
from cxaccess.lib.related import attach
from cxaccess.templatetags.ui import badge
from permissions.models import Resource, Sensitivity
from permissions.resources.listing import Criteria, narrowed

SHOWN = (
    "name", "system", "external_id", "type_id", "region_id", "department_id", "owner_id", "owner_team_id",
    "sensitivity", "guarded_until", "created_at", "object_kind", "object_id", "owner_team__principal_id",
)  # fmt: skip
NAMED = ("type__label", "region__name", "department__name", "owner__name", "owner_team__principal__label")
TONES = {
    Sensitivity.PUBLIC: "ok",
    Sensitivity.INTERNAL: "",
    Sensitivity.CONFIDENTIAL: "warn",
    Sensitivity.RESTRICTED: "bad",
}
CONSOLE = {
    "team": "teams:detail",
    "role": "roles:detail",
    "group": "groups:detail",
    "integration": "integrations:detail",
}
VIEWS = (
    ("", "", _("All")),
    ("mine", "owner=me", _("Mine")),
    ("nobodys", "owner=nobody", _("Without an owner")),
    ("archived", "archived=yes", _("Archived")),
    ("console", "kind=console", _("Console objects")),
)
MARKS = ("owner", "archived", "kind")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    pk: int
    name: str
    url: str
    known: str
    type: str
    region: str
    department: str
    owner: str
    team: str
    badge: SafeString
    created_at: datetime

    @property
    def kind(self) -> tuple[bool, ...]:
        """Return what the line's cells depend on, but for the values that stand in them."""
        return (bool(self.owner),)


def shown(found: QuerySet[Resource]) -> QuerySet[Resource]:
    """Return `found` with no more of each than a line shows."""
    return found.select_related("owner_team").only(*SHOWN)


def rows_of(resources: Sequence[Resource]) -> list[Row]:
    """Return the lines of `resources`, which are `shown`; what they point to is read here."""
    attach(resources, *NAMED)
    return [
        Row(
            pk=resource.pk,
            name=resource.name,
            url=page_url(resource),
            known=f"{resource.system} · {resource.external_id}",
            type=resource.type.label,
            region=str(resource.region or ""),
            department=str(resource.department or ""),
            owner=resource.owner.name if resource.owner else "",
            team=resource.owner_team.principal.label if resource.owner_team else "",
            badge=_badge(resource.sensitivity, get_language() or ""),
            created_at=resource.created_at,
        )
        for resource in resources
    ]


def page_url(resource: Resource) -> str:
    """Return the page of a resource; of what stands for a console object, that object's own."""
    name = CONSOLE.get(resource.object_kind or "")
    try:
        return reverse(name, args=[resource.object_id]) if name else _address(resource.pk)
    except NoReverseMatch:
        return _address(resource.pk)


def _address(pk: int) -> str:
    return f"{reverse('resources:list')}{pk}/"


@lru_cache(maxsize=64)
def _badge(sensitivity: int, _language: str) -> SafeString:
    known = Sensitivity(sensitivity)
    return badge(str(known.label), TONES[known])


def tabs(params: Mapping[str, str]) -> list[Tab]:
    """Return the built-in views."""
    here = {name: params[name] for name in MARKS if params.get(name)}
    address = reverse("resources:list")
    return [
        Tab(str(label), f"{address}?{query}" if query else address, QueryDict(query).dict() == here, key=key)  # type: ignore[arg-type]
        for key, query, label in VIEWS
    ]


def counted(seen: QuerySet[Resource], reader: Person, *, at: datetime) -> list[Tab]:
    """Return the built-in views with how many each has, counted in one statement."""
    wanted = [Criteria.of(QueryDict(query)) for _key, query, _label in VIEWS]
    counts = Count.of_all([narrowed(seen, one, reader.pk, at=at) for one in wanted])
    return [replace(tab, count=count) for tab, count in zip(tabs({}), counts, strict=True)]


def kept_filters(params: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the filters that a search keeps, as (parameter, value)."""
    return [(name, value) for name, value in params.items() if value and name not in (*PAGING, "q", "sort")]
