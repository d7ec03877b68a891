"""Many people at once, as decisions see them: the same facts as a snapshot's, in queries that do not grow with them.

Only what is in force at the moment counts, and of grants only those that could give one of the permissions asked about.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from accounts.attributes import facts as attributes
from accounts.models import Membership as MembershipRow
from accounts.models import Person
from cxaccess.lib.clock import Window
from cxaccess.lib.conditions import Schema
from permissions import history
from permissions.engine import Grant, Membership, Model, ObjectGrant, Subject
from permissions.engine.types import Known
from permissions.history import COLLECTIVE
from permissions.models import GroupObjectGrant, Mode, PersonObjectGrant, RoleGrant

Held = Mapping[int, Sequence[Grant]]
On = Mapping[int, Sequence[ObjectGrant]]


def subjects(
    ids: Sequence[int], model: Model, actions: Collection[str], roles: Collection[int], known: Schema, *, at: datetime
) -> list[Subject]:
    """Return the people with these ids as of `at`, which is now.

    `roles` are those whose holding counts although they may give none of `actions`.
    """
    people = list(Person.objects.filter(pk__in=ids))
    facts = attributes.of_people(people, known, at)
    memberships = _memberships(ids, at)
    joined = {one.principal for held in memberships.values() for one in held}
    collective = {principal for each in joined for principal in model.chain(each)}
    wanted = {*roles, *(role for action in actions for role in model.granting.get(action, ()))}
    grants = _grants(ids, collective, wanted, at)
    things = _on_things(ids, collective, {one for action in actions for one in model.implied_by.get(action, ())}, at)
    return [
        _subject(person, model, memberships.get(person.pk, ()), grants, things, facts[person.pk]) for person in people
    ]


def _subject(
    person: Person, model: Model, held: Sequence[Membership], grants: Held, things: On, known: Mapping[str, object]
) -> Subject:
    own = person.principal_id
    reached = [own, *{principal for each in held for principal in model.chain(each.principal)}]
    objects: dict[int, list[ObjectGrant]] = defaultdict(list)
    for principal in reached:
        for one in things.get(principal, ()):
            objects[one.resource].append(one)
    return Subject(
        person.pk,
        own,
        str(person.state),
        tuple(held),
        tuple(grant for principal in reached for grant in grants.get(principal, ())),
        {resource: tuple(found) for resource, found in objects.items()},
        Known({**known, "subject.person": person.pk}),
        person.leaves_at,
    )


def _memberships(ids: Sequence[int], at: datetime) -> dict[int, list[Membership]]:
    rows = MembershipRow.objects.in_force(at).filter(person__in=ids, principal__kind__in=COLLECTIVE)
    found: dict[int, list[Membership]] = defaultdict(list)
    for pk, person, principal, *window in rows.values_list("pk", "person_id", "principal_id", "starts_at", "until"):
        found[person].append(Membership(pk, principal, Window(*window)))
    return found


def _grants(ids: Sequence[int], collective: Iterable[int], roles: Collection[int], at: datetime) -> Held:
    to = Q(principal__person__in=ids) | Q(principal__in=collective)
    rows = RoleGrant.objects.in_force(at).filter(to, role__in=roles, mode=Mode.ACTIVE)
    read = list(rows.values_list("pk", "principal_id", "role_id", "scope_id", "starts_at", "until"))
    scopes = history.scopes({row[3] for row in read})
    found: dict[int, list[Grant]] = defaultdict(list)
    for pk, principal, role, scope, *window in read:
        found[principal].append(Grant(pk, principal, role, scopes[scope], Window(*window)))
    return found


def _on_things(ids: Sequence[int], collective: Iterable[int], sources: Collection[str], at: datetime) -> On:
    given = {"permission__catalogue_action__key__in": sources}
    mine = PersonObjectGrant.objects.in_force(at).filter(user__in=ids, **given)
    shared = GroupObjectGrant.objects.in_force(at).filter(group__principal__in=collective, **given)
    columns = ("permission__catalogue_action__key", "content_object_id", "starts_at", "until")
    found: dict[int, list[ObjectGrant]] = defaultdict(list)
    for rows, holder in ((mine, "user__principal_id"), (shared, "group__principal")):
        for pk, principal, action, resource, *window in rows.values_list("pk", holder, *columns):
            found[principal].append(ObjectGrant(pk, principal, action, resource, Window(*window), rows is shared))
    return found
