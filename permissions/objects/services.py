"""Giving a permission on one resource, changing when that ends, ending it."""

from collections.abc import Mapping
from copy import copy
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Person, Principal
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib import windows
from cxaccess.lib.errors import Refused
from cxaccess.lib.models import Source
from cxaccess.lib.reasons import stated
from permissions import gate, giving
from permissions.grants.rules import is_later, require_not_over, require_taker
from permissions.guards import locked, passes, require, require_somewhere, use_case
from permissions.models import Action, Resource
from permissions.objects import rows, selectors
from permissions.objects.rows import AnyGrant

NOT_ON_ONE = (  # they are asked about places, or about nothing in particular
    "role.give", "role.give_onward", "role.create", "team.create", "resource.create", "person.create",
)  # fmt: skip
HOW_IT_ENDS = {
    Source.LEAD: gettext_lazy("It comes with leading the team and ends with that: make %(name)s a plain member."),
    Source.OWNER: gettext_lazy("It comes with owning “%(thing)s” and ends with that: change the owner."),
}


@use_case
def give_on(
    actor: Person,
    *,
    principal: Principal,
    action: Action,
    resource: Resource,
    starts_at: datetime | None,
    until: datetime | None,
    reason: str,
    at: datetime,
    source: str = Source.MANUAL,
    source_ref: str = "",
) -> AnyGrant:
    """Give `action` on exactly `resource`. `starts_at` None or past: now. `until` None: no end.

    Raises NotAllowed, NotVisible, Refused.
    """
    asked = giving.Gains(objects=frozenset({(action.key, resource.pk)}))
    taker = giving.hold_takers([principal.pk], gains=asked, at=at)[principal.pk]
    thing = locked(Resource.objects.select_related("type"), resource.pk)
    giving.require_give_on(actor, actions=[action.key], resource=thing, at=at)
    why = stated(reason)
    require_fitting(action, thing)
    require_taker(taker)
    window = windows.settle(starts_at, until, at=at)
    _require_new(taker, action, thing, window.starts_at, window.until)
    grant = rows.build(
        taker, action, thing, given_by=actor, given_at=at, reason=why, source=source, source_ref=source_ref,
        starts_at=window.starts_at, until=window.until, stated_from=window.stated_from, stated_until=window.until,
    )  # fmt: skip
    grant.save(force_insert=True)
    stamps.bump(taker.pk)
    about, details = rows.person_of(grant), rows.told(grant)
    record(Tag.OBJECT_GRANT_GIVEN, actor=actor, at=at, obj=thing, about=about, details=details)
    return grant


@use_case
def change_end(actor: Person, *, grant: AnyGrant, until: datetime | None, reason: str, at: datetime) -> AnyGrant:
    """Move the end. Sooner needs the right to end it; later needs the right to give it as well.

    Raises NotAllowed, NotVisible, Refused.
    """
    row, before = _opened(actor, grant, at)
    action = row.permission.catalogue_action
    if is_later(until, row.until):
        giving.require_give_on(actor, actions=[action.key], resource=row.content_object, at=at)
    why = stated(reason)
    if until == row.until:
        raise Refused(_("That is already its end. Nothing was changed."), field="until")
    windows.require_end(until, starts_at=row.starts_at, at=at)
    if is_later(until, row.until):
        require_taker(rows.principal_of(row))
        _require_new(rows.principal_of(row), action, row.content_object, row.starts_at, until, but=row.pk)
    row.until = row.stated_until = until
    row.save(update_fields=["until", "stated_until"])
    _settled(actor, Tag.OBJECT_GRANT_CHANGED, row, before, at, why)
    return row


@use_case
def end_grant(actor: Person, *, grant: AnyGrant, reason: str, at: datetime) -> AnyGrant:
    """End it now; one that has not begun never will. Raises NotAllowed, NotVisible, Refused."""
    row, before = _opened(actor, grant, at)
    why = stated(reason)
    row.until = windows.ended(row.starts_at, at=at)
    row.ended_by, row.end_reason = actor, why
    row.save(update_fields=["until", "ended_by", "end_reason"])
    _settled(actor, Tag.OBJECT_GRANT_ENDED, row, before, at, why)
    return row


def is_fitting(action: Action, resource: Resource) -> bool:
    """Return whether a permission can be had on one thing of this type."""
    return action.key.partition(".")[0] in (resource.type.key, "resource") and action.key not in NOT_ON_ONE


