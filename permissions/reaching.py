"""Whom grants reach: the principals that hold a permission on a thing in one statement, their people as one condition.

Written out: making statements of queries takes the library longer than the database needs to answer them. Ids stand in
them as numbers, because there may be more than a statement has room for as values.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, models

from accounts.models import Person, PersonState, here
from cxaccess.lib.ready import Ready
from permissions import history
from permissions.engine import Model, Target

BY_ROLE = """
SELECT g.principal_id FROM permissions_rolegrant g
WHERE g.role_id IN ({roles}) AND g.mode = 'active' AND {in_force}
"""
# Scopes each of whose terms holds the thing; the one without terms is everywhere. One that has lost a term, as its
# digest tells by the marks between them, would reach further than anybody gave: it covers nothing.
COVERING = """
AND g.scope_id IN (SELECT s.id FROM permissions_scope s WHERE NOT EXISTS (
  SELECT 1 FROM permissions_scopeterm t WHERE t.scope_id = s.id AND NOT ({terms}))
AND (SELECT COUNT(*) FROM permissions_scopeterm n WHERE n.scope_id = s.id)
  = CASE WHEN s.digest = '' THEN 0 ELSE LENGTH(s.digest) - LENGTH(REPLACE(s.digest, ';', '')) + 1 END)
"""
OF_PEOPLE = """
UNION SELECT u.principal_id FROM permissions_personobjectgrant g JOIN accounts_person u ON u.id = g.user_id
WHERE {given} AND {in_force}
"""
OF_COLLECTIVES = """
UNION SELECT p.id FROM permissions_groupobjectgrant g JOIN accounts_principal p ON p.auth_group_id = g.group_id
WHERE {given} AND {in_force}
"""
GIVEN = "g.permission_id IN (SELECT a.auth_permission_id FROM permissions_action a WHERE a.key IN ({actions}))"
# A team or group only: a row that put somebody "into" another person would hand over all that person holds.
OWN = "{person}.principal_id IN ({own})"
MEMBERS = """
SELECT g.person_id FROM accounts_membership g WHERE g.principal_id IN (
  SELECT p.id FROM accounts_principal p WHERE p.id IN ({collectives}) AND p.kind IN ('team', 'group'))
AND {in_force}
"""
FEW, MANY = "({own} OR {person}.id IN ({members}))", "({own} OR EXISTS ({members} AND g.person_id = {person}.id))"
SHARE = 8  # reached is one team in so many, or more: then whoever is asked for is near
IN_FORCE = "g.starts_at <= %s AND (g.until IS NULL OR g.until > %s)"


def principals_with(model: Model, action: str, target: Target, at: datetime, without: str = "") -> set[int]:
    """Return the principals with a grant in force that gives `action` on `target`, by a role or on itself.

    `without` is the key of an object grant that is thought away.
    """
    named = [(dimension, _above(model, dimension, places)) for dimension, places in target.places.items() if places]
    terms = [f"(t.dimension = %s AND t.ref_id IN ({_numbers(above)}))" for dimension, above in named]
    covering = COVERING.format(terms=" OR ".join(terms) or "1 = 0")
    by_role = _by_role(model, action, at, covering, [dimension for dimension, _above in named])
    if target.resource is None:
        return _asked([by_role])
    return _asked([by_role, *_on_things(model, action, at, f" AND g.content_object_id = {target.resource:d}", without)])


def principals_anywhere(model: Model, action: str, at: datetime) -> set[int]:
    """Return the principals with a grant in force that gives `action` within any scope or on any thing."""
    return _asked([_by_role(model, action, at, "", []), *_on_things(model, action, at, "", "")])


def people_of(model: Model, principals: Iterable[int], at: datetime) -> models.QuerySet[Person]:
    """Return the active people whom a grant to any of `principals` reaches at `at`."""
    given, table = set(principals), Person._meta.db_table
    teams, person = model.reaching(given), connection.ops.quote_name(table)
    # Where many are reached, whoever asks for some of them should not wait until all are gathered.
    sql = (MANY if len(teams) * SHARE > len(model.team_principals) else FEW).format(
        person=person,
        own=OWN.format(person=person, own=_numbers(given - model.teams_of_principals.keys())),
        members=MEMBERS.format(collectives=_numbers(teams), in_force=IN_FORCE),
    )
    found = Person.objects.filter(Ready(table, sql, _moments(at)))
    if history.is_past(at):
        states = history.people_states(found, at)
        return Person.objects.filter(pk__in=[pk for pk, state in states.items() if state == PersonState.ACTIVE])
    return found.filter(here(at))


Part = tuple[str, list[Any]]  # of a statement, with its values


def _by_role(model: Model, action: str, at: datetime, where: str, values: list[Any]) -> Part:
    roles = _numbers(model.granting.get(action, ()))
    return BY_ROLE.format(roles=roles, in_force=IN_FORCE) + where, [*_moments(at), *values]


def _on_things(model: Model, action: str, at: datetime, where: str, without: str) -> list[Part]:
    actions = sorted(model.implied_by.get(action, ()))
    if not actions:
        return []
    given = GIVEN.format(actions=", ".join(["%s"] * len(actions))) + where
    return [
        (
            sql.format(given=given, in_force=IN_FORCE)
            + (f" AND g.id <> {int(without[1:])}" if without[:1] == key else ""),
            [*actions, *_moments(at)],
        )
        for key, sql in (("p", OF_PEOPLE), ("c", OF_COLLECTIVES))
    ]


def _asked(parts: list[Part]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("".join(sql for sql, _values in parts), [value for _sql, values in parts for value in values])
        return {principal for (principal,) in cursor.fetchall()}


def _above(model: Model, dimension: str, places: Iterable[int]) -> set[int]:
    return {top for place in places for top in model.above(dimension, place)}


def _numbers(ids: Iterable[int]) -> str:
    """Return ids for a list in SQL, which is never empty."""
    return ", ".join(f"{one:d}" for one in sorted(ids)) or "NULL"


def _moments(at: datetime) -> tuple[Any, Any]:
    return (connection.ops.adapt_datetimefield_value(at),) * 2
