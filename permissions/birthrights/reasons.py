"""Why somebody has what a birthright rule gave them: the rule by name, and what it says, in words."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.groups.rules import kept
from accounts.models import Membership
from cxaccess.lib.conditions.sentences import Piece, names_of, pieces
from cxaccess.lib.models import Source
from permissions.birthrights import rules
from permissions.models import BirthrightState, RoleGrant

Row = RoleGrant | Membership


@dataclass(frozen=True, slots=True)
class Because:
    """The rule that gave something, and its condition as it was when it last did."""

    id: int
    name: str
    says: tuple[Piece, ...]

    @property
    def condition(self) -> str:
        """Return what the rule says, as text."""
        return "".join(piece.text for piece in self.says)

    def __str__(self) -> str:
        words = {"condition": self.condition, "rule": self.name}
        return _("because %(condition)s: rule %(rule)s") % words if self.says else _("by the rule %(rule)s") % words


def reasons(rows: Iterable[Row]) -> dict[Row, Because]:
    """Return why each of `rows` was given that a rule gave; no query where none was, else a fixed number."""
    found = [row for row in rows if row.source == Source.BIRTHRIGHT]
    if not found:
        return {}
    states: dict[str, list[BirthrightState]] = defaultdict(list)
    wanted = BirthrightState.objects.filter(birthright__in={int(row.source_ref) for row in found})
    for state in wanted.select_related("version", "birthright").order_by("starts_at", "pk"):
        states[str(state.birthright_id)].append(state)
    known, zone = rules.known(), timezone.get_current_timezone_name()
    by = {row: _state(row, states[row.source_ref]) for row in found if states[row.source_ref]}
    conditions = {state: rule.condition for state in by.values() if (rule := kept(state.version.condition, known))}
    names = names_of(conditions.values(), known)
    return {
        row: Because(
            state.birthright_id,
            state.birthright.name,
            pieces(conditions[state], known, zone, names) if state in conditions else (),
        )
        for row, state in by.items()
    }


def _state(row: Row, states: list[BirthrightState]) -> BirthrightState:
    """Return what was in force when the row was last given; that which is now, where it still is."""
    fitting = [state for state in states if row.until is None or state.starts_at < row.until]
    return (fitting or states)[-1]
