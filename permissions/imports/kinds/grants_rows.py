"""Writing grants of an import: given and changed by the chunk, each with its event and its stamp."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Principal, PrincipalKind
from audits.trail.record import Entry, record_many
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.jobs.imports import Staged
from cxaccess.jobs.models import Verdict
from cxaccess.lib.models import Source
from cxaccess.lib.reasons import LONGEST
from cxaccess.lib.windows import settle
from permissions.giving import require_administrator
from permissions.grants import scopes
from permissions.imports.kinds.base import Desk
from permissions.models import RoleGrant, Scope


def write(desk: Desk, rows: Sequence[Staged]) -> None:
    """Give what `rows` name, and move ends."""
    _give(desk, [row for row in rows if row.verdict == Verdict.CREATE])
    _move(desk, [row for row in rows if row.verdict == Verdict.CHANGE])


def _give(desk: Desk, rows: Sequence[Staged]) -> None:
    grants = [_grant(desk, row) for row in rows]
    RoleGrant.objects.bulk_create(grants)
    people = _people({grant.principal_id for grant in grants})
    stamps.bump(*{grant.principal_id for grant in grants})
    record_many(
        Entry(Tag.GRANT_GIVEN, desk.actor, desk.at, grant, people.get(grant.principal_id), details=_told(desk, grant))
        for grant in grants
    )


def _grant(desk: Desk, row: Staged) -> RoleGrant:
    plan = row.plan
    window = settle(_moment(plan["from"]), _moment(plan["until"]), at=desk.at)
    reason = row.payload.get("reason") or _("Imported with %(file)s") % {"file": desk.batch.name}
    return RoleGrant(
        principal_id=plan["principal"],
        role_id=plan["role"],
        scope=_scope(desk, plan["terms"]),
        given_by=desk.actor,
        given_at=desk.at,
        reason=reason[:LONGEST],
        source=Source.IMPORT,
        source_ref=desk.source_ref,
        starts_at=window.starts_at,
        until=window.until,
        stated_from=window.stated_from,
        stated_until=window.until,
    )


def _scope(desk: Desk, terms: dict[str, int]) -> Scope:
    """Return the scope of these terms, made once for the file."""
    found: Scope = desk.once(f"scope {Scope.digest_of(terms)}", lambda: scopes.intern(terms))
    return found


def _move(desk: Desk, rows: Sequence[Staged]) -> None:
    grants = {grant.pk: grant for grant in RoleGrant.objects.filter(pk__in=[row.plan["id"] for row in rows])}
    for row in rows:
        grant = grants[row.plan["id"]]
        grant.until = grant.stated_until = _moment(row.plan["set"]["until"])
    RoleGrant.objects.bulk_update(grants.values(), ["until", "stated_until"], batch_size=200)
    people = _people({grant.principal_id for grant in grants.values()})
    stamps.bump(*{grant.principal_id for grant in grants.values()})
    record_many(
        Entry(
            Tag.GRANT_CHANGED,
            desk.actor,
            desk.at,
            grants[row.plan["id"]],
            people.get(grants[row.plan["id"]].principal_id),
            {"until": (row.plan["was"]["until"], row.plan["set"]["until"])},
            _told(desk, grants[row.plan["id"]]),
        )
        for row in rows
    )
    desk.kept["ends moved"] = desk.kept.get("ends moved") or bool(rows)


def finish(desk: Desk) -> None:
    """See that somebody who lasts can still administer, where ends were moved. Raises Refused."""
    if desk.kept.get("ends moved"):
        require_administrator(at=desk.at)


def _people(principals: set[int]) -> dict[int, int]:
    rows = Principal.objects.filter(pk__in=principals, kind=PrincipalKind.PERSON)
    return dict(rows.values_list("pk", "person"))


def _told(desk: Desk, grant: RoleGrant) -> dict[str, Any]:
    return {
        "principal": grant.principal_id,
        "role": grant.role_id,
        "scope": grant.scope_id,
        "from": grant.starts_at.isoformat(),
        "until": grant.until.isoformat() if grant.until else None,
        "source": grant.source,
        "import": desk.batch.pk,
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
