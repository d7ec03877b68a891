"""Who can do what on one resource, and by which way; the ways of a page of people are read together."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.models import Membership, Person, Principal
from cxaccess.lib.listing import Listing, Page
from permissions import facts, gate, history, places
from permissions.engine import Model, Target
from permissions.models import Action, GroupObjectGrant, Mode, PersonObjectGrant, Resource, Role, RoleGrant, UsageLast
from permissions.resources.opening import Opening
from permissions.usage import selectors as usage

PEOPLE = Listing(sorts={"name": ["name"]}, default="name")
REGISTRY = ("resource.view", "resource.edit", "resource.archive")


@dataclass(frozen=True, slots=True)
class Via:
    """One way: by a role, or by a grant on this very resource (no role); through a team or group, or given directly."""

    role: Role | None
    through: Principal | None


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who can, with the ways by which they can, and when they last did it here (`seen`: for the reader)."""

    person: Person
    ways: tuple[Via, ...]
    seen: bool
    used: datetime | None


def actions_on(resource: Resource) -> list[Action]:
    """Return what can be done with a resource: by its type, then as an entry of the registry."""
    rows = Action.objects.filter(Q(type=resource.type_id) | Q(key__in=REGISTRY)).select_related("type")
    return sorted(rows, key=lambda action: (action.type_id != resource.type_id, action.position, action.name))


def holders(opening: Opening, action: Action, params: Mapping[str, str], *, at: datetime) -> tuple[Page, list[Holder]]:
    """Return a page of the people who may do `action` here and whom the reader may see, with their ways."""
    asked = target_of(opening, action)
    found = gate.visible(opening.reader, "person.view", gate.who_can(action.key, asked, at=at), at=at)
    page = PEOPLE.page(found, params)
    people = list(page.rows)
    ways = ways_of(people, action.key, asked, at=at)
    used, seen = _uses(opening, action, people, at)
    return page, [Holder(person, tuple(ways[person.pk]), person.pk in seen, used.get(person.pk)) for person in people]


def _uses(
    opening: Opening, action: Action, people: Collection[Person], at: datetime
) -> tuple[dict[int, datetime], frozenset[int]]:
    """Return {person: when they last did it here}, of those whose use the reader may see, and who these are."""
    own = {person.pk for person in people if person == opening.reader}
    seen = usage.seen(opening.reader, people, at=at) | own
    rows = UsageLast.objects.filter(person__in=seen, action=action, resource=opening.resource)
    return dict(rows.values_list("person_id", "last_at")), seen


def target_of(opening: Opening, action: Action) -> Target:
    """Return the resource as the target of an action of its own type, or as an entry of the registry."""
    if action.type_id != opening.resource.type_id:
        return opening.here
    return opening.content.target if opening.content.target.id else places.retyped(opening.here, action.type.key)


def ways_of(people: Collection[Person], action: str, asked: Target, *, at: datetime) -> dict[int, list[Via]]:
    """Return {person: the ways by which `action` on `asked` reaches them}, in the same few queries for all."""
    model = facts.model(at)
    reached = _reached(people, model, at)
    principals = {principal for own in reached.values() for principal in own}
    by_principal: dict[int, list[Role | None]] = defaultdict(list)
    for principal, role in [*_by_role(model, action, asked, principals, at), *_on_itself(model, action, asked, at)]:
        if role not in by_principal[principal]:
            by_principal[principal].append(role)
    named = Principal.objects.select_related("team").in_bulk(principals & by_principal.keys())
    return {
        person.pk: [
            Via(role, None if principal == person.principal_id else named[principal])
            for principal in reached[person.pk]
            for role in by_principal.get(principal, ())
        ]
        for person in people
    }


def _reached(people: Iterable[Person], model: Model, at: datetime) -> dict[int, list[int]]:
    """Return {person: the principals whose grants reach them}, their own first."""
    found = {person.pk: [person.principal_id] for person in people}
    rows = Membership.objects.in_force(at).filter(person__in=found, principal__kind__in=history.COLLECTIVE)
    for person, principal in rows.order_by("pk").values_list("person_id", "principal_id"):
        found[person] += [above for above in model.chain(principal) if above not in found[person]]
    return found


def _by_role(
    model: Model, action: str, asked: Target, principals: Collection[int], at: datetime
) -> list[tuple[int, Role | None]]:
    """Return (principal, role) of the grants in force of a role that gives `action` where `asked` is."""
    roles = model.granting.get(action, frozenset())
    rows: QuerySet[RoleGrant] = RoleGrant.objects.in_force(at).filter(
        principal__in=principals, role__in=roles, mode=Mode.ACTIVE
    )
    found = list(rows.select_related("role").order_by("role__name", "pk"))
    scopes = history.scopes({grant.scope_id for grant in found})
    return [(row.principal_id, row.role) for row in found if model.covers(scopes[row.scope_id], asked)]


def _on_itself(model: Model, action: str, asked: Target, at: datetime) -> list[tuple[int, Role | None]]:
    """Return (principal, no role) of the grants in force on the resource itself."""
    given = Q(content_object=asked.resource, permission__catalogue_action__key__in=model.implied_by.get(action, ()))
    mine = PersonObjectGrant.objects.in_force(at).filter(given).values_list("user__principal_id", flat=True)
    shared = GroupObjectGrant.objects.in_force(at).filter(given).values_list("group__principal", flat=True)
    return [(principal, None) for principal in mine.order_by().union(shared.order_by())]
