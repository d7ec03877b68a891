"""Teams that a file founds: what their first line says of them, and what only shows once all of them are known."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import Team
from cxaccess.jobs.models import Verdict
from permissions.imports.kinds.base import Desk, Fault, Judged, Line
from permissions.imports.kinds.teams_joining import may_join

OF_A_TEAM = ("parent", "purpose", "owner", "region", "department")


@dataclass(frozen=True, slots=True)
class Founding:
    """A team of the file that is not here yet: the line that founds it, its cells, its plan, the team above."""

    line: int
    cells: dict[str, str]
    plan: dict[str, Any]
    parent: Team | None
    parent_name: str

    def require_same(self, line: Line) -> None:
        """Refuse a line that says something else of the same team."""
        for column in OF_A_TEAM:
            if line[column] and line[column].casefold() != self.cells.get(column, "").casefold():
                raise Fault(
                    _("Line %(line)d, which founds this team, says something else. Make them agree.")
                    % {"line": self.line},
                    column,
                )


def name_of(team: str) -> str:
    """Return how rows of a file refer to a team of theirs."""
    return f"team:{team.casefold()}"[:300]


def founded(desk: Desk) -> dict[str, Founding]:
    """Return the teams that the lines so far found, by name."""
    found: dict[str, Founding] = desk.kept.setdefault("founded", {})
    return found


def settle(desk: Desk) -> dict[int, Judged]:
    """Refuse teams in a circle, and those under a team whose members gain what the actor may not give."""
    found = founded(desk)
    return {
        one.line: judged for name, one in found.items() if (judged := _judged(desk, found, name)) is not None
    }  # fmt: skip


def _judged(desk: Desk, found: dict[str, Founding], name: str) -> Judged | None:
    top, seen = found[name], {name}
    while top.parent_name:
        if top.parent_name in seen or top.parent_name not in found:
            return Judged(Verdict.REFUSE, _("It would come under itself, or under a team that is refused."), "parent")
        seen.add(top.parent_name)
        top = found[top.parent_name]
    # A new team holds nothing itself; what its members gain is what the standing teams above it hold.
    if top.parent is not None and not may_join(desk, desk.actor, top.parent, lead=False):
        words = {"team": top.parent.name}
        return Judged(Verdict.REFUSE, _("%(team)s above it holds something that you may not give.") % words, "parent")
    return None
