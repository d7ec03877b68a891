"""What ending many grants takes: from whom, and what they keep another way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Person
from permissions import facts, gate
from permissions.grants import effects
from permissions.grants.bulk.services import MOST
from permissions.models import Action, RoleGrant
from permissions.roles.preview import Told, grouped
from permissions.roles.selectors import names_of

TYPE_ABOVE = 10  # more grants than this: whoever ends them types how many, and proves who they are


@dataclass(frozen=True)
class Ending:
    """The grants that would end, and what that takes.

    `beyond`: more were chosen than can end at once. `left_out`: so many of those chosen are over, or not the reader's
    to end. `losers` counts the people who lose anything.
    """

    grants: Sequence[RoleGrant]
    beyond: bool
    left_out: int
    told: tuple[Told, ...]
    losers: int

    @property
    def ids(self) -> list[int]:
        """Return the ids of the grants."""
        return [grant.pk for grant in self.grants]

    @property
    def number(self) -> int | None:
        """Return what must be typed; None where nothing must."""
        return len(self.grants) if len(self.grants) > TYPE_ABOVE else None


def open_at(at: datetime) -> Q:
    """Return the condition that a grant is in force or will be."""
    return Q(until=None) | Q(until__gt=at)


def chosen(reader: Person, rows: QuerySet[RoleGrant], *, at: datetime) -> tuple[list[RoleGrant], bool, int]:
    """Return those of `rows` that `reader` may end, whether there are more, and how many were left out."""
    endable = gate.visible(reader, "grant.end", RoleGrant.objects.filter(open_at(at), ended_by=None), at=at)
    ids = rows.order_by().values("pk")
    mine = endable.filter(pk__in=ids).select_related("principal__person", "principal__team", "principal__group", "role")
    found = list(mine.order_by("principal__label", "pk")[: MOST + 1])
    beyond = len(found) > MOST
    return found[:MOST], beyond, 0 if beyond else rows.order_by().count() - len(found)


def ending(reader: Person, rows: QuerySet[RoleGrant], *, at: datetime) -> Ending:
    """Return what ending `rows` takes, in a number of statements that does not grow with them."""
    grants, beyond, left_out = chosen(reader, rows, at=at)
    found = effects.of_ending(facts.model(at), grants, at=at)
    actions = {action.key: action for action in Action.objects.filter(key__in=[one.action for one in found])}
    people = effects.people_of(found)
    seen = set(
        gate.visible(reader, "person.view", Person.objects.filter(pk__in=people), at=at).values_list("pk", flat=True)
    )
    roles = names_of({role for one in found for role in one.through})
    told = grouped(found, actions, {pk: person for pk, person in people.items() if pk in seen}, roles)
    losers = set().union(*(one.lose for one in found), set())
    return Ending(grants, beyond, left_out, told, len(losers))
