"""What keeps groups by rule right when nobody does anything: days begin, territories end, and a net below it all."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.groups import recompute, rules
from accounts.groups.rules import Standing, standing
from accounts.models import Membership, Person, PersonDimension
from cxaccess.jobs import services as jobs
from cxaccess.jobs import watermarks
from cxaccess.jobs.models import Job
from cxaccess.jobs.runner import extend
from cxaccess.lib import clock

FOLLOW = "group.follow"
SETTLE = "group.settle"


def follow(job: Job, at: datetime) -> None:
    """Take in and let go whom time has moved since the last run, and prolong who stays. A periodic job."""
    since = min(watermarks.reached(FOLLOW), at)
    for each in standing():
        if each.rule is None or not each.rule.moves:
            continue
        with transaction.atomic():
            recompute.recompute([each], at=at, people=_moved(each, since, at))
            recompute.prolong(each, at=at)
        extend(job, clock.now())
    watermarks.mark(FOLLOW, at)


def settle(job: Job, at: datetime) -> None:
    """Bring every group by rule to what its rule says, whatever was missed. Periodic, and asked for after imports."""
    for each in standing():
        if differs(each, at):
            with transaction.atomic():
                recompute.recompute([each], at=at)
        extend(job, clock.now())


def settle_later(slot: str, at: datetime) -> None:
    """Have every group by rule brought up to date soon, once for `slot`. The transaction must be open."""
    jobs.enqueue(SETTLE, slot=slot, at=at)


def differs(each: Standing, at: datetime) -> bool:
    """Return whether anybody is in the group who should not be, or the other way round; it holds no lock."""
    inside = Membership.objects.in_force(at).filter(principal=each.group.principal_id).values("person")
    taken = Person.objects.none() if each.rule is None else each.rule.takes_in(at, rules.zone())
    gone = Person.objects.filter(pk__in=inside).exclude(pk__in=taken.values("pk"))
    return gone.exists() or taken.exclude(pk__in=inside).exists()


def _moved(each: Standing, since: datetime, at: datetime) -> QuerySet[Person] | None:
    """Return the people whose facts have begun or ended between the moments; None for everybody: a day has begun."""
    rule = each.rule
    if rule is not None and rule.dated and recompute.tomorrow(since, rules.zone()) <= at:
        return None
    crossed = partial(_crossed, since - timedelta(seconds=1), at)
    ranged = PersonDimension.objects.filter(crossed()).values("person")
    joined = Membership.objects.filter(crossed(), principal__team__isnull=False).values("person")
    return Person.objects.filter(Q(pk__in=ranged) | Q(pk__in=joined))


def _crossed(since: datetime, at: datetime) -> Q:
    return Q(starts_at__gt=since, starts_at__lte=at) | Q(until__gt=since, until__lte=at)
