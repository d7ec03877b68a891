"""The list of people as one page shows it, and as a file holds it: the same rows, asked of the gate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Person, PersonState
from accounts.people import selectors
from accounts.people.selectors import Criteria, Held
from accounts.reads import allowed_on, batches
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.lib.listing import Count, Listing, Page
from cxaccess.lib.models import Risk
from cxaccess.lib.statements import Rows
from permissions import gate
from permissions.guards import require_somewhere, use_case
from permissions.recorded import note_shown

LISTING = Listing(
    sorts={
        "name": ["name"],
        "place": ["department__name", "region__name", "name"],
        "risk": ["top_risk", "name"],
        "seen": ["last_login", "name"],
        "state": ["state", "name"],
    },
    default="name",
)
VIEWS = (
    ("", gettext_lazy("Everyone")),
    ("my-team", gettext_lazy("My teams")),
    ("my-region", gettext_lazy("My region")),
    ("high-risk", gettext_lazy("Holds high risk")),
    ("unclaimed", gettext_lazy("Unclaimed")),
    ("away", gettext_lazy("On leave or suspended")),
    ("soon", gettext_lazy("Starts or leaves soon")),
    ("new", gettext_lazy("Added in 30 days")),
)
SHOWN = (
    "name", "title", "email", "state", "claimed_at", "last_login", "employed_from", "principal_id",
    "department__name", "region__name",
)  # fmt: skip
ROW_ACTIONS = ("person.edit", "person.suspend")
BATCH = 500
HEAD = (
    gettext_lazy("Name"),
    gettext_lazy("Work mail"),
    gettext_lazy("Job title"),
    gettext_lazy("Department"),
    gettext_lazy("Region"),
    gettext_lazy("Territories"),
    gettext_lazy("Product lines"),
    gettext_lazy("Segments"),
    gettext_lazy("Teams"),
    gettext_lazy("Roles"),
    gettext_lazy("Risk"),
    gettext_lazy("State"),
    gettext_lazy("Last sign-in"),
    gettext_lazy("First day"),
    gettext_lazy("Last day"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One person in the list: what they hold and what the reader may do with them."""

    person: Person
    held: Held
    may_edit: bool
    may_suspend: bool

    @property
    def may_invite(self) -> bool:
        """Return whether the reader may send them the way into an account that nobody claimed."""
        person = self.person
        return self.may_edit and not person.claimed_at and bool(person.email) and person.state == PersonState.ACTIVE

    @property
    def kind(self) -> tuple[bool, ...]:
        """Return what the row's cells depend on, but for the values that stand in them."""
        return (bool(self.held.roles), bool(self.held.rest), bool(self.held.risk), bool(self.person.claimed_at))

    @property
    def menu(self) -> tuple[bool, ...]:
        """Return what the row's menu depends on, but for whose it is."""
        state = self.person.state
        standing, claimed = (state == PersonState.ACTIVE, state == PersonState.LEFT), bool(self.person.claimed_at)
        return (self.may_edit, self.may_suspend, self.may_invite, *standing, claimed)


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved view."""

    key: str
    label: str
    current: bool
    count: Count | None = None


def page_of(
    reader: Person, criteria: Criteria, params: Mapping[str, str], *, at: datetime
) -> tuple[Page, list[Row]]:  # fmt: skip
    """Return the page that the address asks for, with its rows; the number of queries does not grow with them."""
    if not params and gate.sees_all(reader, "person.view", at=at):
        page = LISTING.first(Rows("people", lambda: _shown(reader, criteria, at), {}), params)
    elif LISTING.sort(params).endswith("risk"):
        page = LISTING.page(selectors.with_risk(_shown(reader, criteria, at), at), params)
    else:
        page = LISTING.page(_shown(reader, criteria, at), params)
    people = list(page.rows)
    note_shown(reader, "person.view", people, at=at)
    held = selectors.roles_of(people, at)
    may = allowed_on(reader, ROW_ACTIONS, people, at=at)
    return page, [
        Row(
            person,
            held[person.pk],
            person.pk in may["person.edit"],
            person.pk in may["person.suspend"] and person.pk != reader.pk,
        )
        for person in people
    ]


def _shown(reader: Person, criteria: Criteria, at: datetime) -> QuerySet[Person]:
    """Return those people that the reader sees and `criteria` keeps, with what a row shows of them."""
    rows = selectors.narrowed(_seen(reader, "person.view", at), criteria, reader, at)
    return rows.select_related("department", "region").only(*SHOWN)


def tabs(reader: Person, current: str) -> list[Tab]:
    """Return the saved views; that of one's region only to whoever has one."""
    views = {key: str(label) for key, label in VIEWS if key != "my-region" or reader.region_id}
    chosen = current if current in views else ""
    return [Tab(key, label, key == chosen) for key, label in views.items()]


def counted(reader: Person, *, at: datetime) -> list[Tab]:
    """Return the saved views with how many people each has."""
    seen, views = _seen(reader, "person.view", at), tabs(reader, "")
    counts = Count.of_all([selectors.narrowed(seen, Criteria(view=tab.key), reader, at) for tab in views])
    return [replace(tab, count=count) for tab, count in zip(views, counts, strict=True)]


@use_case
def export_people(actor: Person, *, criteria: Criteria, at: datetime) -> QuerySet[Person]:
    """Record that the list leaves the console, and return its rows: those that the actor may export."""
    require_somewhere(actor, "person.export", at=at)
    rows = selectors.narrowed(_seen(actor, "person.export", at), criteria, actor, at)
    asked = {name: value for name in Criteria.__slots__ if (value := getattr(criteria, name))}
    if criteria.q:
        asked["q"] = ""  # may hold a name, which the trail never does
    record(
        Tag.ACCESS_EXPORTED,
        actor=actor,
        at=at,
        details={"list": _("People"), "rows": rows.count(), "filters": asked},
    )
    return rows.select_related("department", "region").order_by("name", "pk")


def file_rows(rows: QuerySet[Person], *, at: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield the lines of the file under HEAD, reading in batches."""
    for people in batches(rows, BATCH):
        held = selectors.roles_of(people, at)
        teams = selectors.teams_of(people, at)
        ranges = selectors.ranges_of(people, at)
        for person in people:
            yield _line(person, held[person.pk], teams[person.pk], ranges[person.pk])


def _line(person: Person, held: Held, teams: list[str], ranges: Mapping[str, list[str]]) -> tuple[Any, ...]:
    return (
        person.name,
        person.email,
        person.title,
        person.department,
        person.region,
        *("; ".join(names) for names in ranges.values()),
        "; ".join(teams),
        "; ".join(held.roles),
        Risk(held.risk).label if held.risk else "",
        person.get_state_display(),
        person.last_login,
        person.employed_from,
        person.employed_until,
    )


def _seen(reader: Person, action: str, at: datetime) -> QuerySet[Person]:
    return gate.visible(reader, action, Person.objects.all(), at=at)
