"""Whom to ask for what one may not do: who answers for the thing, for the permission, or for a role that gives it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.models import Membership, Part, Person
from permissions import facts
from permissions.engine import Decision
from permissions.models import Action, Resource, Role


@dataclass(frozen=True, slots=True)
class Whom:
    """Somebody to ask, and in words what for they answer."""

    person: Person
    answers_for: str


def to_ask(decision: Decision, reader: Person) -> Whom | None:
    """Return the nearest person who could help `reader` to a yes; None where nobody answers for any of it."""
    able = (one for one in _answering(decision) if one.person.pk != reader.pk)
    return next((one for one in able if one.person.is_here(decision.at)), None)


def _answering(decision: Decision) -> Iterator[Whom]:
    if decision.target.resource is not None:
        thing = Resource.objects.select_related("owner", "owner_team").filter(pk=decision.target.resource).first()
        yield from _of_thing(thing, decision) if thing is not None else ()
    action = Action.objects.select_related("owner").filter(key=decision.action).first()
    if action is not None and action.owner is not None:
        yield Whom(action.owner, _("the permission"))
    giving = facts.model(decision.at).granting.get(decision.action, frozenset())
    rows = Role.objects.filter(pk__in=giving, retired_at=None, owner__isnull=False).select_related("owner")
    for role in rows.order_by("risk", "name"):
        assert role.owner is not None
        yield Whom(role.owner, _("a role that gives it"))


def _of_thing(thing: Resource, decision: Decision) -> Iterator[Whom]:
    if thing.owner is not None:
        yield Whom(thing.owner, _("it"))
    if thing.owner_team is not None:
        leads = Membership.objects.in_force(decision.at).filter(principal=thing.owner_team.principal_id, part=Part.LEAD)
        for row in leads.select_related("person").order_by("person__name"):
            yield Whom(row.person, _("the team that owns it"))
