"""Rights that come with something else, with leading a team or owning a resource: object grants written with it.

They end when it does; nobody ends them by themselves. What was there before these rights is brought up to date by
`sync`, which may run at any time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from accounts.models import Group, Membership, Part, Person, PersonState, Team
from audits.trail.record import Actor, Entry, System, record_many
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.models import Source
from permissions.giving import require_give_on
from permissions.guards import NotAllowed, NotVisible
from permissions.models import Action, PersonObjectGrant, Resource
from permissions.objects import rows

UPGRADE = System("upgrade")
OWNING = ("resource.edit", "resource.give")
OWNING_CONSOLE = {"team": ("team.edit",), "group": ("group.edit",)}  # what the owner answers for, they may put right
ENDED = ["until", "ended_by", "end_reason"]
CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Right:
    """What comes with one thing: `actions` on `resource` for `person`, while what `source` and `ref` name lasts."""

    person: Person
    resource: Resource
    actions: tuple[str, ...]
    source: str
    ref: str
    starts_at: datetime
    until: datetime | None = None
    reason: str = ""
    given_by: Person | None = None


def require_giving(actor: Person, right: Right, *, at: datetime) -> None:
    """Pass an actor who may give it: whoever makes a lead or an owner gives. Raises NotAllowed."""
    try:
        require_give_on(actor, actions=right.actions, resource=right.resource, at=at)
    except NotVisible as refusal:
        raise NotAllowed(refusal.person, refusal.decision) from refusal


def write(rights: Iterable[Right], *, actor: Actor, at: datetime, told: Any = record_many) -> int:
    """Write the grants, and `told` their events; return how many. Authority is the caller's."""
    wanted = list(rights)
    keys = {key for right in wanted for key in right.actions}
    permissions = {action.key: action for action in Action.objects.filter(key__in=keys)}
    made = [
        (right, key, rows.build(
            right.person.principal, permissions[key], right.resource, starts_at=right.starts_at, until=right.until,
            given_at=min(right.starts_at, at), given_by=right.given_by,
            reason=right.reason, source=right.source, source_ref=right.ref,
        ))
        for right in wanted for key in right.actions
    ]  # fmt: skip
    PersonObjectGrant.objects.bulk_create([row for _right, _key, row in made])  # type: ignore[misc]  # people's alone
    told(
        Entry(Tag.OBJECT_GRANT_GIVEN, actor, row.given_at, right.resource, right.person, None,
              rows.told(row, principal=right.person.principal_id, action=key))
        for right, key, row in made
    )  # fmt: skip
    stamps.bump(*(right.person.principal_id for right in wanted))
    return len(made)


def move(source: str, ref: str, *, until: datetime | None, actor: Actor, at: datetime) -> None:
    """Let what came with something end when that does."""
    for row in rows.of_source(source, [ref], at):
        old, row.until = row.until, until
        row.save(update_fields=["until"])
        _tell(Tag.OBJECT_GRANT_CHANGED, row, old, actor, at)


def end(source: str, ref: str, *, until: datetime, by: Person, reason: str, at: datetime) -> None:
    """End what came with something that has just ended."""
    end_rows(rows.of_source(source, [ref], at), until=until, by=by, reason=reason, at=at)


def end_rows(found: Iterable[Any], *, until: datetime, by: Person, reason: str, at: datetime) -> None:
    """End these grants of people, in a number of statements that does not grow with them."""
    ending = [(row, row.until) for row in found]
    for row, _old in ending:
        row.until, row.ended_by, row.end_reason = max(row.starts_at, until), by, reason
    PersonObjectGrant.objects.bulk_update([row for row, _old in ending], ENDED, batch_size=200)
    record_many(_entry(Tag.OBJECT_GRANT_ENDED, row, old, by, at) for row, old in ending)
    stamps.bump(*(rows.principal_of(row).pk for row, _old in ending))


def _tell(tag: Tag, row: rows.AnyGrant, old: datetime | None, actor: Actor, at: datetime) -> None:
    record_many([_entry(tag, row, old, actor, at)])
    stamps.bump(rows.principal_of(row).pk)


