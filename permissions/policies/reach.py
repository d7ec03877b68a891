"""How many people and things a policy touches: whom it could let further or stop, and what it could be about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.attributes import columns as of_people
from accounts.models import Membership, Person, here
from cxaccess.lib.conditions import Entity, attributes_of
from cxaccess.lib.conditions.columns import Column, NotCompilable, Place
from cxaccess.lib.conditions.evaluation import World
from cxaccess.lib.conditions.query import EVERYTHING, compile_condition
from cxaccess.lib.listing import Count
from permissions import facts, gate, places, reaching
from permissions.engine.policies import Kind, Rule
from permissions.history import COLLECTIVE
from permissions.models import GroupObjectGrant, Mode, PersonObjectGrant, Resource, ResourceType, RoleGrant
from permissions.policies import columns

CAP = 10_000  # people or things; past it nobody reads the exact number


@dataclass(frozen=True, slots=True)
class Reach:
    """How many people and registered resources a policy touches, of those the reader may see.

    No resources: it is about none of the registry. Without `of_all` there are people whom the reader may not see.
    """

    people: Count
    resources: Count | None
    of_all: bool = True


def reach(reader: Person, rule: Rule, *, at: datetime) -> Reach:
    """Return how far `rule` reaches as things are, whatever the moment of asking is.

    Counted is what `reader` may see: what a draft counts could otherwise tell anything of anybody.
    """
    there = things(rule, at=at)
    seen = gate.visible(reader, "person.view", people(rule, at=at), at=at)
    if there is not None:
        there = gate.visible(reader, "resource.view", there, at=at, as_type="resource")
    of_all = gate.may(reader, "person.view", places.prospect("person"), at=at)
    return Reach(Count.of(seen, CAP), None if there is None else Count.of(there, CAP), of_all)


def people(rule: Rule, *, at: datetime) -> QuerySet[Person]:
    """Return the people whom the policy could concern: by whom it names, what they hold, and what is known of them.

    What allows concerns whomever its condition could hold for. What blocks or limits concerns those who hold something
    of what it is about.
    """
    found = Person.objects.filter(named(rule, at=at), here(at))
    if rule.kind is Kind.ALLOW:
        return found.filter(_possible(rule, _columns_of_people(rule, at), Entity.SUBJECT, at))
    found = found.filter(pk__in=holders(rule.actions, at=at).values("pk"))
    if rule.kind is Kind.BLOCK:
        return found.filter(_possible(rule, _columns_of_people(rule, at), Entity.SUBJECT, at))
    return found


def things(rule: Rule, *, at: datetime) -> QuerySet[Resource] | None:
    """Return the registered resources that the policy could be about; None where it is about none."""
    types = {action.partition(".")[0] for action in rule.actions}
    console = set(ResourceType.objects.filter(key__in=types, console=True).values_list("key", flat=True))
    rows = Resource.objects.filter(archived_at=None, object_kind=None)
    if "resource" not in types:
        if not types - console:
            return None
        rows = rows.filter(type__key__in=types - console)
    if rule.kind is Kind.ONLY:
        return rows
    return rows.filter(_possible(rule, columns.of(Resource, rule.schema, at), Entity.RESOURCE, at))


def named(rule: Rule, *, at: datetime) -> Q:
    """Return the condition that somebody is among those whom the policy names; none where that is everybody."""
    if not (rule.principals or rule.roles):
        return Q()
    holding = RoleGrant.objects.in_force(at).filter(role__in=rule.roles, mode=Mode.ACTIVE)
    principals = rule.principals | set(holding.values_list("principal_id", flat=True) if rule.roles else ())
    return Q(pk__in=reaching.people_of(facts.model(at), principals, at).order_by().values("pk"))


def holders(actions: Iterable[str], *, at: datetime) -> QuerySet[Person]:
    """Return the active people who were given one of `actions` by some role or grant, anywhere."""
    model, wanted = facts.model(at), tuple(actions)
    roles = {role for action in wanted for role in model.granting.get(action, ())}
    sources = {source for action in wanted for source in model.implied_by.get(action, ())}
    grants = RoleGrant.objects.in_force(at).filter(role__in=roles, mode=Mode.ACTIVE)
    on_things = {"permission__catalogue_action__key__in": sources}
    mine = PersonObjectGrant.objects.in_force(at).filter(**on_things)
    shared = GroupObjectGrant.objects.in_force(at).filter(**on_things)
    collective = set(grants.filter(principal__kind__in=COLLECTIVE).order_by().values_list("principal", flat=True))
    collective |= set(shared.order_by().values_list("group__principal", flat=True))
    inside = {"principal__in": model.reaching(collective), "principal__kind__in": COLLECTIVE}
    members = Membership.objects.in_force(at).filter(**inside)
    direct = Q(principal__in=grants.order_by().values("principal")) | Q(pk__in=mine.order_by().values("user"))
    return Person.objects.filter(direct | Q(pk__in=members.values("person")), here(at))


def _columns_of_people(rule: Rule, at: datetime) -> dict[str, Place]:
    return of_people.of_people(rule.schema.of(Entity.SUBJECT), at) | {"subject.person": Column("pk")}


def _possible(rule: Rule, there: dict[str, Place], ours: Entity, at: datetime) -> Q:
    """Return the condition on rows that the condition of `rule` could hold for, whatever the rest of its facts is.

    A block stops by what is missing, too.
    """
    if rule.condition is None:
        return EVERYTHING
    model = facts.model(at)
    world = World(at, model.above, model.below, model.zone)
    try:
        found = compile_condition(rule.condition, rule.schema, there, world, {}, lambda key: _entity(key) != ours)
    except NotCompilable:
        return EVERYTHING
    if rule.kind is Kind.BLOCK:
        for key in sorted(attributes_of(rule.condition) & there.keys()):
            found |= there[key].missing()
    return found


def _entity(key: str) -> str:
    return key.partition(".")[0]
