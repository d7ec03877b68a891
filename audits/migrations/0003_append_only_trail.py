"""Triggers that refuse every change of a written event, and its removal, whoever asks the database.

SQLite drops a table's triggers with the table, which is also how Django alters one there: a later migration that
touches audits_event must put them back (tests/audits/test_append_only.py fails until it does).
"""

from django.db import migrations

REFUSAL = "The trail is append-only: events are never changed or removed."

SQLITE = {
    "audits_event_no_update": "BEFORE UPDATE ON audits_event",
    "audits_event_no_delete": "BEFORE DELETE ON audits_event",
    # INSERT OR REPLACE removes the old row without asking the trigger above unless recursive_triggers is on.
    "audits_event_no_replace": (
        "BEFORE INSERT ON audits_event WHEN EXISTS (SELECT 1 FROM audits_event WHERE id = NEW.id)"
    ),
}

POSTGRESQL = f"""
CREATE FUNCTION audits_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER audits_event_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audits_event
    FOR EACH STATEMENT EXECUTE FUNCTION audits_event_refuse();
"""


def protect(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
        return
    for name, when in SQLITE.items():
        schema_editor.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")


def unprotect(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER audits_event_no_change ON audits_event; DROP FUNCTION audits_event_refuse()")
        return
    for name in SQLITE:
        schema_editor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("audits", "0002_trail_screen_indexes")]

    operations = [migrations.RunPython(protect, unprotect)]
