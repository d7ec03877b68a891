"""What keeps groups by rule right when nobody does anything: days begin, territories end, and a net below it all."""

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.groups import recompute, rules
from accounts.groups.rules import Rule, Standing, standing
from accounts.models import Group, Membership, Person, PersonDimension
from cxaccess.jobs import services as jobs
from cxaccess.jobs import watermarks
from cxaccess.jobs.models import Job
from cxaccess.jobs.runner import extend
from cxaccess.lib import clock
from permissions.birthrights import recompute as birthrights
from permissions.birthrights import rules as rights
from permissions.giving import lock_administration

FOLLOW = "group.follow"
SETTLE = "group.settle"


def follow(job: Job, at: datetime) -> None:
    """Let what rules give follow the time since the last run, and prolong what goes on. A periodic job.

    Birthright rules come first: rules of groups may read the teams that they give.
    """
    since = min(watermarks.reached(FOLLOW), at)
    for right in rights.standing():
        if right.rule is not None and right.rule.moves:
            with transaction.atomic():
                lock_administration()
                for current in rights.standing([right.birthright.pk]):
                    if current.rule is not None:
                        birthrights.recompute([current], at=at, people=moved(current.rule, since, at))
                        birthrights.prolong(current, at=at)
            extend(job, clock.now())
    for each in standing():
        if each.rule is not None and each.rule.moves:
            with transaction.atomic():
                for now in _as_it_is(each):
                    if now.rule is not None:
                        recompute.recompute([now], at=at, people=moved(now.rule, since, at))
                        recompute.prolong(now, at=at)
            extend(job, clock.now())
    watermarks.mark(FOLLOW, at)


def settle(job: Job, at: datetime) -> None:
    """Bring what rules give to what they say, whatever was missed. Periodic, and asked for after imports."""
    for right in rights.standing():
        if birthrights.differs(right, at):
            with transaction.atomic():
                lock_administration()
                birthrights.recompute(rights.standing([right.birthright.pk]), at=at)
        extend(job, clock.now())
    for each in standing():
        if differs(each, at):
            with transaction.atomic():
                recompute.recompute(_as_it_is(each), at=at)
        extend(job, clock.now())


def _as_it_is(each: Standing) -> list[Standing]:
    """Return the group with its rule as they are once nobody can change them any more; nothing where it is archived."""
    lock_administration()
    return standing(Group.objects.filter(pk=each.group.pk, archived_at=None, rule__isnull=False))


def settle_later(slot: str, at: datetime) -> None:
    """Have every group by rule brought up to date soon, once for `slot`. The transaction must be open."""
    jobs.enqueue(SETTLE, slot=slot, at=at)


def differs(each: Standing, at: datetime) -> bool:
    """Return whether anybody is in the group who should not be, or the other way round; it holds no lock."""
    inside = Membership.objects.in_force(at).filter(principal=each.group.principal_id).values("person")
    taken = Person.objects.none() if each.rule is None else each.rule.takes_in(at, rules.zone())
    gone = Person.objects.filter(pk__in=inside).exclude(pk__in=taken.values("pk"))
    return gone.exists() or taken.exclude(pk__in=inside).exists()


def moved(rule: Rule, since: datetime, at: datetime) -> QuerySet[Person] | None:
    """Return the people whose facts have begun or ended between the moments; None for everybody: a day has begun."""
    if rule.dated and recompute.tomorrow(since, rules.zone()) <= at:
        return None
    crossed = partial(_crossed, since - timedelta(seconds=1), at)
    ranged = PersonDimension.objects.filter(crossed()).values("person")
    joined = Membership.objects.filter(crossed(), principal__team__isnull=False).values("person")
    return Person.objects.filter(Q(pk__in=ranged) | Q(pk__in=joined))


def _crossed(since: datetime, at: datetime) -> Q:
    return Q(starts_at__gt=since, starts_at__lte=at) | Q(until__gt=since, until__lte=at)
