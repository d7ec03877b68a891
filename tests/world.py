"""Builds rows for tests, straight into the tables: the world as it already is when a story begins.

What a story is about goes through the services; what it merely finds there is made here.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import Group as GroupOfPeople
from accounts.models import (
    Identity,
    Membership,
    Node,
    NodeKind,
    Person,
    PersonDimension,
    PersonState,
    Principal,
    Team,
)
from cxaccess.jobs import stamps
from cxaccess.lib import clock
from cxaccess.lib.models import Risk
from cxaccess.lib.tree import numbered
from permissions.models import (
    Action,
    GroupObjectGrant,
    PersonObjectGrant,
    Resource,
    ResourceType,
    Role,
    RoleAction,
    RoleGrant,
    RoleInclude,
    RoleVersion,
    Scope,
    ScopeTerm,
)

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
_serial = count(1)


def soon(**delta: float) -> datetime:
    """Return the moment `delta` from now."""
    return clock.now() + timedelta(**delta)


def node(name: str, parent: Node | None = None, kind: str = NodeKind.REGION) -> Node:
    made = Node.objects.create(kind=kind, name=name, code=f"{name.lower()[:30]}-{next(_serial)}", parent=parent)
    renumber(kind)
    _changed(stamps.MODEL)
    made.refresh_from_db()
    return made


def renumber(kind: str) -> None:
    parents = dict(Node.objects.filter(kind=kind).values_list("id", "parent_id"))
    for pk, (lft, rgt, depth) in numbered(parents, sorted(parents)).items():
        Node.objects.filter(pk=pk).update(lft=lft, rgt=rgt, depth=depth)


def person(name: str, *, state: str = PersonState.ACTIVE, claimed: bool = True, **fields: object) -> Person:
    principal = Principal.objects.create(kind="person", label=name)
    mail = f"{name.lower().replace(' ', '.')}@kestrelhome.example"
    fields.setdefault("email", mail)
    fields.setdefault("created_at", LONG_AGO)
    made = Person(principal=principal, name=name, state=state, claimed_at=LONG_AGO if claimed else None, **fields)
    made.set_password("correct horse battery staple")
    made.save()
    return made


def identity(someone: Person, system: str, external_id: str) -> Identity:
    return Identity.objects.create(person=someone, system=system, external_id=external_id)


def team(name: str, parent: Team | None = None, **places: Node | None) -> Team:
    group = Group.objects.create(name=f"team-{next(_serial)}")
    principal = Principal.objects.create(kind="team", label=name, auth_group=group)
    thing = resource(name, "team", system="cxaccess", **places)
    made = Team.objects.create(principal=principal, parent=parent, resource=thing)
    Resource.objects.filter(pk=thing.pk).update(object_kind="team", object_id=made.pk, owner_team=made)
    _changed(stamps.MODEL)
    return Team.objects.select_related("resource", "principal").get(pk=made.pk)


def join(
    someone: Person, group: Team, *, part: str = "member", starts: datetime = LONG_AGO, until: datetime | None = None
) -> Membership:  # fmt: skip
    made = Membership.objects.create(
        person=someone, principal=group.principal, part=part, starts_at=starts, until=until
    )  # fmt: skip
    _changed(someone.principal_id)
    return made


def group(name: str, rule: object = None, **places: Node | None) -> GroupOfPeople:
    auth_group = Group.objects.create(name=f"group-{next(_serial)}")
    principal = Principal.objects.create(kind="group", label=name, auth_group=auth_group)
    thing = resource(name, "group", system="cxaccess", **places)
    made = GroupOfPeople.objects.create(principal=principal, resource=thing, rule=rule)
    Resource.objects.filter(pk=thing.pk).update(object_kind="group", object_id=made.pk)
    _changed(stamps.MODEL)
    return GroupOfPeople.objects.select_related("resource", "principal").get(pk=made.pk)


def answers(
    someone: Person, place: Node, *, starts: datetime = LONG_AGO, until: datetime | None = None
) -> PersonDimension:  # fmt: skip
    made = PersonDimension.objects.create(person=someone, node=place, starts_at=starts, until=until)
    _changed(someone.principal_id)
    return made


def resource(name: str, type_: str = "dashboard", *, system: str = "voice", **places: object) -> Resource:
    return Resource.objects.create(
        type=ResourceType.objects.get(key=type_),
        system=system,
        external_id=f"{type_}-{next(_serial)}",
        name=name,
        created_at=LONG_AGO,
        **places,
    )


def role(
    name: str, actions: Iterable[str] = (), includes: Iterable[Role] = (), risk: int = Risk.LOW, at: datetime = LONG_AGO
) -> Role:  # fmt: skip
    key = name.lower().replace(" ", "-")
    made = Role.objects.create(
        key=key, name=name, purpose=f"What a {name} needs", risk=risk, created_at=at, resource=resource(name, "role")
    )
    Resource.objects.filter(pk=made.resource_id).update(object_kind="role", object_id=made.pk)
    reversion(made, actions, includes, at=at)
    return made


def reversion(
    of: Role, actions: Iterable[str] = (), includes: Iterable[Role] = (), *, at: datetime = LONG_AGO
) -> RoleVersion:  # fmt: skip
    number = of.versions.count() + 1
    version = RoleVersion.objects.create(role=of, number=number, made_by=None, at=at)
    ids = dict(Action.objects.values_list("key", "id"))
    RoleAction.objects.bulk_create(RoleAction(version=version, action_id=ids[key]) for key in actions)
    RoleInclude.objects.bulk_create(RoleInclude(version=version, role=inner) for inner in includes)
    of.current = version
    of.save(update_fields=["current"])
    _changed(stamps.MODEL)
    return version


def scope(**terms: Node | Team) -> Scope:
    digest = ";".join(f"{dimension}={place.pk}" for dimension, place in sorted(terms.items()))
    made, new = Scope.objects.get_or_create(digest=digest)
    if new:
        ScopeTerm.objects.bulk_create(
            ScopeTerm(scope=made, dimension=dimension, ref_id=place.pk) for dimension, place in terms.items()
        )
    return made


def give(
    to: Person | Team,
    what: Role,
    *,
    starts: datetime = LONG_AGO,
    until: datetime | None = None,
    reason: str = "Needed for the job",
    **terms: Node | Team,
) -> RoleGrant:
    made = RoleGrant.objects.create(
        principal=to.principal,
        role=what,
        scope=scope(**terms),
        starts_at=starts,
        until=until,
        given_at=starts,
        reason=reason,
    )
    _changed(to.principal_id)
    return made


def give_on(
    to: Person | Team,
    action: str,
    thing: Resource,
    *,
    starts: datetime = LONG_AGO,
    until: datetime | None = None,
    reason: str = "Needed for the job",
) -> PersonObjectGrant | GroupObjectGrant:
    permission = Action.objects.get(key=action).auth_permission
    given = {"starts_at": starts, "until": until, "given_at": starts, "reason": reason}
    if isinstance(to, Person):
        made = PersonObjectGrant.objects.create(user=to, permission=permission, content_object=thing, **given)
    else:
        group = to.principal.auth_group
        made = GroupObjectGrant.objects.create(group=group, permission=permission, content_object=thing, **given)
    _changed(to.principal_id)
    return made


def _changed(*keys: int) -> None:
    with transaction.atomic():
        stamps.bump(*keys)