def _entry(tag: Tag, row: rows.AnyGrant, old: datetime | None, actor: Actor, at: datetime) -> Entry:
    changes = {"until": (old, row.until)}
    return Entry(tag, actor, at, row.content_object, rows.person_of(row), changes, rows.told(row))


def of_lead(membership: Membership, led: Team | Group, *, starts_at: datetime) -> Right:
    """Return what leading a team or a group brings."""
    keeping = f"{led.principal.kind}.manage_members"
    return Right(
        membership.person, led.resource, (keeping,), Source.LEAD, str(membership.pk), starts_at, membership.until,
        membership.reason, membership.given_by,
    )  # fmt: skip


def owning(resource: Resource) -> tuple[str, ...]:
    """Return what owning brings: of a resource editing and sharing it, of a team or group editing it, else nothing."""
    if resource.object_kind is None:
        return OWNING
    return OWNING_CONSOLE.get(resource.object_kind, ())


def of_owner(resource: Resource, owner: Person, *, at: datetime, by: Person | None = None) -> Right:
    """Return what owning brings."""
    return Right(owner, resource, owning(resource), Source.OWNER, str(resource.pk), at, given_by=by)


def sync(*, at: datetime, actor: Actor = UPGRADE, told: Any = record_many) -> int:
    """Give the leads and owners who have not got it what comes with that; return how many grants were written.

    Nobody is asked: whoever made them lead or owner did so before it brought a right. With `told`, the rights begin
    when leading did, and it gets their events; otherwise they begin now.
    """
    begun = told is not record_many
    found = 0
    for memberships in _chunks(_leads(at)):
        rights = [of_lead(row, _led(row), starts_at=_since(row, at, begun)) for row in memberships]
        with transaction.atomic():
            found += write(rights, actor=actor, at=at, told=told)
    for resources in _chunks(_owned(at)):
        began = {row.pk: row.created_at if begun else at for row in resources}
        with transaction.atomic():
            rights = [of_owner(row, row.owner, at=began[row.pk]) for row in resources if row.owner is not None]
            found += write(rights, actor=actor, at=at, told=told)
    return found


def _led(row: Membership) -> Team | Group:
    found: Team | Group = getattr(row.principal, row.principal.kind)
    return found


def _since(row: Membership, at: datetime, begun: bool) -> datetime:
    return row.starts_at if begun else max(row.starts_at, at)


def _chunks(found: QuerySet[Any]) -> Iterator[list[Any]]:
    """Yield rows in order of their keys; what is written for one chunk takes it out of the next."""
    last = 0
    while chunk := list(found.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        last = chunk[-1].pk
        yield chunk


def _leads(at: datetime) -> QuerySet[Membership]:
    """Return the memberships of leads of standing teams and groups that bring no right yet."""
    key = Cast(OuterRef("pk"), CharField())
    standing = PersonObjectGrant.objects.not_over(at).filter(source=Source.LEAD, source_ref=key)
    leading: QuerySet[Membership] = Membership.objects.not_over(at).exclude(until=F("starts_at")).filter(part=Part.LEAD)
    of_team = Q(principal__team__isnull=False, principal__team__archived_at=None)
    of_group = Q(principal__group__isnull=False, principal__group__archived_at=None)
    leading = leading.filter(of_team | of_group).filter(~Exists(standing))
    return leading.select_related(
        "person__principal", "principal__team__resource", "principal__group__resource", "given_by"
    )


def _owned(at: datetime) -> QuerySet[Resource]:
    """Return the resources, teams and groups whose owner has no right by that yet."""
    standing = PersonObjectGrant.objects.not_over(at).filter(
        source=Source.OWNER, content_object=OuterRef("pk"), user=OuterRef("owner")
    )
    bringing = Q(object_kind=None) | Q(object_kind__in=OWNING_CONSOLE)
    owned = Resource.objects.filter(bringing, owner__isnull=False, archived_at=None)
    owned = owned.exclude(owner__state=PersonState.LEFT)
    return owned.filter(~Exists(standing)).select_related("owner__principal", "type")
