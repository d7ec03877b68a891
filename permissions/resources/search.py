"""Search by words: those of a resource's name and of its id in its system, each found by its beginning.

Both databases hold an index of the words that keeps itself (docs/decisions/0051-resources.md).
"""

import re

from django.db import connections
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from permissions.models import Resource

WORD = re.compile(r"[^\W_]+")
MOST_WORDS = 8
SQLITE = "SELECT rowid FROM permissions_resource_words WHERE permissions_resource_words MATCH %s"
# What is indexed; it must stand here as the migration that made the index has it.
INDEXED = "to_tsvector('simple', regexp_replace(name || ' ' || external_id, '[!-/:-@[-`{-~]+', ' ', 'g'))"
POSTGRESQL = f"SELECT id FROM permissions_resource WHERE {INDEXED} @@ to_tsquery('simple', %s)"  # noqa: S608 - a constant


def matching(rows: QuerySet[Resource], text: str) -> QuerySet[Resource]:
    """Return those of `rows` that have, for each word of `text`, a word that begins with it. No word: none."""
    words = WORD.findall(text.lower())[:MOST_WORDS]
    if not words:
        return rows.none()
    if connections[rows.db].vendor == "postgresql":
        return rows.filter(pk__in=RawSQL(POSTGRESQL, [" & ".join(f"{word}:*" for word in words)]))  # noqa: S611 - the words are parameters
    return rows.filter(pk__in=RawSQL(SQLITE, [" ".join(f'"{word}"*' for word in words)]))  # noqa: S611 - the same
