"""Teams and who is in them: a line for each member, or one without a person for the team alone.

The first line that names a team which is not here founds it, with what that line says; later lines may leave that out.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.groups import doors
from accounts.models import Membership, Part, Person, Principal, Team
from cxaccess.jobs.imports import Staged
from cxaccess.jobs.models import Verdict
from cxaccess.lib.csv_in import shown
from cxaccess.lib.errors import Refused
from cxaccess.lib.models import Source
from cxaccess.lib.windows import require_end
from permissions import places
from permissions.imports.kinds import teams_founding, teams_rows, values
from permissions.imports.kinds.base import Column, Desk, Fault, Judged, Kind, Line
from permissions.imports.kinds.takers import Collectives, People
from permissions.imports.kinds.teams_founding import Founding
from permissions.imports.kinds.teams_joining import may_join

COLUMNS = (
    Column("team", gettext_lazy("Team"), gettext_lazy("Its name. One that is not here yet is founded."), "Care Berlin",
           ("team name", "name", "group"), required=True),
    Column("parent", gettext_lazy("Team above"), gettext_lazy("Its name: a team here or in this file."), "Care EMEA",
           ("parent team", "above", "under")),
    Column("purpose", gettext_lazy("Purpose"), gettext_lazy("In a sentence."), "Answers customers in Berlin",
           ("description",)),
    Column("owner", gettext_lazy("Owner"), gettext_lazy("Work mail of who answers for it."), "jonas.weber@example.com",
           ("owner mail", "owner email")),
    Column("region", gettext_lazy("Region"), gettext_lazy("Code or name."), "de", ("region code",)),
    Column("department", gettext_lazy("Department"), gettext_lazy("Code or name."), "customer-care",
           ("department code",)),
    Column("person", gettext_lazy("Member"), gettext_lazy("Work mail of somebody in it. Empty: the line is about the "
           "team alone."), "maya.okafor@example.com", ("mail", "email", "member mail", "user")),
    Column("part", gettext_lazy("Part"), gettext_lazy("member or lead. Empty: member."), "member", ("part in team",)),
    Column("from", gettext_lazy("From"), gettext_lazy("As 2026-11-30. Empty or past: from now on."), "",
           ("starts at", "since", "joined")),
    Column("until", gettext_lazy("Until"), gettext_lazy("The last day, as 2026-11-30. Empty: no end."), "",
           ("ends", "left")),
)  # fmt: skip


class Teams(Kind):
    """Files of teams."""

    key = "teams"
    label = gettext_lazy("Teams and members")
    icon = "team"
    summary = gettext_lazy("Teams, the teams above them, and who is in them, from when and until when.")
    needs = ("team.manage_members",)
    reads = doors.of_tree("team")
    gives = True
    titles = ("team",)

    def columns(self) -> tuple[Column, ...]:
        """Return its columns."""
        return COLUMNS

    def keys(self, line: Line, system: str) -> tuple[str, ...]:
        """Return team and member."""
        return (f"{line['team'].casefold()}\t{line['person'].lower()}",)

    def names(self, line: Line, system: str) -> tuple[str, ...]:
        """Return the team."""
        return (teams_founding.name_of(line["team"]),)

    def judge(self, desk: Desk, lines: Sequence[Line]) -> list[Judged]:
        """Return what becomes of each line."""
        return Judge(desk, lines).judged()

    def settle(self, desk: Desk) -> dict[int, Judged]:
        """Refuse teams that would come under themselves, and those whose members would gain too much."""
        return teams_founding.settle(desk)

    def told(self, desk: Desk) -> dict[str, Any]:
        """Return who joins a team that they gain something by."""
        names = desk.kept.get("gain", set())
        return {"gain": len(names), "gain_names": sorted(names)[:12]}

    def write(self, desk: Desk, rows: Sequence[Staged]) -> None:
        """Note the rows; members can only join once all teams are there."""
        teams_rows.found(desk, rows)

    def finish(self, desk: Desk) -> None:
        """Put teams under each other and members into them."""
        teams_rows.finish(desk)


class Judge:
    """A chunk of lines, and what it needs to know."""

    def __init__(self, desk: Desk, lines: Sequence[Line]) -> None:
        self.desk, self.lines = desk, lines
        self.people = People(desk, lines, ["person", "owner"])
        self.teams = Collectives(desk, lines, ["team", "parent"])
        above = {teams_founding.name_of(line["parent"]) for line in lines if line["parent"]}
        self.in_file = desk.stands_in_file(above)
        self.standing = self._standing()

    def _standing(self) -> dict[tuple[int, int], Membership]:
        """Return the memberships that are not over, of the people and teams of the chunk."""
        rows = (
            Membership.objects.not_over(self.desk.tick())
            .filter(
                person__in=[person.pk for person in self.people.found.values()],
                principal__in=[row.pk for row in self.teams.rows],
            )
            .exclude(source=Source.BIRTHRIGHT)
        )
        if self.desk.locking:
            rows = rows.select_for_update(of=("self",))
        return {
            (row.principal_id, row.person_id): row
            for row in rows.order_by("starts_at", "pk")
            if row.until is None or row.until > row.starts_at
        }

    def judged(self) -> list[Judged]:
        """Return what becomes of each line."""
        return [self._judged(line) for line in self.lines]

    def _judged(self, line: Line) -> Judged:
        try:
            team = self._team(line)
            if team is None:
                return self._in_new(line)
            self._require_same(line, team)
            if not line["person"]:
                return Judged(Verdict.SKIP, plan={"team": team.pk}, key="")
            return self._member(line, team)
        except Fault as fault:
            return fault.judged

    def _team(self, line: Line) -> Team | None:
        if not line["team"]:
            raise Fault(_("Name the team."), "team")
        values.text(line["team"], "team", Principal, "label")
        return self.teams.team(line, "team")

    def _in_new(self, line: Line) -> Judged:
        """Judge a line whose team is not here yet: it founds it, or it waits for the line that does."""
        name = teams_founding.name_of(line["team"])
        founder = teams_founding.founded(self.desk).get(name)
        if founder is None:
            founder = self._founding(line, name)
            member = self._new_member(line, founder) if line["person"] else {}
            teams_founding.founded(self.desk)[name] = founder
            needs = (founder.parent_name,) if founder.parent_name else ()
            return Judged(Verdict.CREATE, plan={"found": founder.plan, "member": member}, key=name, needs=needs)
        founder.require_same(line)
        if not line["person"]:
            return Judged(Verdict.SKIP, key="", needs=(name,))
        return Judged(Verdict.CREATE, plan={"member": self._new_member(line, founder)}, key="", needs=(name,))

    def _founding(self, line: Line, name: str) -> Founding:
        # Should it be refused, the lines after it must not found the team with less than it says.
        teams_founding.founded(self.desk)[name] = Founding(line.number, dict(line.cells), {}, None, "")
        parent, parent_name = None, ""
        if line["parent"]:
            parent = self.teams.team(line, "parent")
            parent_name = "" if parent else teams_founding.name_of(line["parent"])
            if parent_name and (parent_name not in self.in_file or parent_name == name):
                raise Fault(_("There is no team %(value)s above it.") % {"value": shown(line["parent"])}, "parent")
        spots = {
            name: values.places(self.desk, name).find(line[name], name) if line[name] else None
            for name in ("region", "department")
        }
        owner = self.people.find(line, "owner").pk if line["owner"] else None
        there = places.prospect("team", team=parent.pk if parent else None, **spots)
        if not self.desk.may("team.create", there):
            raise Fault(_("You may not found teams there. It takes team.create."), "team")
        if owner is not None and not self.desk.may("role.give", places.prospect("role", **spots)):
            raise Fault(_("You may not make owners there: they edit the team. It takes role.give."), "owner")
        purpose = values.text(line["purpose"], "purpose", Team, "purpose")
        plan = {"parent": parent.pk if parent else None, "owner": owner, "purpose": purpose, **spots}
        return Founding(line.number, dict(line.cells), plan | {"under": parent_name}, parent, parent_name)

    def _new_member(self, line: Line, founder: Founding) -> dict[str, Any]:
        person, part = self.people.find(line, "person"), self._part(line)
        spots = {name: founder.plan.get(name) for name in ("region", "department")}
        if not self.desk.may("team.manage_members", places.prospect("team", **spots)):
            raise Fault(_("You may not manage members of teams there."), "team")
        if part == Part.LEAD and not self.desk.may("role.give", places.prospect("role", **spots)):
            raise Fault(_("You may not make leads there: they keep the members. It takes role.give."), "part")
        starts, until = self._window(line)
        self.desk.kept.setdefault("gain", set()).add(person.name)
        return {"person": person.pk, "part": part, "from": _iso(starts), "until": _iso(until)}

    def _part(self, line: Line) -> str:
        return str(values.choice(line["part"], "part", Part.choices)) if line["part"] else str(Part.MEMBER)

    def _window(self, line: Line) -> tuple[datetime | None, datetime | None]:
        zone, at = self.desk.actor.time_zone, self.desk.tick()
        starts = values.moment(line["from"], "from", zone, opens=True) if line["from"] else None
        until = values.moment(line["until"], "until", zone, opens=False) if line["until"] else None
        try:
            require_end(until, starts_at=max(starts or at, at), at=at)
        except Refused as refused:
            raise Fault(refused.message, "until") from refused
        return starts, until

    def _require_same(self, line: Line, team: Team) -> None:
        """Refuse a line that says something else of a team which is here: that is changed on its own page."""
        here: dict[str, Any] = {}
        if line["parent"]:
            parent = self.teams.team(line, "parent")
            here["parent"] = parent is not None and parent.pk == team.parent_id
        if line["owner"]:
            here["owner"] = self.people.find(line, "owner").pk == team.owner_id
        if line["purpose"]:
            here["purpose"] = line["purpose"] == team.purpose
        for name in ("region", "department"):
            if line[name]:
                here[name] = values.places(self.desk, name).find(line[name], name) == getattr(
                    team.resource, f"{name}_id"
                )
        differs = next((name for name, same in here.items() if not same), "")
        if differs:
            said = {"team": team.name}
            raise Fault(_("%(team)s is here and stands otherwise. Change it on its own page.") % said, differs)

    def _require_joining(self, person: Person, team: Team, part: str) -> None:
        if not may_join(self.desk, person, team, lead=part == Part.LEAD):
            said = {"team": team.name}
            raise Fault(_("%(team)s holds something that you may not give to its members.") % said, "team")

    def _member(self, line: Line, team: Team) -> Judged:
        """Judge a member of a team that is here."""
        person = self.people.find(line, "person")
        if not self.desk.may("team.manage_members", self.teams.targets[team.pk]):
            raise Fault(_("You may not manage the members of %(team)s.") % {"team": team.name}, "team")
        starts, until = self._window(line)
        there = self.standing.get((team.principal_id, person.pk))
        if there is not None:
            return self._standing_member(line, team, person, there, until)
        part = self._part(line)
        if not may_join(self.desk, person, team, lead=part == Part.LEAD):
            raise Fault(
                _("%(team)s holds something that you may not give to its members.") % {"team": team.name}, "team"
            )
        self.desk.kept.setdefault("gain", set()).add(person.name)
        plan = {"person": person.pk, "part": part, "from": _iso(starts), "until": _iso(until)}
        return Judged(Verdict.CREATE, plan={"team": team.pk, "member": plan}, key="")

    def _standing_member(
        self, line: Line, team: Team, person: Person, there: Membership, until: datetime | None
    ) -> Judged:  # fmt: skip
        was: dict[str, Any] = {}
        now: dict[str, Any] = {}
        if line["until"] and until != there.until:
            was["until"], now["until"] = _iso(there.until), _iso(until)
        if line["part"] and self._part(line) != there.part:
            was["part"], now["part"] = there.part, self._part(line)
        if not now:
            return Judged(Verdict.SKIP, plan={"id": there.pk}, key="")
        if not may_join(self.desk, person, team, lead=now.get("part", there.part) == Part.LEAD):
            raise Fault(
                _("%(team)s holds something that you may not give to its members.") % {"team": team.name}, "team"
            )
        return Judged(Verdict.CHANGE, plan={"id": there.pk, "was": was, "set": now}, key="")


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
