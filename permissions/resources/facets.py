"""Facets: how many resources each further filter would leave, counted up to a cap.

The list does not wait for them: they are asked for when somebody opens the filters. What an index counts is counted in
one statement; the rest among the first rows, and an option not met there stands without a number.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import choices
from accounts.models import NodeKind, Person
from accounts.reads import below, places_for
from cxaccess.lib.listing import CAP, Count
from permissions import facts, gate
from permissions.models import Resource, ResourceType, Sensitivity
from permissions.resources.listing import Criteria, narrowed
from permissions.resources.opening import VIEW

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST = 40  # options of one facet; of more, those that lie highest, or that are met most often
SAMPLE = 1000
# What is counted among the first rows only: beside a type no index knows these.
TALLIED = {
    "department": "department_id",
    "product_line": "product_line_id",
    "segment": "segment_id",
    "owner": "owner_id",
    "system": "system",
}
NOTHING: dict[str, Any] = {"department": None, "product_line": None, "segment": None, "owner": "", "system": ""}
TALLY = 5000
# One step from each system's first row to the next system's: as many steps as there are systems, not rows.
SYSTEMS = """
WITH RECURSIVE found(system) AS (
    SELECT MIN(system) FROM permissions_resource
    UNION ALL
    SELECT (SELECT MIN(system) FROM permissions_resource WHERE system > found.system)
    FROM found WHERE found.system IS NOT NULL
) SELECT system FROM found WHERE system IS NOT NULL LIMIT %s
"""
PLACES: Mapping[str, "StrOrPromise"] = {
    NodeKind.REGION: gettext_lazy("Region"),
    NodeKind.DEPARTMENT: gettext_lazy("Department"),
    NodeKind.PRODUCT_LINE: gettext_lazy("Product line"),
    NodeKind.SEGMENT: gettext_lazy("Segment"),
}


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet: `value` goes into the address, `held` is what Criteria have for it."""

    value: str
    label: str
    held: Any
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """An option with how many it would leave."""

    option: Option
    count: Count
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One way to narrow the list; `name` is its parameter in the address."""

    name: str
    label: str
    options: tuple[Counted, ...]


def facets(seen: QuerySet[Resource], wanted: Criteria, reader: Person, *, at: datetime) -> list[Facet]:
    """Return the facets of what `reader` sees, each counted under all filters but its own; no option is empty."""
    types = dict(ResourceType.objects.values_list("key", "pk"))

    def under(name: str, value: Any) -> QuerySet[Resource]:
        return narrowed(seen, replace(wanted, **{name: value}), reader.pk, at=at, types=types)

    offered = [(name, str(label), list(options)) for name, label, options in _offered(wanted, under, reader, at)]
    exact = [(name, option) for name, _label, options in offered if name not in TALLIED for option in options]
    counts = dict(zip(exact, Count.of_all([under(name, option.held) for name, option in exact]), strict=True))
    for name, options in [(name, options) for name, _label, options in offered if name in TALLIED and options]:
        met = _tally(under(name, NOTHING[name]), name, options, reader, at)
        counts |= {(name, option): count for option, count in met.items()}
    return [facet for offer in offered if (facet := _facet(*offer, counts, wanted)).options]


def _facet(
    name: str, label: str, options: Iterable[Option], counts: Mapping[tuple[str, Option], Count], wanted: Criteria
) -> Facet:
    counted = [Counted(option, counts[name, option], getattr(wanted, name) == option.held) for option in options]
    return Facet(
        name, label, tuple(one for one in counted if one.count.value or one.count.capped or one.chosen)
    )  # fmt: skip


def _tally(
    rows: QuerySet[Resource], name: str, options: Iterable[Option], reader: Person, at: datetime
) -> dict[Option, Count]:
    """Count the options among the first TALLY rows, where no index counts them; past that each may have more."""
    met = Counter(rows.order_by().values_list(TALLIED[name], flat=True)[:TALLY])
    cut = met.total() >= TALLY
    found = {}
    for option in options:
        if name in PLACES:
            n = sum(met[place] for place in below(name, int(option.value), at=at))
        else:
            n = met[{"me": reader.pk, "nobody": None}.get(option.value, option.value)]
        found[option] = Count(min(n, CAP), capped=cut or n > CAP)
    return found


def _offered(
    wanted: Criteria, under: Callable[[str, Any], QuerySet[Resource]], reader: Person, at: datetime
) -> Iterator[tuple[str, "StrOrPromise", Iterable[Option]]]:
    """Yield (parameter, label, options) of each facet."""
    types = ResourceType.objects.filter(console=wanted.console)
    yield "type", _("Type"), [Option(key, plural, key) for key, plural in types.values_list("key", "plural")]
    yield (
        "sensitivity",
        _("Sensitivity"),
        [Option(str(value), str(label), value) for value, label in Sensitivity.choices],
    )
    for kind, label in PLACES.items():
        yield kind, label, list(_places(reader, kind, at))
    yield "owner_team", _("Owner team"), list(_teams(under("owner_team", None), reader, at))
    yield "owner", _("Owner"), [Option("me", _("Me"), "me"), Option("nobody", _("Nobody"), "nobody")]
    systems = _systems() if _sees_all(reader, at) else _systems_met(under("system", ""), wanted.system)
    yield "system", _("System"), [Option(system, system, system) for system in systems]
    yield "archived", _("State"), [Option("yes", _("Archived"), True)]


def _places(reader: Person, kind: str, at: datetime) -> Iterator[Option]:
    nodes = list(places_for(reader, VIEW, kind, at=at).only("name", "depth"))
    highest = sorted(nodes, key=lambda node: node.depth)[:MOST]
    shown = {node.pk for node in highest}
    top = min((node.depth for node in highest), default=0)
    for node in nodes:
        if node.pk in shown:
            yield Option(str(node.pk), node.name, node.pk, min(node.depth - top, 4))


def _teams(rows: QuerySet[Resource], reader: Person, at: datetime) -> Iterator[Option]:
    """Yield the teams that own most of the first rows of the list."""
    rows = rows.exclude(owner_team=None).order_by()
    often = Counter(rows.values_list("owner_team", flat=True)[:SAMPLE])
    known = choices.teams_for(reader, at).filter(pk__in=[pk for pk, _n in often.most_common(MOST)])
    for pk, label in known.values_list("pk", "principal__label"):
        yield Option(str(pk), label, pk)


def _sees_all(reader: Person, at: datetime) -> bool:
    return gate.may(reader, VIEW, at=at) and VIEW not in facts.model(at).judging


def _systems_met(rows: QuerySet[Resource], chosen: str) -> list[str]:
    """Return the systems met most often among the first of the rows that the reader sees, and what they chose.

    What is not met is not offered: its name would tell that there is such a system.
    """
    met = Counter(rows.order_by().values_list("system", flat=True)[:TALLY])
    return sorted({system for system, _n in met.most_common(MOST)} | ({chosen} if chosen else set()))


def _systems() -> list[str]:
    """Return the first of all systems, for who sees every resource."""
    with connection.cursor() as cursor:
        cursor.execute(SYSTEMS, [MOST])
        return [system for (system,) in cursor.fetchall()]
