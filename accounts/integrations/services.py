"""Use cases on integrations: entering them, saying what each may ask about, and their tokens.

Authority: integration.edit enters a system and says what it may ask; what it is told is everybody's access, so letting
it ask takes access.check, too. integration.issue makes, rotates and revokes tokens.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts import collectives
from accounts.integrations import rules, selectors, tokens
from accounts.integrations.selectors import EDIT, ISSUE, ROWS
from accounts.models import Integration, IntegrationGrant, IntegrationToken, Person, PrincipalKind
from audits.trail.record import record
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.lib.errors import Refused, Stale
from cxaccess.lib.reasons import stated
from cxaccess.lib.windows import require_end
from permissions.guards import locked, require, use_case
from permissions.models import Action, ResourceType

CHECK = "access.check"
EDITABLE = ("name", "purpose", "owner", "system", "reports_use")
COARSE = timedelta(hours=1)  # how far the last use that is shown may lag behind


class Issued(NamedTuple):
    """A token as it is shown this once."""

    row: IntegrationToken
    text: str


@use_case
def create_integration(
    actor: Person,
    *,
    name: str,
    purpose: str,
    owner: Person | None,
    system: str = "cxaccess",
    reports_use: bool = False,
    at: datetime,
) -> Integration:
    """Enter a connected system. It may ask nothing and has no token yet. Raises NotAllowed, NotVisible, Refused."""
    require(actor, EDIT, at=at)
    rules.require_sound(name=name, purpose=purpose, owner=owner, system=system)
    principal, resource = collectives.begin(
        PrincipalKind.INTEGRATION, name=name, owner=owner, region=None, department=None, at=at
    )
    resource.object_kind, resource.object_id = "integration", resource.pk
    resource.save(update_fields=["object_kind", "object_id"])
    row = Integration.objects.create(
        resource=resource, principal=principal, purpose=purpose.strip(), owner=owner, system=system.strip(),
        reports_use=reports_use, created_at=at,
    )  # fmt: skip
    record(Tag.INTEGRATION_CREATED, actor=actor, at=at, obj=row, changes={"name": ("", row.name)})
    return row


@use_case
def edit_integration(
    actor: Person, *, integration: Integration, row_version: int, changes: Mapping[str, Any], at: datetime
) -> Integration:
    """Change what `changes` names, of EDITABLE. Raises NotAllowed, NotVisible, Refused, Stale."""
    row = _opened(actor, integration, EDIT, at)
    rules.require_fresh(row, row_version)
    before = selectors.editable(row)
    given = {name: value.strip() if isinstance(value, str) else value for name, value in changes.items()}
    after: dict[str, Any] = before | {name: given[name] for name in EDITABLE if name in given}
    changed = {name: (before[name], after[name]) for name in EDITABLE if before[name] != after[name]}
    if not changed:
        return row
    rules.require_sound(**{name: after[name] for name in ("name", "purpose", "owner", "system")})
    if {"system", "reports_use"} & changed.keys():
        require(actor, CHECK, at=at)  # other ids are other people and things
    collectives.rename(row.principal, row.resource, name=after["name"], owner=after["owner"])
    for name in ("purpose", "owner", "system", "reports_use"):
        setattr(row, name, after[name])
    row.row_version += 1
    row.save()
    record(Tag.INTEGRATION_EDITED, actor=actor, at=at, obj=row, changes=changed)
    return row


@use_case
def retire_integration(actor: Person, *, integration: Integration, reason: str, at: datetime) -> Integration:
    """Take an integration out of use for good: its tokens open nothing from now on. Raises NotAllowed, Stale."""
    row = _opened(actor, integration, EDIT, at)
    why = stated(reason)
    row.retired_at = at
    row.row_version += 1
    row.save(update_fields=["retired_at", "row_version"])
    row.tokens.filter(selectors.opening(at)).update(revoked_at=at, revoked_by=actor)
    record(Tag.INTEGRATION_RETIRED, actor=actor, at=at, obj=row, details={"reason": why})
    return row


@use_case
def allow_asking(
    actor: Person,
    *,
    integration: Integration,
    type_: ResourceType,
    action: Action | None = None,
    until: datetime | None = None,
    reason: str = "",
    at: datetime,
) -> IntegrationGrant:
    """Let an integration ask about a permission, or about everything of a type. Raises NotAllowed, Refused, Stale."""
    row = _opened(actor, integration, EDIT, at)
    require(actor, CHECK, at=at)
    rules.require_askable(type_, action)
    require_end(until, starts_at=at, at=at)
    same = row.grants.filter(Q(until=None) | Q(until__gt=at), type=type_, action=action)
    if same.exists():
        raise Refused(_("It may ask about this already."), field="action" if action else "type_")
    grant = IntegrationGrant.objects.create(
        integration=row, type=type_, action=action, starts_at=at, until=until, given_at=at, given_by=actor,
        reason=reason.strip(),
    )  # fmt: skip
    details = {"grant": grant.pk, "asked": selectors.asked(grant), "reason": grant.reason}
    details |= {"until": until.isoformat()} if until else {}
    record(Tag.ASKING_GIVEN, actor=actor, at=at, obj=row, details=details)
    return grant


@use_case
def end_asking(actor: Person, *, grant: IntegrationGrant, reason: str, at: datetime) -> IntegrationGrant:
    """End what an integration may ask about. Its next question is refused. Raises NotAllowed, NotVisible, Stale."""
    row = _opened(actor, grant.integration, EDIT, at)
    held = locked(IntegrationGrant.objects.select_related("type", "action"), grant.pk)
    if held.until is not None and held.until <= at:
        raise Stale(_("It is over already."))
    held.until, held.ended_by, held.end_reason = max(at, held.starts_at), actor, stated(reason)
    held.save(update_fields=["until", "ended_by", "end_reason"])
    details = {"grant": held.pk, "asked": selectors.asked(held), "reason": held.end_reason}
    record(Tag.ASKING_ENDED, actor=actor, at=at, obj=row, details=details)
    return held


@use_case
def issue_token(actor: Person, *, integration: Integration, days: int, at: datetime) -> Issued:
    """Make a token that lasts `days`; its text is in the answer and nowhere else. Raises NotAllowed, Refused, Stale."""
    row = _opened(actor, integration, ISSUE, at)
    made = _make(actor, row, days, at)
    record(Tag.TOKEN_CREATED, actor=actor, at=at, obj=row, details=_told(made.row))
    return made


@use_case
def rotate_token(actor: Person, *, token: IntegrationToken, days: int, hours: int, at: datetime) -> Issued:
    """Make a token in the place of another, which stays open for `hours` more so that nothing stops meanwhile.

    Raises NotAllowed, NotVisible, Refused, Stale.
    """
    row = _opened(actor, token.integration, ISSUE, at)
    old = locked(IntegrationToken, token.pk)
    rules.require_open(old, at)
    rules.require_overlap(hours)
    made = _make(actor, row, days, at, replaces=old)
    old.expires_at = min(old.expires_at, max(at + timedelta(hours=hours), old.created_at + timedelta(microseconds=1)))
    old.save(update_fields=["expires_at"])
    details = _told(made.row) | {"instead_of": old.prefix, "old_until": old.expires_at.isoformat()}
    record(Tag.TOKEN_ROTATED, actor=actor, at=at, obj=row, details=details)
    return made


@use_case
def revoke_token(actor: Person, *, token: IntegrationToken, reason: str, at: datetime) -> IntegrationToken:
    """End a token at once. Raises NotAllowed, NotVisible, Stale."""
    row = _opened(actor, token.integration, ISSUE, at)
    old = locked(IntegrationToken, token.pk)
    rules.require_open(old, at)
    old.revoked_at, old.revoked_by = at, actor
    old.save(update_fields=["revoked_at", "revoked_by"])
    details = {"token": old.prefix, "reason": stated(reason)}
    record(Tag.TOKEN_REVOKED, actor=actor, at=at, obj=row, details=details)
    return old


def note_use(token: IntegrationToken, *, at: datetime) -> None:
    """Note that a token was used, at most once an hour: no event, and nothing that would slow a question down."""
    if token.last_used_at is None or token.last_used_at <= at - COARSE:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=at - COARSE)
        IntegrationToken.objects.filter(stale, pk=token.pk).update(last_used_at=at)
        token.last_used_at = at


def _opened(actor: Person, integration: Integration, action: str, at: datetime) -> Integration:
    """Return the row, locked, once the actor may do `action` to it and it is in use; what is kept of it is old now.

    It is locked before what belongs to it, as retiring does: else two could wait for each other.
    """
    row = locked(ROWS, integration.pk)
    require(actor, action, row.resource, at=at)
    rules.require_usable(row)
    stamps.bump(row.principal_id)
    return row


def _make(
    actor: Person, row: Integration, days: int, at: datetime, replaces: IntegrationToken | None = None
) -> Issued:  # fmt: skip
    rules.require_days(days)
    rules.require_room(row, at)
    made = tokens.make()
    kept = IntegrationToken.objects.create(
        integration=row, prefix=made.prefix, digest=made.digest, created_at=at, created_by=actor,
        expires_at=at + timedelta(days=days), replaces=replaces,
    )  # fmt: skip
    return Issued(kept, made.text)


def _told(token: IntegrationToken) -> dict[str, Any]:
    return {"token": token.prefix, "expires_at": token.expires_at.isoformat()}
