"""Writing teams of an import: founded first, then put under each other, then their members by the chunk."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Membership, Node, Part, Person, Team
from accounts.teams import leads, memberships, services
from audits.trail.record import Entry, record_many
from audits.trail.tags import Tag
from cxaccess.jobs import stamps
from cxaccess.jobs.imports import Staged, staged
from cxaccess.jobs.models import Verdict
from cxaccess.lib.models import Source
from cxaccess.lib.windows import settle
from permissions.imports.kinds import teams_founding
from permissions.imports.kinds.base import Desk, Outdated

Foundings = dict[str, tuple[str, dict[str, Any]]]
TEAMS = Team.objects.select_related("principal", "resource")


def found(desk: Desk, rows: Sequence[Staged]) -> None:
    """Remember the teams that `rows` found; one may be named before the team above it."""
    foundings: Foundings = desk.kept.setdefault("to found", {})
    for row in rows:
        if "found" in row.plan:
            foundings[row.key] = (row.payload["team"], row.plan["found"])


def finish(desk: Desk) -> None:
    """Found the teams, those above first, and let members in."""
    made: dict[str, Team] = {}
    foundings: Foundings = desk.kept.get("to found", {})
    for key in foundings:
        _found(desk, key, foundings, made, ())
    for rows in staged(desk.batch, [Verdict.CREATE, Verdict.CHANGE], 1000):
        _join(desk, [row for row in rows if row.plan.get("member")], made)
        for row in rows:
            if row.verdict == Verdict.CHANGE:
                _change(desk, row)


def _found(
    desk: Desk,
    key: str,
    foundings: dict[str, tuple[str, dict[str, Any]]],
    made: dict[str, Team],
    below: tuple[str, ...],
) -> Team:
    """Found one team, after the one above it."""
    if key in made:
        return made[key]
    if key in below or key not in foundings:
        raise Outdated
    name, plan = foundings[key]
    above = _found(desk, plan["under"], foundings, made, (*below, key)) if plan["under"] else None
    if plan["parent"] is not None:
        above = TEAMS.get(pk=plan["parent"])
    made[key] = services.create_team(
        desk.actor,
        name=name,
        purpose=plan["purpose"],
        parent=above,
        owner=Person.objects.get(pk=plan["owner"]) if plan["owner"] else None,
        region=Node.objects.get(pk=plan["region"]) if plan["region"] else None,
        department=Node.objects.get(pk=plan["department"]) if plan["department"] else None,
        at=desk.at,
    )
    return made[key]


def _join(desk: Desk, rows: Sequence[Staged], made: dict[str, Team]) -> None:
    """Let the members of a chunk in."""
    teams = TEAMS.in_bulk({row.plan["team"] for row in rows if "team" in row.plan})
    people = Person.objects.in_bulk({row.plan["member"]["person"] for row in rows})
    given = [_membership(desk, row.plan["member"], _team(row, teams, made), people) for row in rows]
    Membership.objects.bulk_create(given)
    stamps.bump(*{row.person.principal_id for row in given})
    record_many(_told(desk, row) for row in given)
    for row in given:
        if row.part == Part.LEAD:
            leads.give_right(desk.actor, membership=row, team=row.principal.team, at=desk.at)


def _team(row: Staged, teams: dict[int, Team], made: dict[str, Team]) -> Team:
    return teams[row.plan["team"]] if "team" in row.plan else made[teams_founding.name_of(row.payload["team"])]


def _membership(desk: Desk, plan: dict[str, Any], team: Team, people: dict[int, Person]) -> Membership:
    window = settle(_moment(plan["from"]), _moment(plan["until"]), at=desk.at)
    return Membership(
        person=people[plan["person"]],
        principal=team.principal,
        part=plan["part"],
        starts_at=window.starts_at,
        until=window.until,
        stated_from=window.stated_from,
        reason=_reason(desk),
        source=Source.IMPORT,
        source_ref=desk.source_ref,
        given_by=desk.actor,
    )


def _told(desk: Desk, row: Membership) -> Entry:
    details: dict[str, Any] = {"team": row.principal.team.pk, "part": row.part, "import": desk.batch.pk}
    if row.until is not None:
        details["until"] = row.until.isoformat()
    return Entry(Tag.MEMBERSHIP_GIVEN, desk.actor, desk.at, row, row.person, details=details)


def _change(desk: Desk, row: Staged) -> None:
    """Change a standing membership as its own page would."""
    membership = Membership.objects.get(pk=row.plan["id"])
    changes = row.plan["set"]
    if "until" in changes:
        membership = memberships.change_membership_end(
            desk.actor, membership=membership, until=_moment(changes["until"]), reason=_reason(desk), at=desk.at
        )
    if "part" in changes:
        memberships.change_part(
            desk.actor, membership=membership, part=changes["part"], reason=_reason(desk), at=desk.at
        )


def _reason(desk: Desk) -> str:
    return _("Imported with %(file)s") % {"file": desk.batch.name}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
