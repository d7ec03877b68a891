"""The database itself refuses to change or remove an event, by the ORM and by plain SQL, on both databases."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import Person
from audits.models import Event
from audits.trail.record import Entry, System, record, record_many
from audits.trail.tags import Tag
from cxaccess.lib import clock
from tests.cast import Cast

ROBOT = System("test")
POSTGRESQL = connection.vendor == "postgresql"


@pytest.fixture
def event(db: None) -> Event:
    with transaction.atomic():
        return record(Tag.SETTING_CHANGED, actor=ROBOT, at=clock.now(), once="first")


def refused(sql: str, *params: object) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
    except DatabaseError as problem:
        return "append-only" in str(problem)
    return False


def test_an_event_cannot_be_updated_by_sql(event: Event) -> None:
    assert refused("UPDATE audits_event SET tag = 'x' WHERE id = %s", event.pk)
    assert Event.objects.get().tag == Tag.SETTING_CHANGED


def test_an_event_cannot_be_deleted_by_sql(event: Event) -> None:
    assert refused("DELETE FROM audits_event WHERE id = %s", event.pk)
    assert Event.objects.filter(pk=event.pk).exists()


@pytest.mark.skipif(not POSTGRESQL, reason="SQLite has no TRUNCATE")
def test_the_trail_cannot_be_truncated(event: Event) -> None:
    connection.check_constraints()  # else PostgreSQL refuses for the foreign keys it has yet to check
    assert refused("TRUNCATE audits_event")


@pytest.mark.skipif(POSTGRESQL, reason="INSERT OR REPLACE is SQLite's own")
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_an_event_cannot_be_replaced(event: Event, recursive: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA recursive_triggers={recursive}")
    columns = ", ".join(f.column for f in Event._meta.local_fields if f.column != "tag")
    try:
        assert refused(f"INSERT OR REPLACE INTO audits_event ({columns}, tag) SELECT {columns}, 'x' FROM audits_event")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA recursive_triggers=ON")


def test_an_event_cannot_be_overwritten_by_an_upsert(event: Event) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.bulk_create(
            [Event(tag="x", action=1, timestamp=clock.now(), once="first")],
            update_conflicts=True,
            unique_fields=["once"],
            update_fields=["tag"],
        )


def test_the_orm_is_refused_too(event: Event) -> None:
    for change in (
        lambda: Event.objects.update(tag="x"),
        lambda: Event.objects.all().delete(),
        event.delete,
        event.save,
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_a_key_is_written_once_and_a_set_leaves_out_what_is_there(event: Event) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        record(Tag.SETTING_CHANGED, actor=ROBOT, at=clock.now(), once="first")
    entries = [Entry(Tag.GRANT_EXPIRED, ROBOT, clock.now(), once=key) for key in ("first", "second", "third")]
    with transaction.atomic():
        assert record_many(entries) == 2
        assert record_many(entries) == 0
    assert Event.objects.count() == 3


def test_what_cannot_be_recorded_does_not_happen(cast: Cast) -> None:
    """A real refusal of the database, in the middle of a change, takes the change with it."""
    with connection.cursor() as cursor:
        if POSTGRESQL:
            cursor.execute("ALTER TABLE audits_event ADD CONSTRAINT full_disk CHECK (tag <> 'person.edited')")
        else:
            cursor.execute(
                "CREATE TRIGGER full_disk BEFORE INSERT ON audits_event WHEN NEW.tag = 'person.edited'"
                " BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
    for write in (one, several):
        with pytest.raises(DatabaseError):
            write(cast.maya)
        assert Person.objects.get(pk=cast.maya.pk).title == "Senior CX analyst"


def one(person: Person) -> None:
    with transaction.atomic():
        Person.objects.filter(pk=person.pk).update(title="Chief of everything")
        record(Tag.PERSON_EDITED, actor=ROBOT, at=clock.now(), obj=person)


def several(person: Person) -> None:
    with transaction.atomic():
        Person.objects.filter(pk=person.pk).update(title="Chief of everything")
        record_many([Entry(Tag.PERSON_EDITED, ROBOT, clock.now(), person)])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("round_", [1, 2])
def test_a_committing_test_finds_an_empty_trail_with_its_triggers(round_: int) -> None:
    assert not Event.objects.exists()
    with transaction.atomic():
        record(Tag.SETTING_CHANGED, actor=ROBOT, at=clock.now())
    assert refused("DELETE FROM audits_event")


@pytest.mark.parametrize("missing", ["tag", "actor", "transaction"])
@pytest.mark.django_db(transaction=True)
def test_an_event_without_a_tag_an_actor_or_a_transaction_is_an_error(missing: str) -> None:
    tag = "free text" if missing == "tag" else Tag.SIGN_IN
    actor = None if missing == "actor" else ROBOT
    if missing == "transaction":
        with pytest.raises(RuntimeError):
            record(tag, actor=actor, at=clock.now())  # type: ignore[arg-type]
        return
    with pytest.raises(TypeError), transaction.atomic():
        record(tag, actor=actor, at=clock.now())  # type: ignore[arg-type]
