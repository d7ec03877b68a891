"""Whether the actor may give all that people hold: the rule of `accounts.gains`, for many people at once."""

from collections.abc import Collection
from functools import partial

from accounts import gains
from accounts.models import Membership, Person
from permissions import facts
from permissions.giving import hold, may_give_all
from permissions.guards import passes
from permissions.imports.kinds.base import Desk


def may_give_held(desk: Desk, people: Collection[Person]) -> dict[int, bool]:
    """Return {person: whether the actor may give all that reaches them, now or later}.

    Mostly the actor may give everything that any of them holds, which is one question; else each is asked about.
    """
    at = desk.tick()
    model = facts.model(at)
    reached = {person.principal_id for person in people}
    rows = Membership.objects.filter(person__in=[person.pk for person in people]).not_over(at)
    for principal in set(rows.values_list("principal_id", flat=True)):
        reached |= set(model.chain(principal))
    if desk.locking:
        hold(reached, at=at)
    may_give = partial(may_give_all, desk.actor, at=at, asks=passes)
    if desk.rests(partial(may_give, gains=gains.of_principals(reached, at=at))):
        return {person.pk: True for person in people}
    return {person.pk: desk.rests(partial(may_give, gains=gains.of_person(person, at=at))) for person in people}
