"""The list of resources as the address asks for it: narrowed, sorted, by page."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Node, Person, Team
from accounts.reads import below
from cxaccess.lib.listing import Listing, number_in, search_text
from permissions import gate
from permissions.models import Resource, ResourceType, Sensitivity
from permissions.resources import search
from permissions.usage import selectors as usage

LISTING = Listing(
    sorts={
        "name": ["name"],
        "type": ["type_id", "name"],
        "sensitivity": ["sensitivity", "name"],
        "created": ["created_at"],
    },
    default="name",
)
PLACES = ("region", "department", "product_line", "segment")
LONGEST_SYSTEM = 40


@dataclass(frozen=True, slots=True)
class Criteria:
    """What narrows the list. Places count with all below them; `archived` is yes or no."""

    q: str = ""
    type: str = ""
    sensitivity: int | None = None
    region: int | None = None
    department: int | None = None
    product_line: int | None = None
    segment: int | None = None
    owner_team: int | None = None
    system: str = ""
    owner: str = ""  # "me", "nobody", or a person's id
    use: str = ""  # "none": nothing was done with it for 90 days
    archived: bool = False
    console: bool = False

    @classmethod
    def of(cls, params: Mapping[str, str]) -> "Criteria":
        """Return what the address asks for; whatever does not fit is left out."""
        sensitivity = number_in(params.get("sensitivity"))
        ids = {name: number_in(params.get(name)) for name in (*PLACES, "owner_team")}
        return cls(
            q=search_text(params),
            type=_text(params, "type", 40),
            sensitivity=sensitivity if sensitivity in Sensitivity.values else None,
            system=_text(params, "system", LONGEST_SYSTEM),
            owner=_text(params, "owner", 18),
            use=_text(params, "use", 8),
            archived=params.get("archived") == "yes",
            console=params.get("kind") == "console",
            **ids,
        )

    def told(self) -> dict[str, object]:
        """Return the filters in force as the trail may hold them; what was searched for may name somebody."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: "" if name == "q" else value for name, value in found.items() if value}

    def chips(self, reader: Person, *, at: datetime) -> Iterator[tuple[str, str, str]]:
        """Yield (label, value, parameter) of each filter in force but the search and the view.

        An address may hold any id: people and teams whom the reader does not see stay numbers.
        """
        if self.type:
            label = ResourceType.objects.filter(key=self.type).values_list("plural", flat=True).first()
            yield _("Type"), label or self.type, "type"
        if self.sensitivity:
            yield _("Sensitivity"), str(Sensitivity(self.sensitivity).label), "sensitivity"
        places = {name: pk for name in PLACES if (pk := getattr(self, name)) is not None}
        names = dict(Node.objects.filter(pk__in=places.values()).values_list("pk", "name")) if places else {}
        for name, pk in places.items():
            yield str(Resource._meta.get_field(name).verbose_name).capitalize(), names.get(pk, str(pk)), name
        if self.owner_team is not None:
            team = gate.visible(reader, "team.view", Team.objects.filter(pk=self.owner_team), at=at)
            label = team.values_list("principal__label", flat=True).first()
            yield _("Owner team"), label or str(self.owner_team), "owner_team"
        if self.owner:
            yield _("Owner"), self._owner(reader, at), "owner"
        if self.system:
            yield _("System"), self.system, "system"

    def _owner(self, reader: Person, at: datetime) -> str:
        said = {"me": _("Me"), "nobody": _("Nobody")}.get(self.owner)
        if said:
            return said
        seen = gate.visible(reader, "person.view", Person.objects.filter(pk=number_in(self.owner)), at=at)
        return seen.values_list("name", flat=True).first() or self.owner


def _text(params: Mapping[str, str], name: str, longest: int) -> str:
    return params.get(name, "").replace("\x00", "")[:longest]


def narrowed(
    rows: QuerySet[Resource],
    wanted: Criteria,
    reader_id: int,
    *,
    at: datetime,
    types: Mapping[str, int] | None = None,
) -> QuerySet[Resource]:
    """Return those of `rows` that `wanted` keeps; `types` are the ids of types by key, where the caller has them."""
    rows = rows.filter(object_kind__isnull=not wanted.console, archived_at__isnull=not wanted.archived)
    if wanted.type:
        rows = rows.filter(type=types.get(wanted.type, 0) if types is not None else _type_id(wanted.type))
    if wanted.sensitivity:
        rows = rows.filter(sensitivity=wanted.sensitivity)
    for kind in PLACES:
        place = getattr(wanted, kind)
        if place is not None:
            rows = rows.filter(**{f"{kind}__in": below(kind, place, at=at)})
    if wanted.owner_team is not None:
        rows = rows.filter(owner_team__in=below("team", wanted.owner_team, at=at))
    if wanted.system:
        rows = rows.filter(system=wanted.system)
    if wanted.use == "none":
        rows = rows.filter(usage.idle_resources(at))
    rows = _owned(rows, wanted.owner, reader_id)
    return search.matching(rows, wanted.q) if wanted.q else rows


def _type_id(key: str) -> int:
    """Return the id of a type, asked before the list: a planner that knows it takes the index of that type."""
    return ResourceType.objects.filter(key=key).values_list("pk", flat=True).first() or 0


def _owned(rows: QuerySet[Resource], owner: str, reader_id: int) -> QuerySet[Resource]:
    if owner == "nobody":
        return rows.filter(owner__isnull=True)
    pk = reader_id if owner == "me" else number_in(owner)
    return rows.filter(owner=pk) if pk is not None else rows
