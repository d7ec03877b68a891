"""How many people hold a role, counted up to a cap: for each role of a list, and on every page about one.

Written in SQL, because the order in which tables are read decides: from the grants of the role, each looked up by its
principal, until the cap is met. Left to itself, or with old statistics, a database begins with everybody who is active.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection
from django.db.models import BooleanField, DateTimeField, IntegerField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import ngettext

from cxaccess.lib import statements
from cxaccess.lib.listing import CAP, Count
from permissions import facts
from permissions.models import Role, RoleGrant

NOBODY = Count(0)
BESIDE = 100  # the cap beside a row: 25 rows are counted for one page


def _in_force(table: str) -> str:
    return f"{table}.starts_at <= %s AND ({table}.until IS NULL OR {table}.until > %s)"


HERE = "p.state = 'active' AND (p.leaves_at IS NULL OR p.leaves_at > %s)"
# ruff: noqa: S608 - names and ids of the console's own alone are put together; moments and caps are parameters
ROLE = '"permissions_role"."id"'
COUNTED = "SELECT COUNT(*) FROM ({rows} LIMIT %s) AS counted"
GIVEN = f"FROM permissions_rolegrant AS g WHERE g.role_id = {ROLE} AND {_in_force('g')}"
# The sign keeps planners from the index of the role, which leads to all of its grants.
OWN = (
    f"SELECT 1 FROM permissions_rolegrant AS o WHERE o.principal_id = p.principal_id AND +o.role_id = {ROLE}"
    f" AND {_in_force('o')}"
)


class Rows(NamedTuple):
    """The statements whose rows are counted; a row is one person, whom several grants and teams may reach."""

    direct: str
    through: str
    within: str
    grants: str


# SQLite reads tables as they stand, and what is DISTINCT row by row.
OTHERS = f" AND {_in_force('m')} AND p.id = m.person_id AND {HERE} AND NOT EXISTS ({OWN})"
IN_TURN = Rows(
    "SELECT DISTINCT p.id FROM permissions_rolegrant AS g CROSS JOIN accounts_person AS p"
    f" WHERE g.role_id = {ROLE} AND {_in_force('g')} AND p.principal_id = g.principal_id AND {HERE}",
    "SELECT DISTINCT p.id FROM permissions_rolegrant AS g CROSS JOIN accounts_membership AS m"
    f" CROSS JOIN accounts_person AS p WHERE g.role_id = {ROLE} AND {_in_force('g')}"
    " AND m.principal_id = g.principal_id AND m.principal_id NOT IN ({closed})" + OTHERS,
    "SELECT DISTINCT p.id FROM accounts_membership AS m CROSS JOIN accounts_person AS p"
    " WHERE m.principal_id IN ({inside})" + OTHERS,
    f"SELECT 1 {GIVEN}",
)
# PostgreSQL chooses an order of its own, and finds all of what is DISTINCT before it counts any. So each further table
# is looked up by a value, which leaves no choice, and somebody is counted by the first row alone that leads to them.
# The order is that of an index: without it a planner hopes to meet enough grants of one role among those of all. Where
# nearly every row is thrown away it would sort all of them; there it shall not think of the index of starts instead.
LASTING = " ORDER BY g.until DESC"
BEGUN = GIVEN.replace("g.starts_at <= %s", "(g.starts_at <= %s) IS TRUE")
ONE_OF_THEM = f" AND (SELECT {HERE} AND NOT EXISTS ({OWN}) FROM accounts_person AS p WHERE p.id = m.person_id)"
LOOKED_UP = Rows(
    f"SELECT 1 {BEGUN}"
    f" AND (SELECT {HERE} FROM accounts_person AS p WHERE p.principal_id = g.principal_id)"
    " AND g.id <= (SELECT MIN(o.id + 0) FROM permissions_rolegrant AS o WHERE o.principal_id = g.principal_id"
    f" AND +o.role_id = {ROLE} AND {_in_force('o')})",
    "SELECT 1 FROM permissions_rolegrant AS g CROSS JOIN LATERAL"
    " (SELECT n.id, n.person_id FROM accounts_membership AS n"
    f" WHERE n.principal_id = g.principal_id AND {_in_force('n')} OFFSET 0) AS m"
    f" WHERE g.role_id = {ROLE} AND {_in_force('g')} AND g.principal_id NOT IN ({{closed}})"
    + ONE_OF_THEM
    + " AND (m.id, g.id) = (SELECT n.id, o.id FROM accounts_membership AS n CROSS JOIN permissions_rolegrant AS o"
    f" WHERE n.person_id = m.person_id AND {_in_force('n')} AND n.principal_id NOT IN ({{closed}})"
    f" AND o.principal_id = n.principal_id AND +o.role_id = {ROLE} AND {_in_force('o')} ORDER BY n.id, o.id LIMIT 1)"
    + LASTING,
    "SELECT 1 FROM accounts_membership AS m WHERE m.principal_id IN ({inside})"
    f" AND {_in_force('m')}"
    + ONE_OF_THEM
    + " AND m.id = (SELECT MIN(n.id + 0) FROM accounts_membership AS n WHERE n.person_id = m.person_id"
    f" AND n.principal_id IN ({{inside}}) AND {_in_force('n')})",
    f"SELECT 1 {GIVEN}" + LASTING,
)
ROWS = {"sqlite": IN_TURN, "postgresql": LOOKED_UP}
# Whether it was given to a team that has others under it, whose members it reaches, too.
ABOVE = (
    "EXISTS (SELECT 1 FROM permissions_rolegrant AS g WHERE g.principal_id IN ({above})"
    f" AND +g.role_id = {ROLE} AND {_in_force('g')})"
)
USED = (
    f"SELECT g.last_used_at FROM permissions_rolegrant AS g WHERE g.role_id = {ROLE} AND g.last_used_at <= %s"
    " ORDER BY g.last_used_at DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Held:
    """The active people who hold a role: by a grant of their own, and those who do only through a team or group.

    Where more hold it themselves than are counted, those through teams are not counted.
    """

    direct: Count
    only_through: Count = NOBODY

    @property
    def count(self) -> Count:
        """Return how many people hold it one way or the other."""
        if self.direct.capped or self.only_through.capped:
            return Count(max(self.direct.value, self.only_through.value), capped=True)
        return Count(self.direct.value + self.only_through.value)

    @property
    def through_said(self) -> str:
        """Return how many in words."""
        text = ngettext("%(n)s through teams", "%(n)s through teams", self.only_through.value)
        return text % {"n": self.only_through}


@dataclass(frozen=True, slots=True)
class Given:
    """What a list says beside a role: how many grants of it are in force, when any was last used."""

    grants: Count
    used: datetime | None


def held_by(role: Role, *, at: datetime) -> Held:
    """Return how many hold `role`, as `held` does, up to the cap of a list."""
    return held([role.pk], at=at, cap=CAP)[role.pk]


def given(roles: Collection[int], *, at: datetime) -> dict[int, Given]:
    """Return {role: what stands beside it}. What is read of a role stops past the cap, however many grants it has."""
    rows = statements.rows(("given", BESIDE), _given, roles=list(roles), at=at)
    return {role: Given(Count.met(n, BESIDE), used) for role, n, used in rows}


def _given(roles: Collection[int], at: datetime) -> QuerySet[Role, tuple[int, int, datetime | None]]:
    used = RawSQL(USED, [_moment(at)], DateTimeField())  # noqa: S611 - it holds no values
    rows = Role.objects.filter(pk__in=roles).order_by().annotate(given=grants_in_force(at, BESIDE), used=used)
    return rows.values_list("pk", "given", "used")


def held(roles: Collection[int], *, at: datetime, cap: int | None = None) -> dict[int, Held]:
    """Return {role: who holds it}, each counted up to `cap`, else to that beside a row.

    Two queries, and two more where one of the roles is given to a team that has teams under it.
    """
    cap = cap or BESIDE
    rows = _asked(roles, at, cap).values_list("pk", "n", "above")
    return _held({role: (n, above) for role, n, above in rows}, at, cap)


def _asked(roles: Collection[int], at: datetime, cap: int) -> QuerySet[Role]:
    """Return `roles` with how many people hold each themselves as `n`, and whether a team `above` others has it."""
    above = ABOVE.format(above=_listed(facts.model(at).above_others))
    return Role.objects.filter(pk__in=roles).order_by().annotate(
        n=_counted(_rows().direct, at, cap),
        above=RawSQL(above, [_moment(at)] * 2, BooleanField()),  # noqa: S611 - ids alone stand in it
    )  # fmt: skip


def grants_in_force(at: datetime, cap: int = CAP) -> RawSQL:
    """Return the number of grants in force, one past the cap at most, as a column of roles."""
    return _counted(_rows().grants, at, cap)


def _counted(rows: str, at: datetime, cap: int) -> RawSQL:
    """Return the number of `rows`, one past the cap at most, as a column; all their values are `at`."""
    values = [_moment(at)] * rows.count("%s")
    return RawSQL(COUNTED.format(rows=rows), [*values, cap + 1], IntegerField())  # noqa: S611 - it holds no values


def _rows() -> Rows:
    return ROWS[connection.vendor]


def _moment(at: datetime) -> object:
    return connection.ops.adapt_datetimefield_value(at)


def _held(found: Mapping[int, tuple[int, bool]], at: datetime, cap: int) -> dict[int, Held]:
    """Return {role: who holds it}. Nobody asks who else has a role through teams that very many have themselves."""
    few = {role: above for role, (n, above) in found.items() if n <= cap}
    through = _through([role for role, above in few.items() if not above], at, cap)
    through |= _through_below([role for role, above in few.items() if above], at, cap)
    return {role: Held(Count.met(n, cap), Count.met(through.get(role, 0), cap)) for role, (n, _a) in found.items()}


def _through(roles: Collection[int], at: datetime, cap: int) -> dict[int, int]:
    """Return {role: how many active people are where it was given to and do not hold it themselves}."""
    people = _rows().through.format(closed=_listed(facts.model(at).closed))
    rows = Role.objects.filter(pk__in=roles).order_by().annotate(n=_counted(people, at, cap))
    return dict(rows.values_list("pk", "n"))


def _through_below(roles: Collection[int], at: datetime, cap: int) -> dict[int, int]:
    """Return the same for roles that were given to teams above others: whoever is in one of those has it, too."""
    model = facts.model(at)
    given: dict[int, set[int]] = defaultdict(set)
    rows = RoleGrant.objects.in_force(at).filter(role__in=roles).order_by()
    for role, principal in rows.values_list("role_id", "principal_id"):
        given[role].add(principal)
    parts = []
    for role, principals in given.items():
        people = _rows().within.format(inside=_listed(model.reaching(principals)))
        parts.append(Role.objects.filter(pk=role).order_by().annotate(n=_counted(people, at, cap)))
    return dict(parts[0].union(*parts[1:], all=True).values_list("pk", "n")) if parts else {}


def _listed(ids: Iterable[int]) -> str:
    """Return ids as they stand in a statement; never none, which is no list."""
    return ", ".join(map(str, sorted(ids))) or "0"
