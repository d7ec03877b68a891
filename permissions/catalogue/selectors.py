"""Reading the catalogue: every permission by area and type, and who gets one through what."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Person
from cxaccess.lib.listing import Count, number_in
from cxaccess.lib.models import Risk
from permissions import facts, gate
from permissions.engine import Model
from permissions.models import Action, Implication, ResourceType, Role
from permissions.roles import holding
from permissions.usage import selectors as usage


@dataclass(frozen=True, slots=True)
class Entry:
    """One permission in the list: what it implies directly, and how many roles give it."""

    action: Action
    implies: tuple[str, ...]
    roles: int

    @property
    def kind(self) -> bool:
        """Return what its row depends on, but for the values that stand in it."""
        return bool(self.implies)


@dataclass(frozen=True, slots=True)
class Section:
    """The permissions of one type of resource."""

    type: ResourceType
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """The sections of one area."""

    name: str
    sections: tuple[Section, ...]


def areas(*, q: str, risk: str, at: datetime) -> list[Area]:
    """Return the catalogue as the filters keep it, in three queries besides the model's."""
    rows = Action.objects.select_related("type").order_by("type__position", "type__key", "position", "name")
    if q:
        rows = rows.filter(
            Q(key__icontains=q) | Q(label__icontains=q) | Q(purpose__icontains=q) | Q(type__label__icontains=q)
        )
    level = number_in(risk)
    if level in Risk.values:
        rows = rows.filter(risk=level)
    sections = list(_sections(rows, facts.model(at), _in_use()))
    by_area: dict[str, list[Section]] = {}
    for section in sections:
        by_area.setdefault(section.type.area, []).append(section)
    return [Area(name, tuple(found)) for name, found in by_area.items()]


def _in_use() -> frozenset[int]:
    return frozenset(Role.objects.filter(retired_at=None).values_list("pk", flat=True))


def _sections(rows: QuerySet[Action], model: Model, in_use: frozenset[int]) -> Iterator[Section]:
    for type_, actions in groupby(rows, key=lambda action: action.type):
        yield Section(
            type_,
            tuple(
                Entry(
                    action,
                    tuple(sorted(model.implies.get(action.key, ()))),
                    len(model.granting.get(action.key, frozenset()) & in_use),
                )
                for action in actions
            ),
        )


@dataclass(frozen=True, slots=True)
class Giver:
    """A role that gives a permission: itself, or else by another permission (`by`) or an included role (`inner`)."""

    role: Role
    itself: bool
    by: str
    inner: str
    people: Count


def givers(reader: Person, action: Action, *, at: datetime) -> list[Giver]:
    """Return the roles that give `action`, as far as `reader` may see them: the shortest way, how many hold it."""
    model = facts.model(at)
    rows = Role.objects.filter(pk__in=model.granting[action.key], retired_at=None)
    found = list(gate.visible(reader, "role.view", rows, at=at).order_by("name"))
    names = dict(Role.objects.values_list("pk", "name"))
    held = holding.held([role.pk for role in found], at=at)
    return [_giver(model, role, action.key, names, held[role.pk].count) for role in found]


def _giver(model: Model, role: Role, key: str, names: dict[int, str], people: Count) -> Giver:
    roles, actions = min(model.role_paths(role.pk, key), key=lambda path: (len(path[0]), len(path[1])))
    inner = names[roles[-1]] if len(roles) > 1 else ""
    by = actions[0] if len(actions) > 1 else ""
    return Giver(role, itself=not inner and not by, by=by, inner=inner, people=people)


def holders(action: Action, *, at: datetime) -> int:
    """Return how many active people may do `action` anywhere: by roles, and on single things."""
    return gate.who_can_somewhere(action.key, at=at).distinct().count()


def use_of(reader: Person, action: Action, *, at: datetime) -> dict[str, Any]:
    """Return the line of a permission's use, how many of those who hold it used it lately, and of how many.

    Counted are the people whose use `reader` may see.
    """
    people = usage.whose(reader, gate.who_can_somewhere(action.key, at=at), at=at)
    (used,) = usage.of_actions([action.key], people, at=at)
    all_seen = usage.sees_all(reader, at=at)
    of = None if all_seen else people.distinct().count()
    return {"used": used, "line": usage.line_of_action(action, reader, at=at), "all_seen": all_seen, "used_of": of}


def neighbours(action: Action) -> dict[str, list[Action]]:
    """Return the permissions that `action` implies directly, and those that imply it."""
    links = Implication.objects.select_related("action", "implies")
    return {
        "implies": [link.implies for link in links.filter(action=action)],
        "implied_by": [link.action for link in links.filter(implies=action)],
    }
