"""The whole document of an instance."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from permissions.document import birthright_steps, model_rows, rest_rows
from permissions.document.names import Names
from permissions.document.shape import FORMAT, VERSION


def document(options: Collection[str], *, at: datetime) -> dict[str, Any]:
    """Return the model as of now, and what `options` name besides (of `shape.OPTIONS`), as `shape.SCHEMA` says.

    Whoever is responsible is named only where people are, too. All of it is as of one moment, whoever edits meanwhile.
    """
    with _standing_still():
        return _document(options, at)


@contextmanager
def _standing_still() -> Iterator[None]:
    """Within it what others commit is not seen, and nobody waits for it."""
    if connection.in_atomic_block:
        yield  # whoever began it has chosen
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        connection.ensure_connection()
        usual, connection.transaction_mode = connection.transaction_mode, "DEFERRED"  # takes no lock of a writer
        try:
            with transaction.atomic():
                yield
        finally:
            connection.transaction_mode = usual


def _document(options: Collection[str], at: datetime) -> dict[str, Any]:
    names, people = Names(), "people" in options
    found: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "places": model_rows.places(),
        "types": model_rows.types(),
        "permissions": model_rows.permissions(),
        "attributes": model_rows.attributes(),
    }
    if people:
        found["people"] = rest_rows.people(names, at)
    for kind, rows in (("teams", rest_rows.teams), ("groups", rest_rows.groups)):
        if kind in options:
            found[kind] = rows(names, with_people=people)
    if people and not {"teams", "groups"}.isdisjoint(options):
        found["memberships"] = rest_rows.memberships(names, at, teams="teams" in options, groups="groups" in options)
    found["roles"] = model_rows.roles(names, with_people=people)
    if "resources" in options:
        found["resources"] = rest_rows.resources(names, options)
    if "grants" in options:
        found["grants"] = rest_rows.grants(names, options, at)
    found["birthrights"] = birthright_steps.written(names, with_people=people)
    found["policies"] = model_rows.policies(names, with_people=people)
    return found
