"""The list of leavers: who leaves soon, who has left, and whose last day is over while nobody let them leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Leaving, Person, PersonState
from accounts.pages import Tab
from cxaccess.jobs import settings
from cxaccess.lib.listing import Listing, search_text
from permissions import gate

SORTS = {"name": ["name"], "when": ["leaves_at", "name"], "last": ["employed_until", "name"]}
SOON, LEFT, OVERDUE = "", "left", "overdue"
LISTINGS = {  # what is nearest to now comes first
    SOON: Listing(sorts=SORTS, default="when"),
    LEFT: Listing(sorts=SORTS, default="-when"),
    OVERDUE: Listing(sorts=SORTS, default="-last"),
}
VIEWS = ((SOON, _("Leave soon")), (LEFT, _("Left")), (OVERDUE, _("Last day over")))


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody of the list with their latest leaving that was not called off, if there is one."""

    person: Person
    leaving: Leaving | None


def page_of(reader: Person, params: Mapping[str, str], *, at: datetime) -> dict[str, Any]:
    """Return the context of the list that the address asks for; the number of queries does not grow with it."""
    view = params.get("view", "") if params.get("view", "") in dict(VIEWS) else SOON
    rows = narrowed(gate.visible(reader, "person.offboard", Person.objects.all(), at=at), view, at)
    for word in search_text(params).split():
        rows = rows.filter(Q(name__icontains=word) | Q(title__icontains=word))
    page = LISTINGS[view].page(rows.select_related("department", "region"), params)
    people = list(page.rows)
    latest: dict[int, Leaving] = {}
    for leaving in Leaving.objects.filter(person__in=people, cancelled_at=None).order_by("pk"):
        latest[leaving.person_id] = leaving
    tabs = [Tab(str(label), f"?view={key}" if key else "?", key == view) for key, label in VIEWS]
    return {"page": page, "rows": [Row(one, latest.get(one.pk)) for one in people], "view": view, "tabs": tabs}


def narrowed(rows: QuerySet[Person], view: str, at: datetime) -> QuerySet[Person]:
    """Return those of `rows` whom a view shows."""
    if view == LEFT:
        return rows.filter(Q(state=PersonState.LEFT) | Q(leaves_at__lte=at))
    if view == OVERDUE:
        today = at.astimezone(ZoneInfo(settings.get(settings.TIME_ZONE))).date()
        return rows.exclude(state=PersonState.LEFT).filter(leaves_at=None, employed_until__lt=today)
    return rows.exclude(state=PersonState.LEFT).filter(leaves_at__gt=at)
