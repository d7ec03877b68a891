"""What a form offers where an attribute of people is one of something: places, managers, teams, choices."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import Node, NodeKind, Person, PersonState, Team
from cxaccess.lib.conditions import Attribute
from permissions import gate

Choice = tuple[str, str]
INDENT = "\u2003"
MOST = 1_000  # managers offered; an organisation with more names them by import


def offered(reader: Person, at: datetime) -> Callable[[Attribute], Sequence[Choice]]:
    """Return what gives an attribute's choices, as far as `reader` may see them; each domain is read once."""
    known: dict[str, list[Choice]] = {}

    def choices(attribute: Attribute) -> list[Choice]:
        domain = attribute.domain
        if domain is None:
            return []
        if domain.choices is not None:
            return [(str(key), str(label)) for key, label in domain.choices]
        if domain.key not in known:
            known[domain.key] = _rows(domain.key, reader, at)
        return known[domain.key]

    return choices


def _rows(domain: str, reader: Person, at: datetime) -> list[Choice]:
    if domain in NodeKind.values:
        rows = Node.objects.filter(kind=domain, archived_at=None).order_by("lft", "pk")
        return [(str(pk), INDENT * depth + name) for pk, depth, name in rows.values_list("pk", "depth", "name")]
    if domain == "team":
        teams = gate.visible(reader, "team.view", Team.objects.filter(archived_at=None), at=at)
        return _named(teams.order_by("principal__label"), "principal__label")
    managers = Person.objects.filter(reports__isnull=False).exclude(state=PersonState.LEFT)
    seen = gate.visible(reader, "person.view", Person.objects.filter(pk__in=managers.values("pk")), at=at)
    return _named(seen.order_by("name")[:MOST], "name")


def _named(rows: QuerySet[Person] | QuerySet[Team], column: str) -> list[Choice]:
    return [(str(pk), str(label)) for pk, label in rows.values_list("pk", column)]
