"""The list of groups as one page shows it, and as a file holds it: the same rows, asked of the gate."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.attributes import schema
from accounts.groups import rules, selectors
from accounts.groups.selectors import Criteria
from accounts.groups.services import GROUPS
from accounts.models import Group, Person
from accounts.pages import Tab
from accounts.reads import batches
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.lib.conditions.sentences import sentence
from cxaccess.lib.listing import Count, Listing, number_in, search_text
from permissions import gate
from permissions.guards import require_somewhere, use_case
from permissions.recorded import note_shown

LISTING = Listing(
    sorts={
        "name": ["principal__label"],
        "place": ["resource__region__name", "principal__label"],
        "owner": ["owner__name", "principal__label"],
    },
    default="name",
)
VIEWS = (
    ("", gettext_lazy("All groups")),
    ("hand", gettext_lazy("By hand")),
    ("rule", gettext_lazy("By rule")),
    ("mine", gettext_lazy("My groups")),
    ("no-owner", gettext_lazy("Without an owner")),
    ("archived", gettext_lazy("Archived")),
)
BATCH = 200
HEAD = (
    gettext_lazy("Name"),
    gettext_lazy("Purpose"),
    gettext_lazy("Kind"),
    gettext_lazy("Rule"),
    gettext_lazy("Members"),
    gettext_lazy("Leads"),
    gettext_lazy("Roles"),
    gettext_lazy("Owner"),
    gettext_lazy("Region"),
    gettext_lazy("Department"),
)


def criteria(params: Mapping[str, str]) -> Criteria:
    """Return what the address asks for; whatever does not fit is left out."""
    return Criteria(
        search_text(params),
        params.get("view", "")[:20],
        number_in(params.get("region")),
        number_in(params.get("department")),
    )


def page_of(reader: Person, params: Mapping[str, str], *, at: datetime) -> dict[str, Any]:
    """Return the context of the list that the address asks for; the number of queries does not grow with it."""
    seen = gate.visible(reader, "group.view", GROUPS, at=at)
    asked = criteria(params)
    rows = selectors.narrowed(seen, asked, reader, at)
    page = LISTING.page(rows.select_related("principal", "resource__region", "resource__department", "owner"), params)
    note_shown(reader, "group.view", page.rows, at=at)
    tabs = _tabs(seen, asked.view, reader, at)
    return {
        "q": asked.q, "view": asked.view, "views": tabs, "page": page,
        "rows": selectors.described(list(page.rows), reader, at),
    }  # fmt: skip


def _tabs(seen: QuerySet[Group], current: str, reader: Person, at: datetime) -> list[Tab]:
    known = [key for key, _label in VIEWS]
    chosen = current if current in known else ""
    counts = Count.of_all([selectors.narrowed(seen, Criteria(view=key), reader, at) for key in known])
    return [
        Tab(str(label), f"?view={key}" if key else "?", key == chosen, str(count))  # type: ignore[arg-type]
        for (key, label), count in zip(VIEWS, counts, strict=True)
    ]


@use_case
def export_groups(actor: Person, *, asked: Criteria, at: datetime) -> QuerySet[Group]:
    """Record that the list leaves the console, and return its rows: those that the actor may export."""
    require_somewhere(actor, "group.export", at=at)
    rows = selectors.narrowed(gate.visible(actor, "group.export", GROUPS, at=at), asked, actor, at)
    used = {name: value for name in ("view", "region", "department") if (value := getattr(asked, name))}
    if asked.q:
        used["q"] = ""  # may hold a name, which the trail never does
    record(
        Tag.ACCESS_EXPORTED, actor=actor, at=at,
        details={"list": _("Groups"), "rows": rows.count(), "filters": used},
    )  # fmt: skip
    return rows.select_related("resource__region", "resource__department").order_by("principal__label", "pk")


def file_rows(actor: Person, rows: QuerySet[Group], *, at: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield the lines of the file under HEAD, reading in batches."""
    known = schema.of_people()
    for groups in batches(rows, BATCH):
        for row in selectors.described(groups, actor, at):
            group, place = row.group, row.group.resource
            rule = rules.kept(group.rule, known) if group.rule is not None else None
            said = sentence(rule.condition, known) if rule is not None else ""
            yield (
                group.name, group.purpose, _("By hand") if group.rule is None else _("By rule"), said, row.members,
                "; ".join(row.leads), "; ".join(row.roles), group.owner, place.region, place.department,
            )  # fmt: skip
