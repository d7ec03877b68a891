"""What is written when a grant or membership runs out, and the word to its holder before. Nothing here decides.

Each end is one event, whose `once` key keeps it so: with the worker killed, the beat doubled, or the job run again.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import models, transaction
from django.db.models import F, Q, QuerySet

from accounts.models import Membership, PersonState
from audits.trail.record import Entry, System
from audits.trail.tags import Tag
from cxaccess.jobs import settings, watermarks
from cxaccess.jobs.models import Job, Notice
from cxaccess.jobs.notices import notify
from cxaccess.jobs.runner import extend
from cxaccess.lib import clock
from cxaccess.lib.models import Source
from permissions.grants.ends import Ends
from permissions.grants.scopes import labels
from permissions.models import RoleGrant
from permissions.objects import expiry as on_one_resource

CHUNK = 200


def _grants() -> QuerySet[RoleGrant]:
    return RoleGrant.objects.select_related("principal__person", "role")


def _memberships() -> QuerySet[Membership]:
    return Membership.objects.select_related("person", "principal__team", "principal__group")


def _grant_told(row: RoleGrant) -> Entry:
    details = {
        "principal": row.principal_id, "role": row.role_id, "scope": row.scope_id,
        "from": row.starts_at.isoformat(), "until": _iso(row.until), "source": row.source,
    }  # fmt: skip
    person = getattr(row.principal, "person", None)
    return Entry(Tag.GRANT_EXPIRED, GRANTS.actor, _moment(row), row, person, None, details, _once(GRANTS, row))


def _membership_told(row: Membership) -> Entry:
    details = {
        "membership": row.pk, "part": row.part, "starts_at": row.starts_at.isoformat(), "until": _iso(row.until),
    }  # fmt: skip
    of = getattr(row.principal, row.principal.kind)
    once = _once(MEMBERSHIPS, row)
    return Entry(Tag.MEMBERSHIP_EXPIRED, MEMBERSHIPS.actor, _moment(row), of, row.person, None, details, once)


def record_ends(job: Job, at: datetime) -> None:
    """Write what has run out since the last time. A periodic job."""
    for ends in (GRANTS, MEMBERSHIPS, *on_one_resource.OBJECTS):
        watermarks.sweep(ends.name, at, ends.take, between=partial(_hold, job))


def warn_holders(job: Job, at: datetime) -> None:
    """Tell people of grants that end soon, once each; a changed end is told anew. A periodic job."""
    horizon = at + timedelta(days=settings.get(settings.NOTICE_DAYS))
    near = _grants().in_force(at).filter(_reachable(), until__lte=horizon).order_by("until", "pk")
    near = near.exclude(source=Source.BIRTHRIGHT)  # it ends with what the rule reads, and mostly goes on
    rows = list(near.exclude(starts_at__gt=F("until") - timedelta(days=1)))
    for start in range(0, len(rows), CHUNK):
        _warn(rows[start : start + CHUNK], at)
        _hold(job)
    on_one_resource.warn_holders(horizon, at, partial(_hold, job))


def _hold(job: Job) -> None:
    """Keep the job's lease: a batch may end long after the run began."""
    extend(job, clock.now())


def _warn(rows: list[RoleGrant], at: datetime) -> None:
    keys = {f"grant-ending:{row.pk}:{_iso(row.until)}": row for row in rows}
    known = set(Notice.objects.filter(once__in=keys).values_list("once", flat=True))
    fresh = {key: row for key, row in keys.items() if key not in known}
    facts = _facts(fresh.values())
    with transaction.atomic():
        for key, row in fresh.items():
            notify(row.principal.person.pk, "grant_ending", facts=facts[row.pk], once=key, at=at)


def _tell_holders(rows: list[RoleGrant], at: datetime) -> None:
    """Tell who lost a grant of their own; what a team loses is its lead's to explain."""
    own = [row for row in rows if _is_reachable(row)]
    facts = _facts(own)
    for row in own:
        notify(row.principal.person.pk, "grant_ended", facts=facts[row.pk], once=f"grant-ended:{row.pk}", at=at)


def _facts(rows: Iterable[RoleGrant]) -> dict[int, dict[str, Any]]:
    found = list(rows)
    where = labels({row.scope_id for row in found})
    return {
        row.pk: {"grant": row.pk, "role": row.role.name, "where": where[row.scope_id], "until": _iso(row.until)}
        for row in found
    }


def _reachable() -> Q:
    return Q(principal__person__state=PersonState.ACTIVE, principal__person__claimed_at__isnull=False)


def _is_reachable(row: RoleGrant) -> bool:
    person = getattr(row.principal, "person", None)
    return person is not None and person.state == PersonState.ACTIVE and person.claimed_at is not None


def _once(ends: Ends, row: models.Model) -> str:
    return f"{ends.tag}:{row.pk}"


def _moment(row: Any) -> datetime:
    moment: datetime = row.until
    return moment


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


GRANTS = Ends(Tag.GRANT_EXPIRED, System("grant-end"), _grants, _grant_told, then=_tell_holders, ended=Tag.GRANT_ENDED)
MEMBERSHIPS = Ends(
    Tag.MEMBERSHIP_EXPIRED, System("membership-end"), _memberships, _membership_told, ended=Tag.MEMBERSHIP_ENDED
)
