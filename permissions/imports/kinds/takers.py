"""Who a row names: people by their mail, teams and groups by their name, as far as the actor sees them."""

from collections.abc import Iterable, Sequence

from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from accounts.models import Person, PersonState, Principal, PrincipalKind, Team
from cxaccess.lib.csv_in import shown
from permissions import places
from permissions.imports.kinds.base import Desk, Fault, Line
from permissions.imports.kinds.people_known import by_mail


class People:
    """The people whose mails stand in some columns of a chunk."""

    def __init__(self, desk: Desk, lines: Sequence[Line], columns: Iterable[str]) -> None:
        self.desk = desk
        self.found = by_mail({line[column].lower() for line in lines for column in columns if line[column]})
        self.targets = places.targets(list(self.found.values()), desk.tick())

    def find(self, line: Line, column: str) -> Person:
        """Return the person named. Raises Fault for nobody, somebody unseen, somebody who has left."""
        person = self.found.get(line[column].lower())
        if person is None or not self.desk.may("person.view", self.targets[person.pk]):
            raise Fault(_("Nobody you may see has the mail %(value)s.") % {"value": shown(line[column])}, column)
        if person.state == PersonState.LEFT:
            raise Fault(_("%(name)s has left.") % {"name": person.name}, column)
        return person


class Collectives:
    """The teams and groups whose names stand in some columns of a chunk."""

    def __init__(self, desk: Desk, lines: Sequence[Line], columns: Iterable[str]) -> None:
        self.desk = desk
        names = {line[column].casefold() for line in lines for column in columns if line[column]}
        kinds = (PrincipalKind.TEAM, PrincipalKind.GROUP)
        rows = Principal.objects.filter(kind__in=kinds).annotate(low=Lower("label")).filter(low__in=names)
        self.rows = list(rows.select_related("team__resource", "group__resource", "team__principal"))
        self.found = {row.label.casefold(): row for row in sorted(self.rows, key=lambda row: row.kind == "team")}
        teams = [row.team for row in self.rows if row.kind == PrincipalKind.TEAM]
        self.targets = places.targets(teams, desk.tick())

    def find(self, line: Line, column: str) -> Principal | None:
        """Return the team or group named, None where there is none. Raises Fault for one unseen or archived."""
        principal = self.found.get(line[column].casefold())
        if principal is None:
            return None
        team = principal.kind == PrincipalKind.TEAM
        if team and not self.desk.may("team.view", self.targets[principal.team.pk]):
            raise Fault(_("You see no team %(value)s.") % {"value": shown(line[column])}, column)
        if (principal.team if team else principal.group).archived_at is not None:
            raise Fault(_("%(value)s is archived.") % {"value": shown(line[column])}, column)
        return principal

    def team(self, line: Line, column: str) -> Team | None:
        """Return the team named, None where there is none. Raises Fault."""
        principal = self.find(line, column)
        if principal is None:
            return None
        if principal.kind != PrincipalKind.TEAM:
            raise Fault(_("%(value)s is a group, not a team.") % {"value": shown(line[column])}, column)
        found: Team = principal.team
        return found
