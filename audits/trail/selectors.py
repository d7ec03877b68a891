"""Reading the trail: the history of one thing, and the rows that the trail page filters."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Membership, Person, Principal, Team
from audits.models import Event
from audits.trail.stories import Story, describe
from cxaccess.lib.clock import start_of_day
from permissions.models import GroupObjectGrant, PersonObjectGrant, Resource, Role, RoleGrant
from permissions.objects.rows import key

HISTORY_SIZE = 25
NEARBY = timedelta(hours=1)  # one piece of work never takes longer, and the index on time keeps the search short
RELATED = 50
DAYS = 28
COUNTABLE = 5_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some stories, newest first; `older` and `newer` are the ids to go on from, or None at an end."""

    stories: Sequence[Story]
    older: int | None = None
    newer: int | None = None

    def __iter__(self) -> Iterator[Story]:
        """Go through the stories."""
        return iter(self.stories)

    def __len__(self) -> int:
        """Return how many stories there are here."""
        return len(self.stories)


def history_of(
    obj: models.Model, *, before: object = None, after: object = None, size: int = HISTORY_SIZE
) -> Stretch:  # fmt: skip
    """Return what happened to `obj`: to a person also what is about them, to a team or role also their grants.

    What happens to a grant on one resource is told of the resource and names the grant.

    `before` and `after` are ids of events, as the address has them; without either it starts with the newest.
    Who may read it is the caller's question: ``fetch(request, "trail.view", Person, pk, as_type="trail")``.
    """
    return stretch(Event.objects.filter(_concerning(obj)), before=before, after=after, size=size)


def stretch(rows: QuerySet[Event], *, before: object = None, after: object = None, size: int) -> Stretch:
    """Return at most `size` of `rows` by keyset on the id, which costs the same on every page."""
    newest = _id(before)
    oldest = _id(after) if newest is None else None
    if oldest is not None:
        found = list(rows.filter(pk__gt=oldest).order_by("pk")[: size + 1])
        more, found = len(found) > size, found[:size][::-1]
        return Stretch(describe(found), found[-1].pk if found else oldest, found[0].pk if more else None)
    found = list((rows.filter(pk__lt=newest) if newest is not None else rows).order_by("-pk")[: size + 1])
    more, found = len(found) > size, found[:size]
    newer = found[0].pk if found and newest is not None else None
    return Stretch(describe(found), found[-1].pk if more else None, newer)


def related(event: Event, rows: QuerySet[Event]) -> list[Story]:
    """Return what else of `rows` the same piece of work wrote: one request, task or command."""
    if not event.cid:
        return []
    near = (event.timestamp - NEARBY, event.timestamp + NEARBY)
    same = rows.filter(cid=event.cid, timestamp__range=near).exclude(pk=event.pk)
    return describe(same.order_by("pk")[:RELATED])


def _concerning(obj: models.Model) -> Q:
    itself = _objects(type(obj), [obj.pk])
    if isinstance(obj, Person):
        return itself | Q(about_person_id=obj.pk)
    if isinstance(obj, Team):
        return itself | _objects(Resource, [obj.resource_id]) | _held_by(obj.principal_id)
    if isinstance(obj, Role):
        return itself | _objects(RoleGrant, RoleGrant.objects.filter(role=obj).values("pk"))
    if isinstance(obj, PersonObjectGrant | GroupObjectGrant):
        return _objects(Resource, [obj.content_object_id]) & Q(additional_data__grant=key(obj))
    if isinstance(obj, Principal):
        return _held_by(obj.pk)
    return itself


def _held_by(principal_id: int) -> Q:
    grants = RoleGrant.objects.filter(principal=principal_id).values("pk")
    things = GroupObjectGrant.objects.filter(group__principal=principal_id).values("content_object")
    on_things = _objects(Resource, things) & Q(additional_data__principal=principal_id)
    members = Membership.objects.filter(principal=principal_id).values("pk")
    return _objects(RoleGrant, grants) | _objects(Membership, members) | on_things


def _objects(model: type[models.Model], ids: object) -> Q:
    return Q(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)


def _id(value: object) -> int | None:
    text = str(value) if value is not None else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def described(event: Event) -> Story:
    """Return one event as a story."""
    return describe([event])[0]


def one(rows: QuerySet[Event], pk: object) -> Story | None:
    """Return the story of the event of `rows` that the address names, if there is one."""
    asked = _id(pk)
    event = rows.filter(pk=asked).first() if asked is not None else None
    return described(event) if event is not None else None


def per_day(rows: QuerySet[Event], at: datetime) -> list[tuple[str, int]]:
    """Return (day, how many events) for the last days, oldest first, in the reader's zone.

    Empty where there are so many that counting them would keep the reader waiting.
    """
    today, zone = timezone.localtime(at).date(), timezone.get_current_timezone_name()
    days = [today - timedelta(days=back) for back in range(DAYS)][::-1]
    starts = [start_of_day(day, zone) for day in days]
    found = _counted(rows.filter(timestamp__gte=starts[0]), starts[1:])
    if sum(found) > COUNTABLE:
        return []
    return [(date_format(day, "j M"), number) for day, number in zip(days, found, strict=True)]


def _counted(rows: QuerySet[Event], limits: Sequence[datetime]) -> list[int]:
    """Return how many of `rows` lie before each of `limits` and not before the one in front of it, and after the last.

    In the database, for it would be thousands of moments to read; it stops counting past COUNTABLE.
    """
    try:
        sql, params = rows.order_by().values("timestamp")[: COUNTABLE + 1].query.sql_with_params()
    except EmptyResultSet:
        return [0] * (len(limits) + 1)
    connection = connections[rows.db]
    spans = " ".join(f"WHEN counted.timestamp < %s THEN {number}" for number in range(len(limits)))
    moments = [connection.ops.adapt_datetimefield_value(limit) for limit in limits]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT CASE {spans} ELSE {len(limits)} END AS span, COUNT(*) FROM ({sql}) AS counted GROUP BY 1",  # noqa: S608 - Django's own SQL
            [*moments, *params],
        )
        found = dict(cursor.fetchall())
    return [found.get(number, 0) for number in range(len(limits) + 1)]
