"""Who is meant: people as connected systems name them, by an id of their own or by mail."""

from collections.abc import Iterable

from django.db import connection

from accounts.models import Identity, Person

IDENTITIES, PEOPLE = Identity._meta.db_table, Person._meta.db_table
# By hand: every question of a connected system asks it, and both halves go by an index of their own.
BY_ID = f'SELECT \'id\', "external_id", "person_id" FROM "{IDENTITIES}" WHERE "system" = %s AND "external_id" IN ({{}})'  # noqa: S608 - our own tables
BY_MAIL = f'SELECT \'mail\', LOWER("email"), "id" FROM "{PEOPLE}" WHERE "email" <> \'\' AND LOWER("email") IN ({{}})'  # noqa: S608 - as above


def known_as(system: str, names: Iterable[str]) -> dict[str, int]:
    """Return {name: person id} of those known to `system` by that id, else by that mail address. One query."""
    wanted = list(set(names))
    if not wanted:
        return {}
    mails: dict[str, list[str]] = {}
    for name in wanted:
        if "@" in name:
            mails.setdefault(name.lower(), []).append(name)
    statement, parameters = BY_ID.format(_marks(wanted)), [system, *wanted]
    if mails:
        statement, parameters = f"{statement} UNION ALL {BY_MAIL.format(_marks(mails))}", [*parameters, *mails]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    found = {name: pk for how, mail, pk in rows if how == "mail" for name in mails[mail]}
    return found | {name: pk for how, name, pk in rows if how == "id"}


def _marks(names: Iterable[str]) -> str:
    return ", ".join("%s" for _ in names)
