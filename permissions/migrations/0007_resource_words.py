"""An index of the words of resources, which the database itself keeps: see `permissions.resources.search`.

On SQLite it is a table of FTS5 that triggers follow. SQLite drops a table's triggers with the table, which is also how
Django alters one there: a later migration that touches permissions_resource must put them back
(tests/permissions/resources/test_search.py fails until it does).
"""

from django.db import migrations

WORDS = "permissions_resource_words"
SQLITE = (
    f"CREATE VIRTUAL TABLE {WORDS} USING fts5(name, external_id, content='permissions_resource', content_rowid='id',"
    " tokenize='unicode61 remove_diacritics 0', prefix='2 3')",
    f"INSERT INTO {WORDS}({WORDS}) VALUES ('rebuild')",
    f"CREATE TRIGGER {WORDS}_insert AFTER INSERT ON permissions_resource BEGIN"
    f" INSERT INTO {WORDS}(rowid, name, external_id) VALUES (NEW.id, NEW.name, NEW.external_id); END",
    f"CREATE TRIGGER {WORDS}_delete AFTER DELETE ON permissions_resource BEGIN"
    f" INSERT INTO {WORDS}({WORDS}, rowid, name, external_id)"
    " VALUES ('delete', OLD.id, OLD.name, OLD.external_id); END",
    f"CREATE TRIGGER {WORDS}_update AFTER UPDATE OF name, external_id ON permissions_resource BEGIN"
    f" INSERT INTO {WORDS}({WORDS}, rowid, name, external_id) VALUES ('delete', OLD.id, OLD.name, OLD.external_id);"
    f" INSERT INTO {WORDS}(rowid, name, external_id) VALUES (NEW.id, NEW.name, NEW.external_id); END",
)
INDEXED = r"to_tsvector('simple', regexp_replace(name || ' ' || external_id, '[!-/:-@[-`{-~]+', ' ', 'g'))"


def index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"CREATE INDEX {WORDS} ON permissions_resource USING gin ({INDEXED})", params=None)
        return
    for statement in SQLITE:
        schema_editor.execute(statement)


def unindex(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX {WORDS}")
        return
    for part in ("insert", "delete", "update"):
        schema_editor.execute(f"DROP TRIGGER {WORDS}_{part}")
    schema_editor.execute(f"DROP TABLE {WORDS}")


class Migration(migrations.Migration):
    dependencies = [("permissions", "0006_resource_order")]

    operations = [migrations.RunPython(index, unindex)]