def may_view(actor: Person, grant: AnyGrant, *, at: datetime) -> bool:
    """Return whether `actor` may see it: its holder, whoever sees grants of theirs, and whoever shares the thing."""
    if rows.person_of(grant) == actor or gate.may(actor, "grant.view", grant, at=at):
        return True
    return giving.may_share(actor, actions=(), resource=grant.content_object, at=at)


def may_end(actor: Person, grant: AnyGrant, *, at: datetime) -> bool:
    """Return whether `actor` may end it: whoever ends grants where its holder is, and who could share just this."""
    action = grant.permission.catalogue_action.key
    return gate.may(actor, "grant.end", grant, at=at) or giving.may_share(
        actor, actions=[action], resource=grant.content_object, at=at
    )


def require_fitting(action: Action, resource: Resource) -> None:
    """Pass a permission that can be had on one thing of this type. Raises Refused."""
    if not is_fitting(action, resource):
        words = {"action": action.key, "thing": resource.name}
        raise Refused(_("%(action)s cannot be given on %(thing)s alone.") % words, field="action")
    if resource.archived_at is not None:
        raise Refused(_("%(thing)s is archived.") % {"thing": resource.name}, field="resource")


def _opened(actor: Person, grant: AnyGrant, at: datetime) -> tuple[AnyGrant, AnyGrant]:
    """Return the row, locked and not over, and as it was, once the actor may end it."""
    row: AnyGrant = locked(rows.table(rows.key(grant)[0]), grant.pk)
    _require_ending(actor, row, at)
    require_not_over(row, at)
    if row.source in rows.BROUGHT:
        words = {"name": rows.principal_of(row).label, "thing": row.content_object.name}
        raise Refused(HOW_IT_ENDS[Source(row.source)] % words)
    return row, copy(row)


def _require_ending(actor: Person, row: AnyGrant, at: datetime) -> None:
    """Pass who `may_end` it, once what policies ask for first is met."""
    action, thing = row.permission.catalogue_action.key, row.content_object
    ends = gate.may(actor, "grant.end", row, at=at)
    if ends or not giving.may_share(actor, actions=[action], resource=thing, at=at, asks=passes):
        require(actor, "grant.end", row, at=at)


def _settled(actor: Person, tag: Tag, row: AnyGrant, before: AnyGrant, at: datetime, why: str) -> None:
    stamps.bump(rows.principal_of(row).pk)
    changed = {"until": (before.until, row.until)}
    details = rows.told(row) | {"why": why}
    record(
        tag, actor=actor, at=at, obj=row.content_object, changes=changed, about=rows.person_of(row), details=details
    )  # fmt: skip


def _require_new(
    principal: Principal,
    action: Action,
    resource: Resource,
    starts_at: datetime,
    until: datetime | None,
    but: int | None = None,
) -> None:
    """Refuse a second grant of the same on the same thing while the first is in force."""
    lasting = rows.same(principal, action, resource).exclude(pk=but).filter(Q(until=None) | Q(until__gt=starts_at))
    if until is not None:
        lasting = lasting.filter(starts_at__lt=until)
    found = lasting.order_by("starts_at").first()
    if found is not None:
        message = _("%(name)s already has %(action)s on it at that time. Change the end of that grant instead.")
        words = {"name": principal.label, "action": action.key}
        raise Refused(message % words, field="action", facts={"grant": rows.key(found)})


@use_case
def export_grants(actor: Person, *, of: str, view: str, wanted: Mapping[str, Any], at: datetime) -> QuerySet[Any]:
    """Record that `actor` takes the list out, and return exactly the grants that the filters keep.

    Raises NotAllowed, NotVisible.
    """
    require_somewhere(actor, "grant.export", at=at)
    seen = selectors.visible(actor, of, "grant.export", at=at)
    found = selectors.narrowed(selectors.of_view(actor, seen, view, at=at), of, **wanted)
    used = sorted(name for name, value in wanted.items() if value)
    filters = dict.fromkeys(used, "") | {"view": view, "of": of}
    details = {"list": "grants on one resource", "rows": found.count(), "filters": filters}
    record(Tag.ACCESS_EXPORTED, actor=actor, at=at, details=details)
    return found
