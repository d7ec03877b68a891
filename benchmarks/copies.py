"""More of what there is, in one statement for each table: copy number n of row r has the id r + n * STEP.

What a column of a copy holds is one of: the same as the original's, the copy's own (`OWN`: what was pointed to was
copied, too), or the original's with the number behind it (`NAMED`).
"""

from collections.abc import Mapping

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction

from cxaccess.jobs import stamps

STEP = 8_000_000  # the ids of auth.Group are of 32 bits: 250 copies of each fit into them
OWN = "{column} + i * {step}"
NAMED = "{column} || ' ' || i"
CODED = "{column} || '-' || i"
LATER = "{column} + i * 10000"
MAILED = "CASE WHEN {column} = '' THEN '' ELSE i || '.' || {column} END"
Columns = Mapping[str, str]

PEOPLE: dict[str, Columns] = {
    "auth.Group": {"name": CODED},
    "accounts.Principal": {"label": NAMED, "auth_group_id": OWN},
    "accounts.Person": {"principal_id": OWN, "name": NAMED, "email": MAILED},
    "accounts.Identity": {"person_id": OWN, "external_id": CODED},
    "accounts.Team": {"principal_id": OWN, "resource_id": OWN},
    "accounts.Group": {"principal_id": OWN, "resource_id": OWN},
}
# Each copied team has its own members, each copied person their own grants and events.
BESIDE: dict[str, Columns] = {
    "accounts.Membership": {"person_id": OWN, "principal_id": OWN},
    "permissions.RoleGrant": {"principal_id": OWN},
    "permissions.PersonObjectGrant": {"user_id": OWN},
    "audits.Event": {"about_person_id": OWN, "once": "NULL"},
}
# All copies belong to the team, the person, the role that was there: what one page shows grows, too.
WITHIN: dict[str, Columns] = {
    "accounts.Membership": {"person_id": OWN},
    "permissions.RoleGrant": {},
    "permissions.PersonObjectGrant": {"content_object_id": OWN},
    "audits.Event": {"once": "NULL"},
    "accounts.Node": {"parent_id": OWN, "code": CODED, "lft": LATER, "rgt": LATER},
    "permissions.Role": {"key": CODED, "name": NAMED, "current_id": OWN, "resource_id": OWN},
    "permissions.RoleVersion": {"role_id": OWN},
    "permissions.RoleAction": {"version_id": OWN},
    "permissions.RoleInclude": {"version_id": OWN},
    "permissions.UsageDay": {"resource_id": OWN},
    "permissions.UsageLast": {"resource_id": OWN},
}
RESOURCES: Columns = {"external_id": CODED, "name": NAMED}
CONSOLE = RESOURCES | {"object_id": OWN}


@transaction.atomic
def tenfold() -> None:
    """Make ten of everything there is."""
    for label, columns in {**PEOPLE, **WITHIN, "permissions.Resource": CONSOLE}.items():
        copy(label, columns, 9)
    _settle()


@transaction.atomic
def people_times(times: int) -> None:
    """Make `times` as many people and teams, with what they are in and hold and what happened to them."""
    for label, columns in {**PEOPLE, **BESIDE}.items():
        copy(label, columns, times - 1)
    copy("permissions.Resource", CONSOLE, times - 1, "object_kind IN ('team', 'group')")
    _settle()


@transaction.atomic
def resources_times(times: int, teams: int) -> None:
    """Make `times` as many resources of the platform, spread over the `teams` copies of the teams that own them."""
    spread = RESOURCES | {"owner_team_id": f"owner_team_id + (i % {teams}) * {STEP}"}
    copy("permissions.Resource", spread, times - 1, "object_kind IS NULL")
    _settle()


def copy(label: str, columns: Columns, times: int, only: str = "1 = 1") -> None:
    """Copy the original rows of one model `times` times."""
    model = apps.get_model(label)
    names = [field.column for field in model._meta.concrete_fields]
    how = {"id": OWN, **columns}
    made = [how.get(name, "{column}").format(column=f'r."{name}"', step=STEP) for name in names]
    table, into = model._meta.db_table, ", ".join(f'"{name}"' for name in names)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({into}) "
            "WITH RECURSIVE copies(i) AS"
            f" (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM copies WHERE i < {times}) "
            f"SELECT {', '.join(made)} FROM {table} AS r CROSS JOIN copies WHERE r.id < {STEP} AND {only}"
        )


def _settle() -> None:
    """Let caches read anew, new rows get ids of their own and the planner know how much there is."""
    stamps.bump(stamps.MODEL)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(statement)
        cursor.execute("ANALYZE")
