"""Grants: roles given to people and teams, at places, for a time. A place left out means everywhere there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import NodeKind, Principal
from cxaccess.jobs.imports import Staged
from cxaccess.jobs.models import Verdict
from cxaccess.lib.csv_in import shown
from cxaccess.lib.errors import Refused
from cxaccess.lib.models import Source
from cxaccess.lib.windows import require_end
from permissions import places
from permissions.engine import Scope
from permissions.giving import may_give
from permissions.imports.kinds import grants_rows, values
from permissions.imports.kinds.base import Column, Desk, Fault, Judged, Kind, Line
from permissions.imports.kinds.takers import Collectives, People
from permissions.models import Role, RoleGrant
from permissions.models import Scope as ScopeRow

NODES = tuple(NodeKind.values)

COLUMNS = (
    Column("person", gettext_lazy("Person"), gettext_lazy("Their work mail. Either this or a team."),
           "maya.okafor@example.com", ("mail", "email", "user", "holder", "work mail")),
    Column("team", gettext_lazy("Team or group"), gettext_lazy("Its name. Either this or a person."), "",
           ("group", "team name")),
    Column("role", gettext_lazy("Role"), gettext_lazy("Its key or its name."), "analyst", ("role key", "role name"),
           required=True),
    Column("region", gettext_lazy("Region"), gettext_lazy("Code or name. Empty: every region."), "de", ()),
    Column("department", gettext_lazy("Department"), gettext_lazy("Code or name. Empty: every department."), "", ()),
    Column("product_line", gettext_lazy("Product line"), gettext_lazy("Code or name. Empty: all."), "", ()),
    Column("segment", gettext_lazy("Segment"), gettext_lazy("Code or name. Empty: all."), "", ()),
    Column("scope_team", gettext_lazy("Only what a team owns"), gettext_lazy("Name of the team. Empty: any."), "",
           ("scope team", "owned by")),
    Column("from", gettext_lazy("From"), gettext_lazy("As 2026-11-30. Empty or past: from now on."), "",
           ("starts at", "start", "valid from", "since")),
    Column("until", gettext_lazy("Until"), gettext_lazy("The last day, as 2026-11-30. Empty: no end."), "2027-03-31",
           ("end", "ends", "valid until", "expires", "expiry")),
    Column("reason", gettext_lazy("Reason"), gettext_lazy("Reviewers will read it. Empty: that it was imported."),
           "Covers the spring campaign", ("why", "justification", "comment")),
)  # fmt: skip


class Grants(Kind):
    """Files of grants."""

    key = "grants"
    label = gettext_lazy("Grants")
    icon = "grant"
    summary = gettext_lazy("Which person or team holds which role, where, from when and until when.")
    needs = ("role.give",)
    gives = True
    titles = ("person", "team")

    def columns(self) -> tuple[Column, ...]:
        """Return its columns."""
        return COLUMNS

    def keys(self, line: Line, system: str) -> tuple[str, ...]:
        """Return who, what and where: a holder has a role once at a place."""
        return ("\t".join(line[name].casefold() for name in ("person", "team", "role", *NODES, "scope_team")),)

    def judge(self, desk: Desk, lines: Sequence[Line]) -> list[Judged]:
        """Return what becomes of each line."""
        return Judge(desk, lines).judged()

    def told(self, desk: Desk) -> dict[str, Any]:
        """Return who gains something."""
        names = desk.kept.get("gain", set())
        return {"gain": len(names), "gain_names": sorted(names)[:12]}

    def write(self, desk: Desk, rows: Sequence[Staged]) -> None:
        """Give the roles, move the ends."""
        grants_rows.write(desk, rows)

    def finish(self, desk: Desk) -> None:
        """See that somebody who lasts can still administer."""
        grants_rows.finish(desk)


def roles(desk: Desk) -> dict[str, Role]:
    """Return the roles in use by key and by name, read once for the file."""

    def read() -> dict[str, Role]:
        # Locked, so that what a role holds does not change between this look and what is written.
        found = Role.objects.filter(retired_at=None).order_by("pk")
        rows = list(found.select_for_update(no_key=True) if desk.locking else found)
        return {row.name.casefold(): row for row in rows} | {row.key.casefold(): row for row in rows}

    found: dict[str, Role] = desk.once("roles", read)
    return found


class Judge:
    """A chunk of grants, and what it needs to know."""

    def __init__(self, desk: Desk, lines: Sequence[Line]) -> None:
        self.desk, self.lines = desk, lines
        self.people = People(desk, lines, ["person"])
        self.teams = Collectives(desk, lines, ["team", "scope_team"])

    def judged(self) -> list[Judged]:
        """Return what becomes of each line; standing grants are looked up for all of them at once."""
        read: list[Judged | tuple[Principal, Role, dict[str, int], Line]] = []
        for line in self.lines:
            try:
                read.append((*self._read(line), line))
            except Fault as fault:
                read.append(fault.judged)
        standing = self._standing([one for one in read if not isinstance(one, Judged)])
        return [one if isinstance(one, Judged) else self._judge(standing, *one) for one in read]

    def _read(self, line: Line) -> tuple[Principal, Role, dict[str, int]]:
        role = roles(self.desk).get(line["role"].casefold())
        if role is None or not self.desk.once(f"sees role {role.pk}", lambda: self._sees(role)):
            raise Fault(_("There is no role %(value)s.") % {"value": shown(line["role"])}, "role")
        return self._taker(line), role, self._terms(line)

    def _sees(self, role: Role) -> bool:
        return self.desk.may("role.view", places.target(role, self.desk.tick()))

    def _taker(self, line: Line) -> Principal:
        if bool(line["person"]) == bool(line["team"]):
            raise Fault(_("Name a person or a team, one of them."), "person")
        if line["person"]:
            person = self.people.find(line, "person")
            return Principal(pk=person.principal_id, label=person.name)
        found = self.teams.find(line, "team")
        if found is None:
            raise Fault(_("There is no team or group %(value)s.") % {"value": shown(line["team"])}, "team")
        return found

    def _terms(self, line: Line) -> dict[str, int]:
        terms = {}
        for name in NODES:
            place = values.places(self.desk, name).find(line[name], name) if line[name] else None
            if place is not None:
                terms[name] = place
        if line["scope_team"]:
            team = self.teams.team(line, "scope_team")
            if team is None:
                raise Fault(_("There is no team %(value)s.") % {"value": shown(line["scope_team"])}, "scope_team")
            terms["team"] = team.pk
        return terms

    def _standing(self, read: list[tuple[Principal, Role, dict[str, int], Line]]) -> dict[tuple[int, int, str], Any]:
        holders = {principal.pk for principal, _role, _terms, _line in read}
        rows = RoleGrant.objects.not_over(self.desk.tick()).filter(principal__in=holders).order_by("starts_at", "pk")
        rows = rows.exclude(source=Source.BIRTHRIGHT)
        if self.desk.locking:
            rows = rows.select_for_update(of=("self",))
        return {(row.principal_id, row.role_id, row.scope.digest): row for row in rows.select_related("scope")}

    def _judge(
        self,
        standing: dict[tuple[int, int, str], RoleGrant],
        principal: Principal,
        role: Role,
        terms: dict[str, int],
        line: Line,
    ) -> Judged:
        try:
            starts, until = self._window(line)
            self._require_give(role, terms)
            there = standing.get((principal.pk, role.pk, ScopeRow.digest_of(terms)))
            if there is not None and not (there.until and there.until <= there.starts_at):
                return self._beside(there, until, line)
        except Fault as fault:
            return fault.judged
        self.desk.kept.setdefault("gain", set()).add(principal.label)
        plan = {"principal": principal.pk, "role": role.pk, "terms": terms, "from": _iso(starts), "until": _iso(until)}
        return Judged(Verdict.CREATE, plan=plan)

    def _window(self, line: Line) -> tuple[datetime | None, datetime | None]:
        zone, at = self.desk.actor.time_zone, self.desk.tick()
        starts = values.moment(line["from"], "from", zone, opens=True) if line["from"] else None
        until = values.moment(line["until"], "until", zone, opens=False) if line["until"] else None
        try:
            require_end(until, starts_at=max(starts or at, at), at=at)
        except Refused as refused:
            raise Fault(refused.message, "until") from refused
        return starts, until

    def _require_give(self, role: Role, terms: dict[str, int]) -> None:
        def ask() -> bool:
            scope = Scope(0, tuple(sorted(terms.items())))
            return may_give(self.desk.actor, role_id=role.pk, scope=scope, at=self.desk.tick())

        if not self.desk.once(f"may give {role.pk} {ScopeRow.digest_of(terms)}", ask):
            raise Fault(_("You may not give %(role)s there.") % {"role": role.name}, "role")

    def _beside(self, there: RoleGrant, until: datetime | None, line: Line) -> Judged:
        """Return what becomes of a row whose grant stands already: nothing, or another end."""
        if there.until == until or not (line["until"] or there.until is None):
            return Judged(Verdict.SKIP, plan={"id": there.pk})
        if not self.desk.may("grant.end", places.target(there, self.desk.tick())):
            raise Fault(_("They hold it with another end, and you may not change that."), "until")
        was, now = {"until": _iso(there.until)}, {"until": _iso(until)}
        return Judged(Verdict.CHANGE, plan={"id": there.pk, "was": was, "set": now})


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
